import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { Control } from "./control";
import { localImage, newRelease } from "./images";
import { longestGap, underLoad, watching } from "./load";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const TASKS = 60;

describe("deploys on the real engine", { timeout: 8 * MINUTE }, () => {
  let stack: TestStack;
  let control: Control;

  beforeAll(async () => {
    stack = await TestStack.create();
    await stack.set({ "hardware.threads": 2, "hardware.memory": "8GiB" });
    await stack.up();
    const [backend = ""] = await ids("backend");
    control = await Control.beside(backend);
  }, 10 * MINUTE);

  afterAll(async () => {
    await control?.remove();
    await stack?.remove();
    await run("docker", ["image", "rm", `${stack?.prefix}:two`]).catch(() => undefined);
  }, 2 * MINUTE);

  const ids = async (service: string) => (await stackContainers(stack.prefix, service)).map(({ id }) => id);

  it("a new image replaces backend and workers without losing a request or a task", async () => {
    const release = `${stack.prefix}:two`;
    await newRelease(localImage("sized-stack/example-app"), release);
    const before = [...(await ids("backend")), ...(await ids("celery"))];
    const tasks: string[] = [];
    const json = { "content-type": "application/json" };
    const load = await underLoad(
      stack.url("/"),
      [
        { path: "/api/health" },
        { path: "/api/ready" },
        { path: "/api/items", method: "POST", headers: json, body: JSON.stringify({ name: "under load" }) },
        { path: "/api/report" },
      ],
      async () => {
        const enqueue = async () => {
          for (let number = 0; number < TASKS; number++) {
            const body = JSON.stringify({ x: number, y: 0, seconds: 0.3 });
            const response = await fetch(stack.url("/api/tasks"), { method: "POST", headers: json, body });
            tasks.push(((await response.json()) as { id: string }).id);
            await sleep(100);
          }
        };
        await stack.set({ "images.app": release });
        await Promise.all([stack.up(), enqueue()]);
      },
      { control: control.url },
    );

    expect([...(await ids("backend")), ...(await ids("celery"))].filter((id) => before.includes(id))).toEqual([]);
    console.info("deploy under load:", JSON.stringify(load));
    expect(load).toMatchObject({ lost: {}, late: 0, timeouts: 0 });
    expect(Object.keys(load.answers).sort()).toEqual(["200", "201"]);
    expect(load.total).toBeGreaterThan(200);
    expect(await results(tasks)).toEqual(Array.from({ length: TASKS }, (_, number) => number));
  });

  it("a changed environment does so too", async () => {
    const before = [...(await ids("backend")), ...(await ids("celery"))];
    await stack.set({ "env.RELEASE": "two" });
    const paths = [{ path: "/api/health" }, { path: "/api/ready" }];
    const load = await underLoad(stack.url("/"), paths, () => stack.up(), { control: control.url });
    expect([...(await ids("backend")), ...(await ids("celery"))].filter((id) => before.includes(id))).toEqual([]);
    expect(load).toMatchObject({ lost: {}, late: 0, answers: { "200": load.total } });
  });

  /** The results of tasks, in their order, once all have run. */
  async function results(tasks: readonly string[]): Promise<unknown[]> {
    return Promise.all(
      tasks.map(async (id) => {
        for (let attempt = 0; attempt < 120; attempt++) {
          const answer = (await (await fetch(stack.url(`/api/tasks/${id}`))).json()) as Record<string, unknown>;
          if (answer.state === "SUCCESS") return answer.result;
          await sleep(1000);
        }
        return `${id} never ran`;
      }),
    );
  }

  /** What a preview would do to containers, volumes and images, by operation. */
  async function previewed(): Promise<Record<string, string[]>> {
    const { steps }: { steps: { op: string; urn: string }[] } = JSON.parse(await stack.pulumi("preview", "--json"));
    const operations: Record<string, string[]> = {};
    for (const { op, urn } of steps) {
      const [type = "", name = ""] = urn.split("::").slice(2);
      if (type.includes("docker:")) operations[op] = [...(operations[op] ?? []), name].sort();
    }
    return operations;
  }

  it.each([
    ["high", { replace: ["backend-1", "celery-1", "postgres"], create: ["celery-2"] }],
    ["extreme", { replace: ["backend-1", "celery-1", "celery-2"], create: ["backend-2", "celery-3", "celery-4"] }],
    [
      "low",
      { replace: ["backend-1", "celery-1", "postgres"], delete: ["backend-2", "celery-2", "celery-3", "celery-4"] },
    ],
  ])(
    "tier %s: the preview says which containers restart; what needs no data service loses nothing, the rest answers 503 with Retry-After",
    async (tier, operations) => {
      await stack.set({ tier });
      expect(await previewed()).toEqual(operations);
      const ready: Awaited<ReturnType<typeof watching>> = [];
      const update = async () => {
        ready.push(...(await watching(stack.url("/api/ready"), () => stack.up())));
      };
      const load = await underLoad(stack.url("/"), [{ path: "/api/health" }], update, { control: control.url });
      console.info(`to tier ${tier}:`, JSON.stringify(load), `gap of /api/ready: ${longestGap(ready)} s`);
      expect(load).toMatchObject({ lost: {}, late: 0, answers: { "200": load.total } });
      expect(ready.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
      expect(ready.filter(({ status, retryAfter }) => status === 503 && retryAfter === null)).toEqual([]);
      expect(ready.at(-1)?.status).toBe(200);
    },
  );
});
