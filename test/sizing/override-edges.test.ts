import { describe, expect, it } from "vitest";
import { insteadOf, OVERRIDE_KEYS, type Overrides, SizingRefusal, sizingPlan } from "../../components/sizing";

const hardware = { threads: 12, memory: "32GiB" } as const;

/** What an override is answered with at tier high on the reference machine. */
function answer(service: string, key: string, value: unknown): string {
  try {
    sizingPlan({
      hardware,
      tier: "high",
      beat: service === "beat",
      overrides: { [service]: { [key]: value } } as Overrides,
    });
    return "taken";
  } catch (error) {
    if (error instanceof SizingRefusal) return error.message;
    throw error;
  }
}

/** What a health check's time is refused with. */
const HEALTH = (seconds: string) =>
  `at most ${seconds} seconds is allowed (the time between two checks: a load balancer of AWS takes no other, and checks would pile up)`;

/** Service and number, the last value that is taken, the first that is not, and what is said of it. */
const EDGES: readonly (readonly [string, string, number, number, string])[] = [
  ["backend", "instances", 1, 0, "at least 1 containers is allowed (a backend)"],
  ["backend", "workers", 1, 0, "at least 1 processes is allowed (a backend)"],
  ["backend", "limitConcurrency", 2, 1, "at least 2 connections is allowed (uvicorn, which admits one less)"],
  ["backend", "limitConcurrency", 65535, 65536, "at most 65535 connections is allowed (the ports of one client)"],
  ["backend", "backlog", 1, 0, "at least 1 connections is allowed (the kernel)"],
  ["backend", "backlog", 65535, 65536, "at most 65535 connections is allowed (the kernel)"],
  ["backend", "timeoutKeepAlive", 1, 0, "at least 1 seconds is allowed (uvicorn)"],
  ["backend", "timeoutGracefulShutdown", 1, 0, "at least 1 seconds is allowed (uvicorn)"],
  [
    "backend",
    "timeoutGracefulShutdown",
    29,
    30,
    "at most 29 seconds is allowed (a second less than the stop grace, after which the engine kills what still drains)",
  ],
  ["backend", "timeoutWorkerHealthcheck", 1, 0, "at least 1 seconds is allowed (uvicorn)"],
  ["backend", "wsMaxSizeBytes", 1024, 1023, "at least 1024 bytes is allowed (a message)"],
  [
    "backend",
    "healthIntervalSeconds",
    4,
    0,
    "at least 4 seconds is allowed (1 seconds by its own bound, more beside the other numbers of the plan)",
  ],
  ["backend", "healthIntervalSeconds", 3600, 3601, "at most 3600 seconds is allowed (an hour: a failure must be seen)"],
  ["backend", "healthTimeoutSeconds", 1, 0, "at least 1 seconds is allowed (the engine)"],
  ["backend", "healthTimeoutSeconds", 5, 6, HEALTH("5")],
  ["backend", "poolSize", 1, 0, "at least 1 connections is allowed (a pool)"],
  ["backend", "poolSize", 16, 17, "at most 16 connections is allowed (PostgreSQL's connections for each worker)"],
  [
    "backend",
    "maxOverflow",
    0,
    1,
    "at most 0 connections is allowed (PostgreSQL's connections for each worker less the pool)",
  ],
  ["backend", "poolTimeoutSeconds", 1, 0, "at least 1 seconds is allowed (a pool)"],
  ["backend", "databaseQueue", 1000, 1001, "at most 1000 requests is allowed (half of the worker's connections)"],
  ["backend", "threadLimit", 1, 0, "at least 1 OS threads is allowed (a synchronous endpoint)"],
  ["backend", "redisMaxConnectionsPerWorker", 2, 1, "at least 2 connections is allowed (a broker and a cache)"],
  [
    "backend",
    "redisMaxConnectionsPerWorker",
    330,
    331,
    "at most 330 connections is allowed (Redis' connections for each worker)",
  ],
  ["backend", "nofile", 2578, 2577, "at least 2578 files is allowed (limit-concurrency + the pools + 512)"],
  ["backend", "fleetCpuLimit", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["backend", "fleetCpuLimit", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["backend", "fleetMemoryLimitMiB", 31785, 31786, "at most 31785 MiB is allowed (the host's memory less its reserve)"],
  ["backend", "fleetMemoryReservationMiB", 20480, 20481, "at most 20480 MiB is allowed (their own memory limit)"],
  ["backend", "cpuQuota", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["backend", "cpuQuota", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["backend", "cpuShares", 2, 1, "at least 2 shares is allowed (the container engine)"],
  ["backend", "cpuShares", 262144, 262145, "at most 262144 shares is allowed (the kernel)"],
  ["celery", "replicas", 1, 0, "at least 1 containers is allowed (a fleet)"],
  ["celery", "concurrency", 1, 0, "at least 1 processes is allowed (a worker)"],
  ["celery", "prefetchMultiplier", 1, 0, "at least 1 tasks is allowed (Celery, where 0 means without a limit)"],
  ["celery", "maxTasksPerChild", 1, 0, "at least 1 tasks is allowed (Celery)"],
  [
    "celery",
    "maxMemoryPerChildKiB",
    131072,
    131071,
    "at least 131072 KiB is allowed (childMemory, below which a child may be replaced after every task)",
  ],
  ["celery", "maxMemoryPerChildKiB", 2097152, 2097153, "at most 2097152 KiB is allowed (the replica's memory limit)"],
  ["celery", "childPoolSize", 1, 0, "at least 1 connections is allowed (a task)"],
  ["celery", "childPoolSize", 1, 2, "at most 1 connections is allowed (the one connection the plan counts for it)"],
  ["celery", "childMaxOverflow", 1, 2, "at most 1 connections is allowed (the one connection the plan counts for it)"],
  ["celery", "stopGraceSeconds", 70, 69, "at least 70 seconds is allowed (the longest task + 10 seconds)"],
  ["beat", "memoryLimitMiB", 64, 63, "at least 64 MiB is allowed (Python and Celery)"],
  ["beat", "memoryLimitMiB", 32_768, 32_769, "at most 32768 MiB is allowed (the memory of its host)"],
  ["beat", "cpuShares", 2, 1, "at least 2 shares is allowed (the container engine)"],
  ["beat", "cpuShares", 262144, 262145, "at most 262144 shares is allowed (the kernel)"],
  ["celery", "maxTaskRuns", 1, 0, "at least 1 runs is allowed (a task)"],
  ["celery", "softTimeLimitSeconds", 1, 0, "at least 1 seconds is allowed (Celery, where 0 means without a limit)"],
  [
    "celery",
    "hardTimeLimitSeconds",
    1,
    0,
    "at least 1 seconds is allowed (the soft limit, after which a task needs time to end)",
  ],
  [
    "celery",
    "visibilityTimeoutSeconds",
    240,
    239,
    "at least 240 seconds is allowed (the longest a task is delayed, reserved and run: it would run twice at once)",
  ],
  [
    "celery",
    "resultExpiresSeconds",
    60,
    59,
    "at least 60 seconds is allowed (whoever asks for a result, and Celery, where 0 means never)",
  ],
  [
    "celery",
    "healthIntervalSeconds",
    30,
    0,
    "at least 30 seconds is allowed (1 seconds by its own bound, more beside the other numbers of the plan)",
  ],
  ["celery", "healthIntervalSeconds", 3600, 3601, "at most 3600 seconds is allowed (an hour: a failure must be seen)"],
  ["celery", "healthTimeoutSeconds", 1, 0, "at least 1 seconds is allowed (the engine)"],
  ["celery", "healthTimeoutSeconds", 60, 61, HEALTH("60")],
  ["celery", "fleetCpuLimit", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["celery", "fleetCpuLimit", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["celery", "fleetCpuReservation", 2, 2.01, "at most 2 threads is allowed (its own CPU limit)"],
  ["celery", "memoryReservationMiB", 2048, 2049, "at most 2048 MiB is allowed (its own memory limit)"],
  ["celery", "cpuQuota", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["celery", "cpuQuota", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["celery", "cpuShares", 2, 1, "at least 2 shares is allowed (the container engine)"],
  ["celery", "cpuShares", 262144, 262145, "at most 262144 shares is allowed (the kernel)"],
  ["postgres", "maxConnections", 20, 19, "at least 20 connections is allowed (the least that serves a small system)"],
  [
    "postgres",
    "maxConnections",
    512,
    513,
    "at most 512 connections is allowed (one connection for 16 MiB of PostgreSQL's memory)",
  ],
  ["postgres", "sharedBuffersMiB", 1, 0, "at least 1 MiB is allowed (PostgreSQL)"],
  [
    "postgres",
    "sharedBuffersMiB",
    3276,
    3277,
    "at most 3276 MiB is allowed (40 % of PostgreSQL's memory: more starves the page cache)",
  ],
  ["postgres", "effectiveCacheSizeMiB", 1, 0, "at least 1 MiB is allowed (PostgreSQL)"],
  ["postgres", "effectiveCacheSizeMiB", 32768, 32769, "at most 32768 MiB is allowed (the host's memory)"],
  ["postgres", "workMemMiB", 1, 0, "at least 1 MiB is allowed (PostgreSQL)"],
  [
    "postgres",
    "workMemMiB",
    3072,
    3073,
    "at most 3072 MiB is allowed (what shared_buffers leave of the memory, over hash_mem_multiplier: one hash table of one query must fit)",
  ],
  ["postgres", "maintenanceWorkMemMiB", 1, 0, "at least 1 MiB is allowed (PostgreSQL)"],
  [
    "postgres",
    "maintenanceWorkMemMiB",
    6144,
    6145,
    "at most 6144 MiB is allowed (what shared_buffers leave of the memory: one VACUUM or index build must fit)",
  ],
  ["postgres", "autovacuumWorkMemMiB", 1, 0, "at least 1 MiB is allowed (PostgreSQL)"],
  ["postgres", "autovacuumWorkMemMiB", 8192, 8193, "at most 8192 MiB is allowed (PostgreSQL's memory limit)"],
  ["postgres", "maxParallelWorkers", 1, 0, "at least 1 processes is allowed (the least that is a worker)"],
  [
    "postgres",
    "maxParallelWorkers",
    128,
    129,
    "at most 128 processes is allowed (one for 64 MiB of PostgreSQL's memory)",
  ],
  ["postgres", "maxParallelWorkersPerGather", 12, 13, "at most 12 processes is allowed (max_parallel_workers)"],
  ["postgres", "maxParallelMaintenanceWorkers", 12, 13, "at most 12 processes is allowed (max_parallel_workers)"],
  ["postgres", "maxWorkerProcesses", 12, 11, "at least 12 processes is allowed (max_parallel_workers)"],
  [
    "postgres",
    "maxWorkerProcesses",
    8192,
    8193,
    "at most 8192 processes is allowed (one for each MiB of PostgreSQL's memory: each takes 49 KiB of it)",
  ],
  ["postgres", "hashMemMultiplier", 1, 0.9, "at least 1 is allowed (PostgreSQL)"],
  [
    "postgres",
    "hashMemMultiplier",
    384,
    1001,
    "at most 384 is allowed (1000 by its own bound, less beside the other numbers of the plan)",
  ],
  ["postgres", "autovacuumMaxWorkers", 1, 0, "at least 1 processes is allowed (PostgreSQL)"],
  [
    "postgres",
    "autovacuumMaxWorkers",
    16,
    17,
    "at most 16 processes is allowed (PostgreSQL 18's own autovacuum_worker_slots)",
  ],
  ["postgres", "maxWalSenders", 100, 101, "at most 100 processes is allowed (the standby servers one machine feeds)"],
  ["postgres", "maxFilesPerProcess", 64, 63, "at least 64 files is allowed (PostgreSQL)"],
  [
    "postgres",
    "maxFilesPerProcess",
    1048576,
    1048577,
    "at most 1048576 files is allowed (what a container is granted)",
  ],
  [
    "postgres",
    "maxWalSizeMiB",
    32,
    31,
    "at least 32 MiB is allowed (two segments of the log, without which PostgreSQL does not start)",
  ],
  ["postgres", "maxWalSizeMiB", 4096, 4097, "at most 4096 MiB is allowed (a fifth of the disk)"],
  [
    "postgres",
    "minWalSizeMiB",
    32,
    31,
    "at least 32 MiB is allowed (two segments of the log, without which PostgreSQL does not start)",
  ],
  ["postgres", "minWalSizeMiB", 4096, 4097, "at most 4096 MiB is allowed (max_wal_size)"],
  ["postgres", "checkpointCompletionTarget", 1, 1.01, "at most 1 is allowed (PostgreSQL)"],
  ["postgres", "randomPageCost", 1, 0.99, "at least 1 is allowed (seq_page_cost, which is 1)"],
  [
    "postgres",
    "shmSizeMiB",
    128,
    127,
    "at least 128 MiB is allowed (128 MiB where queries run in parallel: with the engine's 64 a parallel hash join fails (measured))",
  ],
  ["postgres", "shmSizeMiB", 8192, 8193, "at most 8192 MiB is allowed (PostgreSQL's memory limit)"],
  ["postgres", "nofile", 1500, 1499, "at least 1500 files is allowed (max_connections + max_files_per_process)"],
  ["postgres", "stopGraceSeconds", 30, 29, "at least 30 seconds is allowed (a checkpoint)"],
  [
    "postgres",
    "healthIntervalSeconds",
    3,
    0,
    "at least 3 seconds is allowed (1 seconds by its own bound, more beside the other numbers of the plan)",
  ],
  [
    "postgres",
    "healthIntervalSeconds",
    3600,
    3601,
    "at most 3600 seconds is allowed (an hour: a failure must be seen)",
  ],
  ["postgres", "healthTimeoutSeconds", 1, 0, "at least 1 seconds is allowed (the engine)"],
  ["postgres", "healthTimeoutSeconds", 5, 6, HEALTH("5")],
  ["postgres", "cpuLimit", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["postgres", "cpuLimit", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["postgres", "cpuReservation", 4, 4.01, "at most 4 threads is allowed (its own CPU limit)"],
  ["postgres", "memoryLimitMiB", 128, 127, "at least 128 MiB is allowed (what the server needs to start)"],
  ["postgres", "memoryReservationMiB", 8192, 8193, "at most 8192 MiB is allowed (its own memory limit)"],
  ["postgres", "cpuQuota", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["postgres", "cpuQuota", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["postgres", "cpuShares", 2, 1, "at least 2 shares is allowed (the container engine)"],
  ["postgres", "cpuShares", 262144, 262145, "at most 262144 shares is allowed (the kernel)"],
  ["redis", "maxMemoryMiB", 1, 0, "at least 1 MiB is allowed (what a broker needs)"],
  [
    "redis",
    "maxMemoryMiB",
    4095,
    4096,
    "at most 4095 MiB is allowed (the container's memory limit, which buffers and the rewrite child share)",
  ],
  ["redis", "maxClients", 1000, 999, "at least 1000 connections is allowed (the least that serves a small system)"],
  ["redis", "maxClients", 10000, 10001, "at most 10000 connections is allowed (the most one Redis is planned for)"],
  ["redis", "ioThreads", 1, 0, "at least 1 OS threads is allowed (Redis)"],
  ["redis", "ioThreads", 8, 9, "at most 8 OS threads is allowed (what still helps throughput)"],
  ["redis", "nofile", 10032, 10031, "at least 10032 files is allowed (maxclients and Redis' own 32 files)"],
  ["redis", "stopGraceSeconds", 10, 9, "at least 10 seconds is allowed (the engine's own default)"],
  [
    "redis",
    "healthIntervalSeconds",
    3,
    0,
    "at least 3 seconds is allowed (1 seconds by its own bound, more beside the other numbers of the plan)",
  ],
  ["redis", "healthIntervalSeconds", 3600, 3601, "at most 3600 seconds is allowed (an hour: a failure must be seen)"],
  ["redis", "healthTimeoutSeconds", 1, 0, "at least 1 seconds is allowed (the engine)"],
  ["redis", "healthTimeoutSeconds", 5, 6, HEALTH("5")],
  ["redis", "cpuLimit", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["redis", "cpuLimit", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["redis", "cpuReservation", 2, 2.01, "at most 2 threads is allowed (its own CPU limit)"],
  ["redis", "memoryLimitMiB", 64, 63, "at least 64 MiB is allowed (what the server needs to start)"],
  ["redis", "memoryReservationMiB", 4096, 4097, "at most 4096 MiB is allowed (its own memory limit)"],
  ["redis", "cpuQuota", 0.1, 0.09, "at least 0.1 threads is allowed (the least that a process starts with)"],
  ["redis", "cpuQuota", 12, 12.01, "at most 12 threads is allowed (the host's threads)"],
  ["redis", "cpuShares", 2, 1, "at least 2 shares is allowed (the container engine)"],
  ["redis", "cpuShares", 262144, 262145, "at most 262144 shares is allowed (the kernel)"],
];

/** Names and switches: a value that is none, and what is said of it. */
const WORDS: readonly (readonly [string, string, string, string])[] = [
  ["backend", "loop", "nonsense", "one of uvloop, asyncio, auto is allowed (uvicorn)"],
  ["backend", "http", "nonsense", "one of httptools, h11, auto is allowed (uvicorn)"],
  ["backend", "wsPerMessageDeflate", "yes", "true or false is needed"],
  ["postgres", "walCompression", "yes", "true or false is needed"],
  ["postgres", "jit", "yes", "true or false is needed"],
  ["postgres", "hugePages", "nonsense", "one of off, try, on is allowed (PostgreSQL)"],
  ["postgres", "ioMethod", "worker", "one of none is allowed (PostgreSQL has no io_method before 18)"],
  ["redis", "ioThreadsDoReads", "yes", "true or false is needed"],
  [
    "redis",
    "maxMemoryPolicy",
    "nonsense",
    "one of volatile-lru, volatile-lfu, volatile-ttl, volatile-random, noeviction is allowed (Redis and a broker in it)",
  ],
  ["redis", "oomScoreAdj", "yes", "true or false is needed"],
];

/** Refused; what their own bound takes, other services' numbers or the reserve refuse: the bound named is what both take. */
const REFUSED: readonly (readonly [string, string, number, string])[] = [
  [
    "postgres",
    "superuserReservedConnections",
    500,
    "at most 486 connections is allowed (499 connections by its own bound, less beside the other numbers of the plan)",
  ],
  [
    "postgres",
    "reservedConnections",
    500,
    "at most 483 connections is allowed (496 connections by its own bound, less beside the other numbers of the plan)",
  ],
  [
    "backend",
    "fleetCpuReservation",
    10.01,
    "at most 8 threads is allowed (10 threads by its own bound, less beside the other numbers of the plan)",
  ],
  [
    "celery",
    "fleetMemoryLimitMiB",
    31786,
    "at most 26707 MiB is allowed (31785 MiB by its own bound, less beside the other numbers of the plan)",
  ],
  [
    "celery",
    "memoryLimitMiB",
    31786,
    "at most 26707 MiB is allowed (31785 MiB by its own bound, less beside the other numbers of the plan)",
  ],
];

describe("an override at the edge of what is allowed", () => {
  it.each(EDGES)("%s.%s: %d is taken, %d is not: %s", (service, key, taken, refused, message) => {
    expect(answer(service, key, taken)).toBe("taken");
    expect(answer(service, key, refused)).toBe(`overrides.${service}.${key}: ${refused} given; ${message}`);
  });

  it.each(REFUSED)("%s.%s: %d is not: %s", (service, key, refused, message) => {
    expect(answer(service, key, refused)).toBe(`overrides.${service}.${key}: ${refused} given; ${message}`);
  });

  it.each(WORDS)("%s.%s: %s is not taken: %s", (service, key, refused, message) => {
    expect(answer(service, key, refused)).toBe(`overrides.${service}.${key}: ${refused} given; ${message}`);
  });

  it.each([
    ["postgres", "randomPageCost", "x", "a number of at least 0 is needed"],
    ["postgres", "cpuLimit", -1, "a number of at least 0 is needed"],
    ["postgres", "workMemMiB", "8", "a whole number of MiB, at least 0, is needed"],
    ["postgres", "shmSizeMiB", 8.5, "a whole number of MiB, at least 0, is needed"],
    ["postgres", "workMemMiB", -8, "a whole number of MiB, at least 0, is needed"],
    ["celery", "maxTasksPerChild", 2 ** 53, "a whole number of tasks, at least 0, is needed"],
    ["postgres", "hugePages", 1, "a name is needed"],
  ])("%s.%s: %s is of the wrong kind: %s", (service, key, given, message) => {
    expect(answer(service, key, given)).toBe(`overrides.${service}.${key}: ${given} given; ${message}`);
  });

  it("takes zero where nothing needs more", () => {
    expect(answer("postgres", "maxParallelWorkersPerGather", 0)).toBe("taken");
    expect(answer("celery", "maxTasksPerChild", 2 ** 53 - 1)).toBe("taken");
  });

  it("is never a number that follows from others", () => {
    expect(OVERRIDE_KEYS.filter(({ service, key }) => insteadOf(service, key) !== undefined)).toEqual([]);
    expect(insteadOf("backend", "workersPerInstance")).toBe("overrides.backend.workers or overrides.backend.instances");
    expect(insteadOf("backend", "nothing")).toBeUndefined();
    expect(insteadOf("backend", "toString")).toBeUndefined();
  });

  it("is known for every number that can be overridden", () => {
    const known = new Set([...EDGES, ...REFUSED, ...WORDS].map(([service, key]) => `${service}.${key}`));
    const unknown = OVERRIDE_KEYS.map(({ service, key }) => `${service}.${key}`).filter((each) => !known.has(each));
    expect(unknown).toEqual([]);
  });
});
