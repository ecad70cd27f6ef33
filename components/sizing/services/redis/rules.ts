import { cpuLimitRule, cpuQuotaRule, cpuReservationRule, cpuSharesRule } from "../../machine/cpu";
import { dataMemoryRule, dataReservationRule, type MemoryPart } from "../../machine/data-memory";
import { healthRules } from "../../machine/health";
import { clamp, floorDiv } from "../../rules/arithmetic";
import { constant, type OverridesOf, oneOf, type PlanOf, rule, rulesOf } from "../../rules/rule";

/** Redis lowers maxclients without a word where it finds fewer open files than this above it. */
const OWN_FILES = 32;
const NOFILE_ALLOWANCE = 128;
/** Below this CPU limit more I/O threads cost throughput. */
const IO_THREADS_FROM_CPU = 2;
/** From this version on the I/O threads read without being told to. */
const READS_BY_ITSELF_FROM = 8;

/** More is read for minutes after a restart, and copied by one process at each rewrite. */
const MOST_DATA_MIB = 65_536;

/** Redis' part of its host's memory. */
export const REDIS_MEMORY: MemoryPart = { "single-host": [1, 8], "app-and-data": [1, 3] };

export const REDIS_RULES = rulesOf("redis", "docs/sizing.md#redis", {
  maxMemoryMiB: rule({
    unit: "MiB",
    about: "maxmemory: data Redis keeps before it evicts",
    words:
      "3/4 of the memory limit, or the limit less 64 MiB where that is less; at least half of the limit; at most 64 GiB.",
    asks: ({ memoryLimitMiB: limit }: { memoryLimitMiB: number }) =>
      Math.floor(Math.min(MOST_DATA_MIB, (3 * limit) / 4, Math.max(limit - 64, limit / 2))),
    allows: (is) => [
      is.atLeast("what a broker needs", () => 1),
      is.atMost("the container's memory limit, which buffers and the rewrite child share", (i) => i.memoryLimitMiB - 1),
    ],
  }),
  maxClients: rule({
    unit: "connections",
    about: "maxclients: connections Redis takes",
    words: "2.5 for each MiB of the memory limit, from 1,000 to 10,000.",
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => floorDiv(5 * memoryLimitMiB, 2),
    bounds: (is) => [
      is.atLeast("the least that serves a small system", () => 1000),
      is.atMost("the most one Redis is planned for", () => 10_000),
    ],
  }),
  ioThreads: rule({
    unit: "OS threads",
    about: "io-threads: threads that read and write sockets",
    words: "A third of the host's threads, 1 to 8; 1 where the CPU limit is below 2 threads.",
    asks: ({ threads, cpuLimit }: { threads: number; cpuLimit: number }) =>
      cpuLimit < IO_THREADS_FROM_CPU ? 1 : clamp(floorDiv(threads, 3), 1, 8),
    allows: (is) => [is.atLeast("Redis", () => 1), is.atMost("what still helps throughput", () => 8)],
  }),
  ioThreadsDoReads: rule({
    unit: "switch",
    about: "io-threads-do-reads, for versions that know it",
    words: "On below Redis 8; left out from 8 on, which reads in its I/O threads anyway and ignores the setting.",
    asks: ({ redisMajor }: { redisMajor: number }): boolean | undefined =>
      redisMajor < READS_BY_ITSELF_FROM ? true : undefined,
  }),
  maxMemoryPolicy: constant<"volatile-lru" | "volatile-lfu" | "volatile-ttl" | "volatile-random" | "noeviction">({
    unit: "name",
    about: "maxmemory-policy: what Redis gives up when maxmemory is reached",
    words: "Only keys with an expiry: the broker's queues carry none and are never evicted.",
    value: "volatile-lru",
    allows: () => [
      oneOf("Redis and a broker in it", [
        "volatile-lru",
        "volatile-lfu",
        "volatile-ttl",
        "volatile-random",
        "noeviction",
      ]),
    ],
  }),
  oomScoreAdj: constant<boolean>({
    unit: "switch",
    about: "oom-score-adj: whether the kernel kills a rewrite child before the server",
    words: "Always: without it a rewrite of the append-only file under writes gets the server killed.",
    value: true,
  }),
  nofile: rule({
    unit: "files",
    about: "Open files of the container",
    words: "maxclients + 128: Redis lowers maxclients silently where it finds fewer than 32 above it.",
    asks: ({ maxClients }: { maxClients: number }) => maxClients + NOFILE_ALLOWANCE,
    allows: (is) => [is.atLeast("maxclients and Redis' own 32 files", ({ maxClients }) => maxClients + OWN_FILES)],
  }),
  stopGraceSeconds: constant<number>({
    unit: "seconds",
    about: "Time to write the append-only file and stop",
    words: "The same on every machine.",
    value: 30,
    allows: (is) => [
      is.atLeast("the engine's own default", () => 10),
      is.atMost("an hour: a deploy waits for it", () => 3600),
    ],
  }),
  ...healthRules({ value: 5, words: "Cheap enough for every 5 seconds." }, { value: 3 }),
  cpuLimit: cpuLimitRule("Threads Redis may use at most"),
  cpuReservation: cpuReservationRule("Threads Redis is promised"),
  memoryLimitMiB: dataMemoryRule("Memory Redis may use at most", REDIS_MEMORY, 64),
  memoryReservationMiB: dataReservationRule("Memory Redis is promised"),
  cpuQuota: cpuQuotaRule(),
  cpuShares: cpuSharesRule(),
});

/** What Redis runs with. */
export type RedisPlan = PlanOf<typeof REDIS_RULES>;
/** Overrides of Redis' numbers. */
export type RedisOverrides = OverridesOf<typeof REDIS_RULES>;
