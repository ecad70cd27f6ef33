import { describe, expect, it } from "vitest";
import { describe as inWords, OVERRIDE_KEYS, OverrideRefusal, type Overrides } from "../../components/sizing";
import golden from "../data/reference-machine.json";
import { planWith, refusalOf } from "./machines";

/** What the refusal of these overrides says, line by line. */
const mistakesOf = (overrides: Overrides): string[] => refusalOf({ overrides }).message.split("\n");
/** Overrides as they arrive where no compiler checked them. */
const unchecked = (text: string): Overrides => JSON.parse(text);

describe("an override", () => {
  it.each([
    ["backend", "limitConcurrency", 500],
    ["backend", "timeoutKeepAlive", 20],
    ["backend", "loop", "asyncio"],
    ["backend", "fleetCpuLimit", 7.5],
    ["celery", "prefetchMultiplier", 1],
    ["celery", "concurrency", 3],
    ["celery", "replicas", 3],
    ["postgres", "workMemMiB", 32],
    ["postgres", "jit", true],
    ["postgres", "randomPageCost", 2.5],
    ["redis", "maxClients", 5000],
    ["redis", "ioThreads", 1],
    ["redis", "cpuShares", 300],
  ] as const)("replaces %s.%s by %s and keeps the value it replaced", (service, key, value) => {
    const rule = planWith().explanations[service][key];
    const plan = planWith({ overrides: { [service]: { [key]: value } } });
    expect(plan[service]).toHaveProperty(key, value);
    expect(plan.explanations[service][key]).toMatchObject({ value, origin: "override", replaced: rule?.value });
  });

  it("is described with the value it replaced", () => {
    const { explanations } = planWith({ overrides: { postgres: { workMemMiB: 32 } } });
    const explanation = explanations.postgres.workMemMiB;
    expect(explanation && inWords(explanation)).toBe(
      "1/512 of the memory limit, from 4 to 64 MiB. With memory limit 8192 MiB. Overridden: 32 MiB in place of 16 MiB.",
    );
  });

  it("of the workers is what max_connections, pools and CPU follow, but not Celery or parallel queries", () => {
    const { backend, celery, postgres } = planWith({ overrides: { backend: { workers: 6 } } });
    expect({ ...backend, ...postgres }).toMatchObject({ workers: 6, fleetCpuLimit: 6, maxConnections: 250 });
    expect(backend.poolSize + backend.maxOverflow).toBe(Math.floor((250 - 13 - 48) / 6));
    expect([celery.concurrency, postgres.maxParallelWorkers]).toEqual([12, 12]);
  });

  it("of an odd number of workers at tier extreme runs them in one container", () => {
    const { backend } = planWith({ tier: "extreme", overrides: { backend: { workers: 7 } } });
    expect([backend.instances, backend.workers]).toEqual([1, 7]);
  });

  it("of the backend's memory replaces its ceiling and bounds the workers", () => {
    const { backend, advisories } = planWith({ overrides: { backend: { fleetMemoryLimitMiB: 1000 } } });
    expect([backend.workers, backend.memoryLimitMiB, backend.fleetMemoryReservationMiB]).toEqual([5, 1000, 600]);
    expect(advisories.map(({ id }) => id)).toContain("bounded.backend.workers");
  });

  it("of the fleet's memory replaces Celery's ceiling and chooses another split", () => {
    const { celery } = planWith({ overrides: { celery: { fleetMemoryLimitMiB: 1024 } } });
    expect([celery.replicas, celery.concurrency, celery.memoryLimitMiB]).toEqual([1, 7, 1024]);
  });

  it("of one replica's memory bounds its children", () => {
    const { celery } = planWith({ overrides: { celery: { memoryLimitMiB: 640 } } });
    expect([celery.replicas, celery.concurrency, celery.fleetMemoryLimitMiB]).toEqual([2, 4, 1280]);
  });

  it("of PostgreSQL's memory feeds every rule that reads it", () => {
    const { postgres } = planWith({ overrides: { postgres: { memoryLimitMiB: 4096 } } });
    expect(postgres).toMatchObject({
      maxConnections: 256,
      sharedBuffersMiB: 1024,
      effectiveCacheSizeMiB: 3072,
      workMemMiB: 8,
      memoryReservationMiB: 2048,
    });
  });

  it("of Redis' memory feeds maxmemory and maxclients", () => {
    const { redis } = planWith({ overrides: { redis: { memoryLimitMiB: 512 } } });
    expect(redis).toMatchObject({ maxMemoryMiB: 384, maxClients: 1280, nofile: 1408, memoryReservationMiB: 256 });
  });

  it("of work_mem is counted by /dev/shm", () => {
    expect(planWith({ overrides: { postgres: { workMemMiB: 64 } } }).postgres.shmSizeMiB).toBe(512 + 64 * 2 * 7);
  });

  it("of a pool leaves the rest to overflow and to the threads", () => {
    const { backend } = planWith({ overrides: { backend: { poolSize: 5 } } });
    expect([backend.maxOverflow, backend.threadLimit]).toEqual([31, 76]);
  });
});

describe("an override outside a bound is refused, not bent", () => {
  it.each<[Overrides, string]>([
    [
      { postgres: { sharedBuffersMiB: 3277 } },
      "overrides.postgres.sharedBuffersMiB: 3277 given; at most 3276 MiB is allowed (40 % of PostgreSQL's memory: more starves the page cache)",
    ],
    [
      { postgres: { maxConnections: 513 } },
      "overrides.postgres.maxConnections: 513 given; at most 512 connections is allowed (one connection for 16 MiB of PostgreSQL's memory)",
    ],
    [
      { postgres: { maxConnections: 19 } },
      "overrides.postgres.maxConnections: 19 given; at least 20 connections is allowed (the least that serves a small system)",
    ],
    [
      { postgres: { maxParallelWorkersPerGather: 13 } },
      "overrides.postgres.maxParallelWorkersPerGather: 13 given; at most 12 processes is allowed (max_parallel_workers)",
    ],
    [
      { postgres: { maxWorkerProcesses: 11 } },
      "overrides.postgres.maxWorkerProcesses: 11 given; at least 12 processes is allowed (max_parallel_workers)",
    ],
    [
      { redis: { maxMemoryMiB: 4096 } },
      "overrides.redis.maxMemoryMiB: 4096 given; at most 4095 MiB is allowed (the container's memory limit, which buffers and the rewrite child share)",
    ],
    [
      { redis: { nofile: 10_031 } },
      "overrides.redis.nofile: 10031 given; at least 10032 files is allowed (maxclients and Redis' own 32 files)",
    ],
    [
      { backend: { poolSize: 37 } },
      "overrides.backend.poolSize: 37 given; at most 36 connections is allowed (PostgreSQL's connections for each worker)",
    ],
    [
      { backend: { limitConcurrency: 1 } },
      "overrides.backend.limitConcurrency: 1 given; at least 2 connections is allowed (uvicorn, which admits one less)",
    ],
    [
      { backend: { workers: 116, fleetMemoryLimitMiB: 20_480 } },
      "overrides.backend.workers: 116 given; at most 115 processes is allowed (the memory the backend may use, 0.9 of it in units of workerMemory)",
    ],
    [
      { backend: { fleetCpuLimit: 12.01 } },
      "overrides.backend.fleetCpuLimit: 12.01 given; at most 12 threads is allowed (the host's threads)",
    ],
    [
      { celery: { concurrency: 64, replicas: 1 } },
      "overrides.celery.concurrency: 64 given; at most 63 processes is allowed (the memory of a replica: one childMemory for each child and one for the parent)",
    ],
    [
      { celery: { stopGraceSeconds: 69 } },
      "overrides.celery.stopGraceSeconds: 69 given; at least 70 seconds is allowed (the longest task + 10 seconds)",
    ],
  ])("%j", (overrides, message) => {
    expect(mistakesOf(overrides)).toContain(message);
    expect(refusalOf({ overrides })).toBeInstanceOf(OverrideRefusal);
  });

  it("with all mistakes at once", () => {
    const overrides = {
      postgres: { sharedBuffersMiB: 9000, jit: true },
      redis: { ioThreads: 9 },
      backend: { loop: "auto" },
    } as const;
    expect(mistakesOf(overrides).map((line) => line.split(":")[0])).toEqual([
      "overrides.postgres.sharedBuffersMiB",
      "overrides.redis.ioThreads",
    ]);
  });

  it.each([
    [
      '{"redis":{"maxClients":"many"}}',
      "overrides.redis.maxClients: many given; a whole number of connections, at least 0, is needed",
    ],
    [
      '{"redis":{"maxClients":1000.5}}',
      "overrides.redis.maxClients: 1000.5 given; a whole number of connections, at least 0, is needed",
    ],
    ['{"redis":{"cpuLimit":-1}}', "overrides.redis.cpuLimit: -1 given; a number of at least 0 is needed"],
    ['{"postgres":{"jit":"off"}}', "overrides.postgres.jit: off given; true or false is needed"],
    ['{"backend":{"loop":1}}', "overrides.backend.loop: 1 given; a name is needed"],
    [
      '{"backend":{"loop":"trio"}}',
      "overrides.backend.loop: trio given; one of uvloop, asyncio, auto is allowed (uvicorn)",
    ],
    [
      '{"backend":{"concurrentConnections":1}}',
      "overrides.backend.concurrentConnections: follows from other numbers; set overrides.backend.limitConcurrency instead",
    ],
  ])("%s", (text, message) => {
    expect(mistakesOf(unchecked(text))).toContain(message);
  });

  it("and a key that no rule knows is answered with those there are", () => {
    expect(mistakesOf(unchecked('{"redis":{"toString":1}}'))[0]).toMatch(
      /^overrides\.redis\.toString: is no number of redis; its numbers are maxMemoryMiB, maxClients, /,
    );
  });

  it("also where several together exceed the host", () => {
    const [backend, redis] = mistakesOf({ backend: { fleetCpuReservation: 8 }, redis: { cpuReservation: 2 } });
    expect(backend).toBe(
      "overrides.backend.fleetCpuReservation: the CPU reservations sum to 13; at most the host's 12 threads are allowed",
    );
    expect(redis).toMatch(/^overrides\.redis\.cpuReservation: /);
  });
});

describe("the list of keys", () => {
  it("has every golden field that an override may replace, with unit and description", () => {
    const outcomes = [
      "workersPerInstance",
      "concurrentConnections",
      "redisMaxConnections",
      "simultaneousTasks",
      "reservedTasks",
    ];
    const { backendWithRolloutFactor2: _, ...services } = golden.tiers.high;
    const expected = Object.entries(services).flatMap(([service, fields]) =>
      Object.keys(fields)
        .filter((key) => !outcomes.includes(key))
        .map((key) => `${service}.${key}`),
    );
    const known = OVERRIDE_KEYS.map(({ service, key }) => `${service}.${key}`);
    expect(known).toEqual(expect.arrayContaining(expected));
    for (const { about, unit } of OVERRIDE_KEYS) expect([about.length > 5, unit.length > 0]).toEqual([true, true]);
  });
});
