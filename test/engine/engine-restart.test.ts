import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { eventually } from "./eventually";
import { localImage } from "./images";
import { Machine } from "./machine";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const IMAGES = ["postgres:17", "redis:8", "haproxy:3.0", "sized-stack/example-app"].map(localImage);
const READY_SECONDS = 180;
/** Short, because a task that was running is given back only after the visibility timeout, which follows from it. */
const TASK_SECONDS = 3;
const TASKS_DONE_SECONDS = 400;
const NUMBERS = [40, 41, 42, 43, 44];

const seconds = (since: number) => `${((Date.now() - since) / 1000).toFixed(1)} s`;

describe("the stack returns by itself, its data whole", { timeout: 10 * MINUTE }, () => {
  const machine = new Machine();
  const tasks: unknown[] = [];
  let stack: TestStack;

  beforeAll(async () => {
    await machine.start(IMAGES);
    vi.stubEnv("DOCKER_HOST", machine.engine);
    stack = await TestStack.create();
    await stack.set({ "celery.longestTaskSeconds": TASK_SECONDS + 1 });
    await stack.up();
  }, 10 * MINUTE);

  afterAll(async () => {
    vi.unstubAllEnvs();
    await machine.remove();
    await stack?.remove();
  }, MINUTE);

  /** What the published port answers to the machine itself, which alone can reach it. */
  async function ask(path: string, body?: unknown): Promise<Record<string, unknown>> {
    const posted = body ? ["--header", "content-type: application/json", "--data", JSON.stringify(body)] : [];
    return JSON.parse(await machine.run("curl", "--silent", "--fail", "--max-time", "10", ...posted, stack.url(path)));
  }

  const results = () => Promise.all(tasks.map(async (id) => (await ask(`/api/tasks/${id}`)).result));

  async function containers() {
    const listed = await stackContainers(stack.prefix);
    const format = "{{.State.Status}} {{.State.Health.Status}} {{.State.StartedAt}}";
    const inspected = await run("docker", ["inspect", "--format", format, ...listed.map(({ id }) => id)]);
    const states = inspected.split("\n").map((line) => line.split(" "));
    return listed.map(({ service }, index) => {
      const [status, health, startedAt = ""] = states[index] ?? [];
      return { service, status, health, startedAt };
    });
  }

  it.each([
    ["its Docker engine was killed", () => machine.killEngine()],
    ["its machine lost power", () => machine.losePower()],
  ])("after %s", async (what, disaster) => {
    const before = await containers();
    expect(before).toHaveLength(6);
    const { id } = await ask("/api/items", { name: what });
    for (const x of NUMBERS) {
      tasks.push((await ask("/api/tasks", { x, y: 0, seconds: TASK_SECONDS })).id);
    }
    // The first one runs now, the next ones are with the worker, the last one is in the queue.
    await sleep(1000);
    expect((await results()).slice(-NUMBERS.length)).toEqual(NUMBERS.map(() => null));

    const start = Date.now();
    await disaster();
    await eventually(async () => {
      expect(await containers()).toEqual(
        before.map(({ service, startedAt }) => ({
          ...{ service, status: "running", health: "healthy" },
          startedAt: expect.not.stringContaining(startedAt),
        })),
      );
      expect(await ask("/api/ready")).toEqual({ postgres: "ok", redis: "ok" });
    }, READY_SECONDS);
    console.info(`ready ${seconds(start)} after ${what}`);

    expect(await ask(`/api/items/${id}`)).toEqual({ id, name: what });
    await stack.pulumi("preview", "--refresh", "--expect-no-changes");
  });

  it("what was in the queue or running by then has run", async () => {
    const start = Date.now();
    await eventually(async () => expect(await results()).toEqual([...NUMBERS, ...NUMBERS]), TASKS_DONE_SECONDS);
    console.info(`tasks done ${seconds(start)} later`);
  });
});
