import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually";
import { Workers } from "./tasks/workers";

const MINUTE = 60_000;
const MAX_MEMORY_MIB = 24;
const CACHE = 2;

describe("a Redis full of cached keys", { timeout: MINUTE }, () => {
  let workers: Workers;
  beforeAll(async () => {
    workers = await Workers.start({ inputs: { overrides: { redis: { maxMemoryMiB: MAX_MEMORY_MIB } } } });
    await workers.worker("one");
    // Twice what Redis may hold, so that it evicts already.
    const fill = `for i = 1, 2000 do redis.call("SET", ARGV[1] .. i, string.rep("x", 10000), "EX", 3600) end`;
    for (let part = 0; part < 3; part++) await workers.redis(["EVAL", fill, "0", `cache:${part}:`], CACHE);
  }, MINUTE);
  afterAll(() => workers?.remove(), MINUTE);

  const evicted = async () =>
    Number(/evicted_keys:(\d+)/.exec(await workers.redis(["INFO", "stats"]))?.[1] ?? Number.NaN);

  /** What the sample answers to tasks, asked so many times: their ids, or why there is none. */
  const enqueue = async (times: number) =>
    JSON.parse(
      await workers.python(`
import asyncio, json
from fastapi import HTTPException
from app.main import Sum, enqueue, room_for_tasks
async def ask():
    try:
        await room_for_tasks()
        return (await enqueue(Sum(x=20, y=22)))["id"]
    except HTTPException as refusal:
        return [refusal.status_code, refusal.detail, refusal.headers]
async def all_of_them():
    return [await ask() for _ in range(${times})]
print(json.dumps(asyncio.run(all_of_them())))`),
    ) as unknown[];

  const unfinished = async (ids: readonly unknown[]) => {
    const log = await workers.log("one");
    return ids.filter((id) => !log.includes(`[${id}] succeeded`)).length;
  };

  it("takes tasks, and they run", async () => {
    expect(await evicted()).toBeGreaterThan(1000);
    const ids = await enqueue(20);
    await eventually(async () => expect(await unfinished(ids)).toBe(0));
  });

  it("is full once what cannot be evicted fills it, and takes tasks again when that is gone", async () => {
    // In small steps: what one script writes is held a second time, until it is in the append-only file.
    const push = `for _ = 1, 10 do redis.call("RPUSH", "filler", string.rep("x", 100000)) end`;
    for (let megabyte = 0; megabyte < 0.9 * MAX_MEMORY_MIB; megabyte++) await workers.redis(["EVAL", push, "0"], 0);
    const refused = [503, "the queue is full", { "Retry-After": "2" }];
    expect(await enqueue(2)).toEqual([refused, refused]);
    await workers.redis(["DEL", "filler"], 0);
    const ids = await enqueue(20);
    await eventually(async () => expect(await unfinished(ids)).toBe(0));
  });
});
