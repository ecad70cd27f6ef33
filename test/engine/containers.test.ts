import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackPrefix } from "../../tools/stack/settings";
import { stackVolumes } from "../../tools/stack/volumes";
import { run } from "../../tools/toolchain/command";

describe("the data of a stack", () => {
  const dev = stackPrefix(`test-${randomBytes(4).toString("hex")}`);
  const dev2 = `${dev}-2`;
  const volumes = [`${dev}-postgres`, `${dev2}-postgres`];

  beforeAll(async () => {
    for (const volume of volumes) await run("docker", ["volume", "create", volume]);
  });
  afterAll(() => run("docker", ["volume", "rm", "--force", ...volumes]));

  it("is not that of a stack whose name begins the same way", async () => {
    expect(await stackVolumes(dev)).toEqual([`${dev}-postgres`]);
    expect(await stackVolumes(dev2)).toEqual([`${dev2}-postgres`]);
  });
});
