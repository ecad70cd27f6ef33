import type { PostgresPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";

/** Parameters of postgresql.conf that the plan derives. */
export const POSTGRES_SETTINGS = {
  max_connections: "maxConnections",
  shared_buffers: "sharedBuffersMiB",
  effective_cache_size: "effectiveCacheSizeMiB",
  work_mem: "workMemMiB",
  maintenance_work_mem: "maintenanceWorkMemMiB",
  autovacuum_work_mem: "autovacuumWorkMemMiB",
  max_worker_processes: "maxWorkerProcesses",
  max_parallel_workers: "maxParallelWorkers",
  max_parallel_workers_per_gather: "maxParallelWorkersPerGather",
  max_parallel_maintenance_workers: "maxParallelMaintenanceWorkers",
  max_wal_size: "maxWalSizeMiB",
  min_wal_size: "minWalSizeMiB",
  wal_compression: "walCompression",
  checkpoint_completion_target: "checkpointCompletionTarget",
  random_page_cost: "randomPageCost",
  jit: "jit",
  huge_pages: "hugePages",
  io_method: "ioMethod",
} as const satisfies DerivedSettings<PostgresPlan>;

/** Every parameter the server is started with: those of the plan, and further ones. */
export const postgresParameters = (
  plan: PostgresPlan,
  further: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...derivedValues(POSTGRES_SETTINGS, plan, { mebibytes: "MB", on: "on", off: "off" }),
  ...further,
});

export const postgresArgv = (plan: PostgresPlan, further?: Readonly<Record<string, string>>): string[] => [
  "postgres",
  ...Object.entries(postgresParameters(plan, further)).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
];

/** As lines of postgresql.conf. */
export const postgresConf = (plan: PostgresPlan, further?: Readonly<Record<string, string>>): string =>
  Object.entries(postgresParameters(plan, further))
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
    .join("\n");
