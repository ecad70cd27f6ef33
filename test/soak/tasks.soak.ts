import { readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Workers } from "../engine/tasks/workers";

/** How long tasks are enqueued. A few minutes meet everything; the default finds what is rare. */
const SECONDS = Number(process.env.SOAK_SECONDS ?? 900);
const DEPLOY_EVERY_SECONDS = 40;
/** Every so many deploys the old worker dies instead of being stopped. */
const CRASH_EVERY = 4;
const INPUTS = {
  longestTaskSeconds: 10,
  longestDelaySeconds: 10,
  overrides: { celery: { concurrency: 2 } },
} as const;

let workers: Workers;
beforeAll(async () => {
  const module = { name: "numbered", source: readFileSync(path.join(__dirname, "numbered.py"), "utf8") };
  workers = await Workers.start({ inputs: { tier: "medium", ...INPUTS }, module });
}, 60_000);
afterAll(() => workers?.remove(), 60_000);

const members = async (...command: string[]) => (await workers.redis(command)).split("\n").filter(Boolean);

/** What is in the queue, what workers hold together, and what each of them says it holds. */
async function counts(running: readonly string[]): Promise<string> {
  const [queued, unacknowledged] = await Promise.all([
    workers.redis(["LLEN", "celery"], 0),
    workers.redis(["HLEN", "unacked"], 0),
  ]);
  const held = await Promise.all(
    running.map(async (name) => `${name} ${[...(await workers.log(name)).matchAll(/^holds .*$/gm)].at(-1)}`),
  );
  return `${queued} queued, ${unacknowledged} not acknowledged; ${held.join("; ")}`;
}

/** A worker that dies takes its tasks' notes that they run with it. */
const forget = (host: string) =>
  workers.redis([
    "EVAL",
    `for _, key in ipairs(redis.call("KEYS", "soak:runs:*")) do
       if redis.call("GET", key) == ARGV[1] then redis.call("DEL", key) end
     end`,
    "0",
    host,
  ]);

async function replace(old: string, deploy: number): Promise<string> {
  const container = `${workers.name}-${old}`;
  const next = `worker-${deploy + 2}`;
  await workers.worker(next);
  if (deploy % CRASH_EVERY === 0) {
    await workers.docker("kill", container);
    await forget((await workers.docker("inspect", "--format", "{{.Config.Hostname}}", container)).trim());
  } else {
    await workers.docker("stop", `--time=${workers.plan.celery.stopGraceSeconds}`, container);
  }
  console.log(`${old} ${deploy % CRASH_EVERY === 0 ? "was killed" : "stopped"}, ${next} took its place`);
  return next;
}

it("each numbered task runs, and none beside itself", { timeout: (SECONDS + 600) * 1000 }, async () => {
  let running = ["worker-0", "worker-1"];
  await Promise.all(running.map((name) => workers.worker(name)));
  const began = Date.now();
  let enqueuing = true;
  const enqueued = workers.python(`from numbered import enqueue; enqueue(${SECONDS})`).finally(() => {
    enqueuing = false;
  });
  for (let deploy = 1; enqueuing; deploy++) {
    const until = Date.now() + DEPLOY_EVERY_SECONDS * 1000;
    while (enqueuing && Date.now() < until) {
      await sleep(10_000);
      console.log(`${Math.round((Date.now() - began) / 1000)} s: ${await counts(running)}`);
    }
    const [old = "", ...others] = running;
    if (enqueuing) running = [...others, await replace(old, deploy)];
  }

  const kinds = new Map(
    (await enqueued).split("\n").map((line) => [line.replace(/ .*/, ""), line.replace(/\S+ /, "")]),
  );
  const mustEnd = [...kinds].filter(([, kind]) => kind !== "kills always").map(([number]) => number);
  const deadline = Date.now() + (workers.plan.celery.redeliveredWithinSeconds + 120) * 1000;
  const missing = async () => {
    const done = new Set(await members("SMEMBERS", "soak:done"));
    return mustEnd.filter((number) => !done.has(number));
  };
  const held = () => workers.redis(["HLEN", "unacked"], 0);
  while (Date.now() < deadline && ((await missing()).length > 0 || (await held()) !== "0")) await sleep(2000);
  console.log(`${kinds.size} tasks in ${Math.round((Date.now() - began) / 1000)} s; ${await counts(running)}`);

  expect(await missing()).toEqual([]);
  expect(await members("LRANGE", "soak:twice", "0", "-1")).toEqual([]);
  expect([await workers.redis(["LLEN", "celery"], 0), await held()]).toEqual(["0", "0"]);
  const killers = [...kinds].filter(([, kind]) => kind === "kills always").map(([number]) => number);
  for (const number of killers) {
    expect(await workers.redis(["GET", `celery-task-meta-soak-${number}`])).toContain("KillsItsWorker");
  }
});
