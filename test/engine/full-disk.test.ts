import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../tools/toolchain/command";
import { TestStack } from "./stack";

const MINUTE = 60_000;

/** With the product's own patience with a container that does not become healthy: other failures are waited for less. */
describe("a disk that is full", { timeout: 6 * MINUTE }, () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.create();
  });
  afterAll(() => stack?.remove(), 2 * MINUTE);

  it("is named with what to do, and the next update converges on one with room", async () => {
    const volume = `${stack.prefix}-postgres`;
    const small = ["type=tmpfs", "device=tmpfs", "o=size=16m,uid=999"].map((option) => `--opt=${option}`);
    await run("docker", ["volume", "create", ...small, volume]);
    const said = await stack.up().then(() => "no failure", String);
    expect(said).toMatch(/postgres: the container is \w+, exit code 1/);
    expect(said).toContain("No space left on device");
    expect(said).toContain("docker system df");

    await run("docker", ["rm", "--force", volume]);
    await run("docker", ["volume", "rm", volume]);
    await stack.refreshAndUp();
    expect((await fetch(stack.url("/api/ready"))).status).toBe(200);
  });
});
