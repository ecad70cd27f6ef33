import { formatMemory, type PostgresPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";
import type { ServiceDescriptor } from "./descriptor";
import { elsewhere } from "./elsewhere";

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

export const POSTGRES = {
  name: "postgres",
  title: "PostgreSQL",
  section: "postgres",
  component: "sized-stack:index:Postgres",
  image: "postgres:17",
  // The official image has its volume with a folder for each major version in it, from 18 on.
  volumePath: ({ postgresMajor }) => (postgresMajor >= 18 ? "/var/lib/postgresql" : "/var/lib/postgresql/data"),
  replacement: "only-one",
  restart: "about 2 s when idle",
  running: ({ postgres, external }) =>
    postgres
      ? {
          containers: 1,
          ...postgres,
          inShort: `${postgres.maxConnections} connections, ${formatMemory(postgres.sharedBuffersMiB)} shared buffers`,
        }
      : elsewhere(`${external?.postgresConnections} connections`),
  program: {
    service: "postgres",
    takes: "parameters",
    derived: POSTGRES_SETTINGS,
    reserved: {
      port: "other containers expect the default",
      data_directory: "the data is on its volume",
      listen_addresses: "other containers must reach it",
    },
    emitted: { format: "postgresql.conf", text: ({ postgres }) => postgres && postgresConf(postgres) },
  },
} as const satisfies ServiceDescriptor;
