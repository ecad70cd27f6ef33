import { constant, rule } from "../../rules/rule";

/** What PostgreSQL has where nobody sets it; the rules count with it, and the server is told where it is another. */
export const SERVER_DEFAULTS = {
  superuserReservedConnections: 3,
  reservedConnections: 0,
  hashMemMultiplier: 2,
  autovacuumMaxWorkers: 3,
  maxWalSenders: 10,
  maxFilesPerProcess: 1000,
} as const;

const CONNECTIONS = "docs/sizing.md#connections";
/** From this version on `reserved_connections` exists. */
const RESERVED_CONNECTIONS_FROM = 16;
/** All server processes together: PostgreSQL's MAX_BACKENDS. */
export const MOST_PROCESSES = 262_143;

type ReservedInputs = { postgresMajor: number; maxConnections: number; superuserReservedConnections: number };

/** Parameters that rules read: with another value of one, those rules count with that. */
export const SERVER_RULES = {
  superuserReservedConnections: rule({
    unit: "connections",
    about: "superuser_reserved_connections: kept free for superusers",
    words: "3, PostgreSQL's own default.",
    source: CONNECTIONS,
    asks: (_: { maxConnections: number }): number => SERVER_DEFAULTS.superuserReservedConnections,
    allows: (is) => [is.atMost("max_connections, less one", ({ maxConnections }) => maxConnections - 1)],
  }),
  reservedConnections: rule({
    unit: "connections",
    about: "reserved_connections: kept free for members of pg_use_reserved_connections",
    words: "0, PostgreSQL's own default; left out before version 16, which has none.",
    source: CONNECTIONS,
    asks: ({ postgresMajor }: ReservedInputs): number | undefined =>
      postgresMajor >= RESERVED_CONNECTIONS_FROM ? SERVER_DEFAULTS.reservedConnections : undefined,
    allows: () => [
      {
        by: "max_connections less superuser_reserved_connections, less one; none before PostgreSQL 16",
        kind: "at most",
        lack: undefined,
        cut: (value, { postgresMajor, maxConnections, superuserReservedConnections }) => {
          const most =
            postgresMajor < RESERVED_CONNECTIONS_FROM ? 0 : maxConnections - superuserReservedConnections - 1;
          return value && Math.min(value, most);
        },
      },
    ],
  }),
  hashMemMultiplier: constant<number>({
    unit: "ratio",
    about: "hash_mem_multiplier: times work_mem that a hash table may take",
    words: "2, PostgreSQL's own default.",
    value: SERVER_DEFAULTS.hashMemMultiplier,
    allows: (is) => [is.atLeast("PostgreSQL", () => 1), is.atMost("PostgreSQL", () => 1000)],
  }),
  autovacuumMaxWorkers: constant<number>({
    unit: "processes",
    about: "autovacuum_max_workers: autovacuum workers at once",
    words: "3, PostgreSQL's own default.",
    value: SERVER_DEFAULTS.autovacuumMaxWorkers,
    allows: (is) => [
      is.atLeast("PostgreSQL", () => 1),
      is.atMost("PostgreSQL 18's own autovacuum_worker_slots", () => 16),
    ],
  }),
  maxWalSenders: constant<number>({
    unit: "processes",
    about: "max_wal_senders: standby servers and backups at once",
    words: "10, PostgreSQL's own default.",
    value: SERVER_DEFAULTS.maxWalSenders,
    allows: (is) => [is.atMost("the standby servers one machine feeds", () => 100)],
  }),
  maxFilesPerProcess: constant<number>({
    unit: "files",
    about: "max_files_per_process: files each server process keeps open",
    words: "1,000, PostgreSQL's own default.",
    value: SERVER_DEFAULTS.maxFilesPerProcess,
    allows: (is) => [is.atLeast("PostgreSQL", () => 64), is.atMost("what a container is granted", () => 1_048_576)],
  }),
};
