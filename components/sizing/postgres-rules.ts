import { clamp, floorDiv, powerOfTwoAtLeast, roundDiv } from "./arithmetic";
import { cpuLimitRule, cpuQuotaRule, cpuReservationRule, cpuSharesRule } from "./cpu";
import { healthRules } from "./health";
import { dataMemoryRule, dataReservationRule } from "./host";
import type { Tier } from "./inputs";
import { atLeast, atMost, constant, type OverridesOf, oneOf, type PlanOf, rule, rulesOf } from "./rule";
import { TIER_FACTS } from "./tiers";

/** PostgreSQL's max_files_per_process default; each connection adds its socket. */
const MAX_FILES_PER_PROCESS = 1000;
/** PostgreSQL refuses to start with less than two segments of 16 MiB. */
const LEAST_WAL_MIB = 32;
/** From this version on `io_method` exists. */
const IO_METHOD_FROM = 18;

/** No setting may claim more than the container has. */
const withinMemory = atMost<{ readonly memoryLimitMiB: number }>(
  "PostgreSQL's memory limit",
  ({ memoryLimitMiB }) => memoryLimitMiB,
);
const atLeastOne = atLeast<Record<string, number | string>>("PostgreSQL", () => 1);

export const POSTGRES_RULES = rulesOf("postgres", "docs/sizing.md#postgresql", {
  maxConnections: rule({
    unit: "connections",
    about: "max_connections: of all clients together",
    words:
      "500 for 12 backend workers, in that proportion for the workers that tier and memory allow on all app hosts; from 20 to 1,000.",
    source: "docs/sizing.md#connections",
    asks: ({ appHosts, workers }: { appHosts: number; workers: number; memoryLimitMiB: number }) =>
      roundDiv(appHosts * workers * 500, 12),
    bounds: (is) => [
      is.atMost("one connection for 16 MiB of PostgreSQL's memory", (i) => floorDiv(i.memoryLimitMiB, 16), "memory"),
      is.atLeast("the least that serves a small system", () => 20),
      is.atMost("the most PostgreSQL serves well without a pooler such as PgBouncer", () => 1000, "connections"),
    ],
  }),
  sharedBuffersMiB: rule({
    unit: "MiB",
    about: "shared_buffers: the server's own page cache",
    words: "15 % of the memory limit up to 512 MiB, 25 % from 1 GiB on, rising between.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => sharedBuffersMiB(memoryLimitMiB),
    allows: (is) => [
      is.atLeast("PostgreSQL", () => 1),
      is.atMost("40 % of PostgreSQL's memory: more starves the page cache", (i) => floorDiv(2 * i.memoryLimitMiB, 5)),
    ],
  }),
  effectiveCacheSizeMiB: rule({
    unit: "MiB",
    about: "effective_cache_size: what the planner takes for cached; nothing is allocated",
    words: "3/4 of the memory limit.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number; memoryMiB: number }) => floorDiv(3 * memoryLimitMiB, 4),
    allows: (is) => [atLeastOne, is.atMost("the host's memory", ({ memoryMiB }) => memoryMiB)],
  }),
  workMemMiB: rule({
    unit: "MiB",
    about: "work_mem: memory of one sort or hash before it goes to disk",
    words: "1/512 of the memory limit, from 4 to 64 MiB.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => clamp(floorDiv(memoryLimitMiB, 512), 4, 64),
    allows: () => [atLeastOne, withinMemory],
  }),
  maintenanceWorkMemMiB: rule({
    unit: "MiB",
    about: "maintenance_work_mem: memory of VACUUM and of an index build",
    words: "1/16 of the memory limit, at most 2 GiB.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => Math.min(floorDiv(memoryLimitMiB, 16), 2048),
    allows: () => [atLeastOne, withinMemory],
  }),
  autovacuumWorkMemMiB: rule({
    unit: "MiB",
    about: "autovacuum_work_mem: memory of each of the three autovacuum workers",
    words: "1/24 of the memory limit, at most maintenance_work_mem.",
    asks: ({ memoryLimitMiB, maintenanceWorkMemMiB }: { memoryLimitMiB: number; maintenanceWorkMemMiB: number }) =>
      Math.min(maintenanceWorkMemMiB, floorDiv(memoryLimitMiB, 24)),
    allows: () => [atLeastOne, withinMemory],
  }),
  maxParallelWorkers: rule({
    unit: "processes",
    about: "max_parallel_workers: parallel workers of all queries together",
    words: "The tier's workers of the database host's threads, at most one for 64 MiB of memory, at least 1.",
    asks: ({ tierWorkers }: { tierWorkers: number; memoryLimitMiB: number }) => tierWorkers,
    bounds: (is) => [
      is.atMost("one for 64 MiB of PostgreSQL's memory", (i) => floorDiv(i.memoryLimitMiB, 64), "memory"),
      is.atLeast("the least that is a worker", () => 1),
    ],
    allows: (is) => [is.atMost("PostgreSQL", () => 1024)],
  }),
  maxParallelWorkersPerGather: rule({
    unit: "processes",
    about: "max_parallel_workers_per_gather: parallel workers of one query",
    words: "Half of max_parallel_workers, at most 8.",
    asks: ({ maxParallelWorkers }: { maxParallelWorkers: number }) => Math.min(8, floorDiv(maxParallelWorkers, 2)),
    allows: (is) => [is.atMost("max_parallel_workers", ({ maxParallelWorkers }) => maxParallelWorkers)],
  }),
  maxParallelMaintenanceWorkers: rule({
    unit: "processes",
    about: "max_parallel_maintenance_workers: parallel workers of one index build",
    words: "Half of max_parallel_workers, at most 4.",
    asks: ({ maxParallelWorkers }: { maxParallelWorkers: number }) => Math.min(4, floorDiv(maxParallelWorkers, 2)),
    allows: (is) => [is.atMost("max_parallel_workers", ({ maxParallelWorkers }) => maxParallelWorkers)],
  }),
  maxWorkerProcesses: rule({
    unit: "processes",
    about: "max_worker_processes: parallel workers and extensions' background workers",
    words: "max_parallel_workers, at least PostgreSQL's own default of 8.",
    asks: ({ maxParallelWorkers }: { maxParallelWorkers: number }) => Math.max(8, maxParallelWorkers),
    allows: (is) => [
      is.atLeast("max_parallel_workers", ({ maxParallelWorkers }) => maxParallelWorkers),
      is.atMost("PostgreSQL", () => 262_143),
    ],
  }),
  maxWalSizeMiB: rule({
    unit: "MiB",
    about: "max_wal_size: write-ahead log between two checkpoints",
    words: "1, 2, 4, 8 GiB at low, medium, high, extreme, at most a fifth of the disk, at least 32 MiB.",
    asks: ({ tier }: { tier: Tier; diskGiB: number }) => TIER_FACTS[tier].maxWalSizeGiB * 1024,
    bounds: (is) => [
      is.atMost("a fifth of the disk", ({ diskGiB }) => floorDiv(diskGiB * 1024, 5), "disk"),
      is.atLeast("two segments of the log, without which PostgreSQL does not start", () => LEAST_WAL_MIB),
    ],
  }),
  minWalSizeMiB: rule({
    unit: "MiB",
    about: "min_wal_size: write-ahead log kept for reuse",
    words: "A quarter of max_wal_size, at least 32 MiB.",
    asks: ({ maxWalSizeMiB }: { maxWalSizeMiB: number }) => floorDiv(maxWalSizeMiB, 4),
    bounds: (is) => [
      is.atLeast("two segments of the log, without which PostgreSQL does not start", () => LEAST_WAL_MIB),
    ],
    allows: (is) => [is.atMost("max_wal_size", ({ maxWalSizeMiB }) => maxWalSizeMiB)],
  }),
  walCompression: constant<boolean>({
    unit: "switch",
    about: "wal_compression: full pages in the log",
    words: "Compressed full pages cost little CPU and save disk bandwidth.",
    value: true,
  }),
  checkpointCompletionTarget: constant<number>({
    unit: "ratio",
    about: "checkpoint_completion_target: part of the interval a checkpoint takes",
    words: "Checkpoints spread over 0.9 of their interval.",
    value: 0.9,
    allows: (is) => [is.atMost("PostgreSQL", () => 1)],
  }),
  randomPageCost: constant<number>({
    unit: "ratio",
    about: "random_page_cost: against 1 for the next page",
    words: "1.1: on solid-state disks a random page costs little more than the next one.",
    value: 1.1,
    allows: (is) => [is.atLeast("seq_page_cost, which is 1", () => 1)],
  }),
  jit: constant<boolean>({
    unit: "switch",
    about: "jit: whether large queries are compiled",
    words: "Off: compiling costs more than it saves in the short queries of a web application.",
    value: false,
  }),
  hugePages: constant<"off" | "try" | "on">({
    unit: "name",
    about: "huge_pages of the kernel",
    words: "Off: a container has none of its own.",
    value: "off",
    allows: () => [oneOf("PostgreSQL", ["off", "try", "on"])],
  }),
  ioMethod: rule({
    unit: "name",
    about: "io_method, for versions that know it",
    words: "worker from PostgreSQL 18 on (io_uring is blocked in containers); left out before.",
    asks: ({ postgresMajor }: { postgresMajor: number }): "worker" | "sync" | "io_uring" | undefined =>
      postgresMajor >= IO_METHOD_FROM ? "worker" : undefined,
    allows: () => [oneOf("PostgreSQL", ["worker", "sync", "io_uring"])],
  }),
  shmSizeMiB: rule({
    unit: "MiB",
    about: "Size of /dev/shm, where parallel queries keep their hash tables",
    words:
      "maintenance_work_mem + 2 x work_mem for each process of a parallel query, at most half of the memory limit, at least 128 MiB.",
    asks: ({ memoryLimitMiB, maintenanceWorkMemMiB, workMemMiB, maxParallelWorkersPerGather }: ShmInputs) =>
      Math.floor(
        Math.max(
          128,
          Math.min(memoryLimitMiB / 2, maintenanceWorkMemMiB + workMemMiB * 2 * (maxParallelWorkersPerGather + 1)),
        ),
      ),
    allows: (is) => [is.atLeast("the engine's own default", () => 64), withinMemory],
  }),
  nofile: rule({
    unit: "files",
    about: "Open files of the container",
    words: "max_connections + 1,000 (PostgreSQL's max_files_per_process), rounded up to a power of two.",
    asks: ({ maxConnections }: { maxConnections: number }) => powerOfTwoAtLeast(maxConnections + MAX_FILES_PER_PROCESS),
    allows: (is) => [
      is.atLeast(
        "max_connections + max_files_per_process",
        ({ maxConnections }) => maxConnections + MAX_FILES_PER_PROCESS,
      ),
    ],
  }),
  stopGraceSeconds: constant<number>({
    unit: "seconds",
    about: "Time to write a checkpoint and stop",
    words: "The same on every machine.",
    value: 60,
    allows: (is) => [is.atLeast("a checkpoint", () => 30)],
  }),
  ...healthRules({ value: 5, words: "pg_isready is cheap enough for every 5 seconds." }, { value: 3 }),
  cpuLimit: cpuLimitRule("Threads PostgreSQL may use at most"),
  cpuReservation: cpuReservationRule("Threads PostgreSQL is promised"),
  memoryLimitMiB: dataMemoryRule(
    "Memory PostgreSQL may use at most",
    "1/4 of the machine; on a data host 2/3 of what its reserve leaves.",
    { "single-host": [1, 4], "app-and-data": [2, 3] },
    128,
  ),
  memoryReservationMiB: dataReservationRule("Memory PostgreSQL is promised"),
  cpuQuota: cpuQuotaRule(),
  cpuShares: cpuSharesRule(),
});

type ShmInputs = {
  memoryLimitMiB: number;
  maintenanceWorkMemMiB: number;
  workMemMiB: number;
  maxParallelWorkersPerGather: number;
};

/** 15 % of a small database's memory, 25 % of a large one's, rising between 512 and 1024 MiB. */
function sharedBuffersMiB(memoryMiB: number): number {
  const aboveSmallMiB = clamp(memoryMiB, 512, 1024) - 512;
  return floorDiv(memoryMiB * (15 * 512 + 10 * aboveSmallMiB), 100 * 512);
}

/** What PostgreSQL runs with. */
export type PostgresPlan = PlanOf<typeof POSTGRES_RULES>;
/** Overrides of PostgreSQL's numbers. */
export type PostgresOverrides = OverridesOf<typeof POSTGRES_RULES>;
