import { floorDiv } from "../../rules/arithmetic";
import { rule } from "../../rules/rule";
import { MOST_PROCESSES } from "./server";

type ProcessInputs = {
  maxParallelWorkers: number;
  memoryLimitMiB: number;
  maxConnections: number;
  autovacuumMaxWorkers: number;
  maxWalSenders: number;
};

/** Processes beside those that serve connections. */
export const PARALLEL_RULES = {
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
    asks: ({ maxParallelWorkers }: ProcessInputs) => Math.max(8, maxParallelWorkers),
    allows: (is) => [
      is.atLeast("max_parallel_workers", ({ maxParallelWorkers }) => maxParallelWorkers),
      is.atMost("one for each MiB of PostgreSQL's memory: each takes 49 KiB of it", (i) => i.memoryLimitMiB),
      is.atMost(
        "PostgreSQL: with max_connections, autovacuum_max_workers and max_wal_senders 262,142 processes",
        (i) => MOST_PROCESSES - 1 - i.maxConnections - i.autovacuumMaxWorkers - i.maxWalSenders,
      ),
    ],
  }),
};
