import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually";
import { Workers } from "./tasks/workers";

const MINUTE = 60_000;

/** Begins a task of `probe.py`; its id. */
const begin = (workers: Workers, what: string, seconds = 0) =>
  workers.python(`from probe import begin; print(begin.delay("${what}", ${seconds}).id)`);

const runsOf = async (workers: Workers, id: string) => Number(await workers.redis(["LLEN", `test:ran:${id}`]));

interface Result {
  readonly status: string;
  readonly result: { readonly exc_type: string; readonly exc_message: string[] };
}
const resultOf = (workers: Workers, id: string, seconds?: number) =>
  eventually(async (): Promise<Result> => {
    const text = await workers.redis(["GET", `celery-task-meta-${id}`]);
    return JSON.parse(text);
  }, seconds);

describe("a task that kills what it runs in", { timeout: 2 * MINUTE }, () => {
  let workers: Workers;
  beforeAll(async () => {
    workers = await Workers.start({ memoryMiB: 250 });
    await workers.worker("one");
  }, MINUTE);
  afterAll(() => workers?.remove(), MINUTE);

  it.each(["kill", "memory"])("(%s) runs three times, then it failed and the log names it", async (what) => {
    const id = await begin(workers, what);
    const { status, result } = await resultOf(workers, id);
    expect([status, result.exc_type]).toEqual(["FAILURE", "KillsItsWorker"]);
    expect(await runsOf(workers, id)).toBe(3);
    expect(await workers.log("one")).toContain(`probe.begin[${id}] is not run again. 3 runs were cut`);
    expect(await workers.redis(["HLEN", "unacked"], 0)).toBe("0");
  });

  it("leaves nothing behind of tasks that end", async () => {
    const id = await begin(workers, "well");
    expect((await resultOf(workers, id)).status).toBe("SUCCESS");
    expect(await workers.redis(["KEYS", "runs:????????-*"])).toBe("");
  });
});

describe("a run that is cut", { timeout: 2 * MINUTE }, () => {
  let workers: Workers;
  beforeAll(async () => {
    // One that counted would be the last: the next is refused.
    workers = await Workers.start({ env: { MAX_TASK_RUNS: 1, VISIBILITY_TIMEOUT_SECONDS: 4 } });
    await workers.worker("one");
  }, MINUTE);
  afterAll(() => workers?.remove(), MINUTE);

  /** Cuts the run of a task, and lets the worker come back; the task's result. */
  async function cut(how: (container: string) => Promise<unknown>, starts: number): Promise<Result> {
    await workers.redis(["DEL", "test:go"]);
    const id = await begin(workers, "wait");
    await eventually(async () => expect(await runsOf(workers, id)).toBe(1));
    await how(`${workers.name}-one`);
    await workers.redis(["SET", "test:go", "1"]);
    await workers.docker("start", `${workers.name}-one`);
    await workers.ready("one", starts);
    return resultOf(workers, id);
  }

  it("by a stop does not count", async () => {
    const { status } = await cut((container) => workers.docker("stop", "--time=1", container), 2);
    expect(status).toBe("SUCCESS");
  });

  it("by its host's loss of power does not count", async () => {
    const { status } = await cut(async (container) => {
      await workers.docker("kill", container);
      const [key = ""] = (await workers.redis(["KEYS", "runs:worker:*"])).split("\n");
      const [, worker] = (await workers.redis(["GET", key])).split(" ");
      await workers.redis(["SET", key, `of-the-host-before ${worker}`]);
    }, 3);
    expect(status).toBe("SUCCESS");
  });

  it("by the death of the whole worker counts", async () => {
    const { status, result } = await cut((container) => workers.docker("kill", container), 4);
    expect([status, result.exc_type]).toEqual(["FAILURE", "KillsItsWorker"]);
  });
});

describe("a task that takes longer than celery.longestTaskSeconds", { timeout: MINUTE }, () => {
  let workers: Workers;
  beforeAll(async () => {
    workers = await Workers.start({ inputs: { longestTaskSeconds: 2 } });
    await workers.worker("one");
  }, MINUTE);
  afterAll(() => workers?.remove(), MINUTE);

  it.each([
    ["well", "SoftTimeLimitExceeded"],
    ["swallow", "TimeLimitExceeded"],
  ])("(%s) is ended by %s, and does not run again", async (what, reason) => {
    const id = await begin(workers, what, 300);
    const { status, result } = await resultOf(workers, id, 30);
    expect([status, result.exc_type]).toEqual(["FAILURE", reason]);
    expect(await runsOf(workers, id)).toBe(1);
    expect(await workers.redis(["HLEN", "unacked"], 0)).toBe("0");
  });

  it("a result expires as planned", async () => {
    const id = await begin(workers, "well");
    await resultOf(workers, id);
    const left = Number(await workers.redis(["TTL", `celery-task-meta-${id}`]));
    expect(left).toBeGreaterThan(3500);
    expect(left).toBeLessThanOrEqual(3600);
  });

  it("the sample takes its visibility timeout from the plan", async () => {
    const told = await workers.python(
      'from probe import celery_app; print(celery_app.conf.broker_transport_options["visibility_timeout"])',
    );
    // Four reserved of at most 7 s, and a stop grace of 12.
    expect(told).toBe(String(4 * 7 + 12));
  });
});
