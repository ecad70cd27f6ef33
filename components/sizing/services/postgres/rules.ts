import { cpuLimitRule, cpuQuotaRule, cpuReservationRule, cpuSharesRule } from "../../machine/cpu";
import { dataMemoryRule, dataReservationRule, type MemoryPart } from "../../machine/data-memory";
import { healthRules } from "../../machine/health";
import { floorDiv, powerOfTwoAtLeast, roundDiv } from "../../rules/arithmetic";
import { constant, type OverridesOf, oneOf, type PlanOf, rule, rulesOf } from "../../rules/rule";
import { MEMORY_RULES, withinMemory } from "./memory";
import { PARALLEL_RULES } from "./parallel";
import { SERVER_RULES } from "./server";
import { WAL_RULES } from "./wal";

/** Above it a pooler serves better. */
export const MOST_CONNECTIONS = 1000;
/** From this version on `io_method` exists. */
const IO_METHOD_FROM = 18;

/** The least that serves a small system, however little memory there is. */
const LEAST_CONNECTIONS = 20;

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
      is.atMost(
        "one connection for 16 MiB of PostgreSQL's memory",
        (i) => Math.max(LEAST_CONNECTIONS, floorDiv(i.memoryLimitMiB, 16)),
        "memory",
      ),
      is.atLeast("the least that serves a small system", () => LEAST_CONNECTIONS),
      is.atMost(
        "the most PostgreSQL serves well without a pooler such as PgBouncer",
        () => MOST_CONNECTIONS,
        "connections",
      ),
    ],
  }),
  ...SERVER_RULES,
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
    asks: ({ postgresMajor }: { postgresMajor: number }): "worker" | "sync" | undefined =>
      postgresMajor >= IO_METHOD_FROM ? "worker" : undefined,
    allows: () => [
      oneOf("what containers run: their default seccomp profile blocks io_uring", ["worker", "sync"]),
      {
        by: "PostgreSQL has no io_method before 18",
        kind: "one of",
        names: ["none"],
        lack: undefined,
        cut: (value, { postgresMajor }: { postgresMajor: number }) =>
          postgresMajor < IO_METHOD_FROM ? undefined : value,
      },
    ],
  }),
  shmSizeMiB: rule({
    unit: "MiB",
    about: "Size of /dev/shm, where parallel queries keep their hash tables",
    words:
      "maintenance_work_mem + hash_mem_multiplier x work_mem for each process of a parallel query, at most half of the memory limit, at least 128 MiB.",
    asks: ({ memoryLimitMiB, hashMemMultiplier, ...i }: ShmInputs) =>
      Math.floor(
        Math.max(
          128,
          Math.min(
            memoryLimitMiB / 2,
            i.maintenanceWorkMemMiB + i.workMemMiB * hashMemMultiplier * (i.maxParallelWorkersPerGather + 1),
          ),
        ),
      ),
    allows: (is) => [is.atLeast("the engine's own default", () => 64), withinMemory],
  }),
  nofile: rule({
    unit: "files",
    about: "Open files of the container",
    words: "max_connections + max_files_per_process, rounded up to a power of two.",
    asks: ({ maxConnections, maxFilesPerProcess }: { maxConnections: number; maxFilesPerProcess: number }) =>
      powerOfTwoAtLeast(maxConnections + maxFilesPerProcess),
    allows: (is) => [
      is.atLeast(
        "max_connections + max_files_per_process",
        ({ maxConnections, maxFilesPerProcess }) => maxConnections + maxFilesPerProcess,
      ),
    ],
  }),
  stopGraceSeconds: constant<number>({
    unit: "seconds",
    about: "Time to write a checkpoint and stop",
    words: "The same on every machine.",
    value: 60,
    allows: (is) => [is.atLeast("a checkpoint", () => 30), is.atMost("an hour: a deploy waits for it", () => 3600)],
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
  hashMemMultiplier: number;
  maxParallelWorkersPerGather: number;
};

/** What PostgreSQL runs with. */
export type PostgresPlan = PlanOf<typeof POSTGRES_RULES>;
/** Overrides of PostgreSQL's numbers. */
export type PostgresOverrides = OverridesOf<typeof POSTGRES_RULES>;
