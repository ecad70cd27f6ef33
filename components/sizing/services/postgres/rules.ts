import { cpuLimitRule, cpuQuotaRule, cpuReservationRule, cpuSharesRule } from "../../machine/cpu";
import { dataMemoryRule, dataReservationRule, type MemoryPart } from "../../machine/data-memory";
import { healthRules } from "../../machine/health";
import { floorDiv, powerOfTwoAtLeast, roundDiv } from "../../rules/arithmetic";
import { constant, type OverridesOf, oneOf, type PlanOf, rule, rulesOf } from "../../rules/rule";
import { MEMORY_RULES, withinMemory } from "./memory";
import { PARALLEL_RULES } from "./parallel";
import { WAL_RULES } from "./wal";

/** PostgreSQL's max_files_per_process default; each connection adds its socket. */
const MAX_FILES_PER_PROCESS = 1000;
/** Above it a pooler serves better. */
export const MOST_CONNECTIONS = 1000;
/** From this version on `io_method` exists. */
const IO_METHOD_FROM = 18;

/** PostgreSQL's part of its host's memory. */
export const POSTGRES_MEMORY: MemoryPart = { "single-host": [1, 4], "app-and-data": [2, 3] };

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
      is.atMost(
        "the most PostgreSQL serves well without a pooler such as PgBouncer",
        () => MOST_CONNECTIONS,
        "connections",
      ),
    ],
  }),
  ...MEMORY_RULES,
  ...PARALLEL_RULES,
  ...WAL_RULES,
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
  memoryLimitMiB: dataMemoryRule("Memory PostgreSQL may use at most", POSTGRES_MEMORY, 128),
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

/** What PostgreSQL runs with. */
export type PostgresPlan = PlanOf<typeof POSTGRES_RULES>;
/** Overrides of PostgreSQL's numbers. */
export type PostgresOverrides = OverridesOf<typeof POSTGRES_RULES>;
