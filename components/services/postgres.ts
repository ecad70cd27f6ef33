import { formatMemory, POSTGRES_SERVER_DEFAULTS, type PostgresPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";
import type { ServiceDescriptor } from "./descriptor";
import { elsewhere } from "./elsewhere";
import { postgresMebibytes } from "./notation";
import { postgresQuoted, postgresValue } from "./quotes";

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

/** Units of those that are not counted in kB, as `pg_settings` has them. */
const PARAMETER_UNITS: Readonly<Record<string, "8kB" | "MB">> = {
  shared_buffers: "8kB",
  effective_cache_size: "8kB",
  max_wal_size: "MB",
  min_wal_size: "MB",
};

/** Parameters that rules read; the server is told of those that are not its own default. */
const READ_BY_RULES = {
  superuser_reserved_connections: "superuserReservedConnections",
  reserved_connections: "reservedConnections",
  hash_mem_multiplier: "hashMemMultiplier",
  autovacuum_max_workers: "autovacuumMaxWorkers",
  max_wal_senders: "maxWalSenders",
  max_files_per_process: "maxFilesPerProcess",
} as const satisfies DerivedSettings<PostgresPlan>;

const toTell = (plan: PostgresPlan): DerivedSettings<PostgresPlan> =>
  Object.fromEntries(
    Object.entries(READ_BY_RULES).filter(([, field]) => plan[field] !== POSTGRES_SERVER_DEFAULTS[field]),
  );

/** Every parameter the server is started with: those of the plan, and further ones. */
export const postgresParameters = (
  plan: PostgresPlan,
  further: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...derivedValues<PostgresPlan>({ ...POSTGRES_SETTINGS, ...toTell(plan) }, plan, {
    mebibytes: "MB",
    on: "on",
    off: "off",
  }),
  ...Object.fromEntries(Object.entries(further).map(([name, value]) => [name, postgresValue(value)])),
});

export const postgresArgv = (plan: PostgresPlan, further?: Readonly<Record<string, string>>): string[] => [
  "postgres",
  ...Object.entries(postgresParameters(plan, further)).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
];

/** As lines of postgresql.conf. */
export const postgresConf = (plan: PostgresPlan, further?: Readonly<Record<string, string>>): string =>
  Object.entries(postgresParameters(plan, further))
    .map(([name, value]) => `${name} = ${postgresQuoted(value)}`)
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
    derived: { ...POSTGRES_SETTINGS, ...READ_BY_RULES },
    mebibytes: (text, name) => postgresMebibytes(text, PARAMETER_UNITS[name] ?? "kB"),
    sizes: 'a size such as "32MB" or "5242kB", or a number in the parameter\'s own unit,',
    reserved: {
      port: "other containers expect the default",
      data_directory: "the data is on its volume",
      listen_addresses: "other containers must reach it",
      config_file: "its parameters are those of the plan and of postgres.parameters",
      hba_file: "it is the image's, and the password guards it",
      dynamic_shared_memory_type: "/dev/shm is sized for posix",
      wal_segment_size: "it is decided when the volume is made",
    },
    emitted: { format: "postgresql.conf", text: ({ postgres }) => postgres && postgresConf(postgres) },
  },
} as const satisfies ServiceDescriptor;
