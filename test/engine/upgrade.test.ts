import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { stackVolumes } from "../../tools/stack/volumes";
import { PROJECT } from "../../tools/toolchain/versions";
import { EarlierVersion } from "./earlier-version";
import { TestStack } from "./stack";

const MINUTE = 60_000;
/** Containers of a stack made by 0.1.0 that an update replaces; CHANGELOG.md says why. */
const REPLACED: readonly string[] = ["backend-1", "celery-1", "celery-beat", "load-balancer", "redis"];

describe("a stack that 0.1.0 made", { timeout: 6 * MINUTE }, () => {
  let earlier: EarlierVersion;
  let stack: TestStack;
  let itemId: unknown;

  beforeAll(async () => {
    earlier = await EarlierVersion.checkOut("0.1.0");
    stack = await TestStack.create({ project: earlier.folder });
    await stack.up();
    const headers = { "content-type": "application/json" };
    const written = await fetch(stack.url("/api/items"), { method: "POST", headers, body: '{"name": "of 0.1.0"}' });
    itemId = ((await written.json()) as { id: unknown }).id;
    stack.runProgramOf(PROJECT);
  }, 8 * MINUTE);

  afterAll(async () => {
    await stack?.remove();
    earlier?.remove();
  }, 2 * MINUTE);

  const containers = async () =>
    Object.fromEntries((await stackContainers(stack.prefix)).map(({ id, service }) => [service, id]));

  it("is updated as the preview announces: what is replaced, and no volume touched", async () => {
    const before = await containers();
    const { steps }: { steps: { op: string; urn: string }[] } = JSON.parse(await stack.pulumi("preview", "--json"));
    const replaced = steps.filter(({ op }) => op === "replace").map(({ urn }) => urn.split("::").at(-1));
    expect(replaced.sort()).toEqual([...REPLACED].sort());
    const volumes = steps.filter(({ urn }) => urn.includes("docker:index/volume:Volume"));
    expect(volumes.map(({ op, urn }) => `${op} ${urn.split("::").at(-1)}`)).toEqual(["create celery-beat-volume"]);

    await stack.up();
    const after = await containers();
    expect(Object.keys(after)).toEqual(Object.keys(before));
    const changed = Object.keys(after).filter((service) => after[service] !== before[service]);
    expect(changed.sort()).toEqual(REPLACED.map((name) => name.replace(/-\d+$/, "")).sort());
    expect(await stackVolumes(stack.prefix)).toHaveLength(3);
  });

  it("has its data afterwards, and nothing left to change", async () => {
    expect(await (await fetch(stack.url(`/api/items/${itemId}`))).json()).toEqual({ id: itemId, name: "of 0.1.0" });
    await stack.pulumi("preview", "--expect-no-changes");
  });
});
