import { floorDiv, powerOfTwoAbove } from "../../rules/arithmetic";
import { constant, outcome, rule, setting } from "../../rules/rule";

const CONNECTIONS = "docs/sizing.md#connections";
/** Threads beside those that wait for the database: anyio's own number. */
const OTHER_THREADS = 40;
/** Requests that may wait for each connection. */
const WAITING_PER_CONNECTION = 10;
/** Open files a worker needs beside its connections: libraries, log, event loop, listening socket. */
const NOFILE_ALLOWANCE = 512;

type FileInputs = {
  readonly limitConcurrency: number;
  readonly poolSize: number;
  readonly maxOverflow: number;
  readonly redisPool: number;
};

type QueueInputs = { readonly poolSize: number; readonly maxOverflow: number; readonly limitConcurrency: number };

const filesOf = (i: FileInputs): number =>
  i.limitConcurrency + i.poolSize + i.maxOverflow + i.redisPool + NOFILE_ALLOWANCE;

/** Connections, threads and files of each worker: the part of the backend's rules that its pools come from. */
export const POOL_RULES = {
  poolSize: rule({
    unit: "connections",
    about: "Connections to PostgreSQL in the pool of each worker",
    words: "20, as in the hand-written page, within what the database has for each worker.",
    source: CONNECTIONS,
    asks: (_: { perWorker: number }): number => 20,
    bounds: (is) => [
      is.atMost("PostgreSQL's connections for each worker", ({ perWorker }) => perWorker, "connections"),
    ],
    allows: (is) => [is.atLeast("a pool", () => 1)],
  }),
  maxOverflow: rule({
    unit: "connections",
    about: "Connections to PostgreSQL each worker may open beyond its pool",
    words: "What the database has for each worker less the pool.",
    source: CONNECTIONS,
    asks: ({ perWorker, poolSize }: { perWorker: number; poolSize: number }) => perWorker - poolSize,
    allows: (is) => [
      is.atMost(
        "PostgreSQL's connections for each worker less the pool",
        ({ perWorker, poolSize }) => perWorker - poolSize,
      ),
      is.atLeast("two connections for each worker", ({ poolSize }) => 2 - poolSize),
    ],
  }),
  poolTimeoutSeconds: constant<number>({
    unit: "seconds",
    about: "Time a request waits for a connection to PostgreSQL",
    words: "5: below any client's own timeout.",
    source: CONNECTIONS,
    value: 5,
    allows: (is) => [is.atLeast("a pool", () => 1)],
  }),
  threadLimit: rule({
    unit: "OS threads",
    about: "Threads of each worker for synchronous endpoints",
    words:
      "One for each connection to PostgreSQL the worker may hold, and 40 for what needs no database. More workers share the same connections with more Celery children, so that at a higher tier all threads for database work together may be fewer.",
    source: CONNECTIONS,
    asks: ({ poolSize, maxOverflow }: { poolSize: number; maxOverflow: number }) =>
      poolSize + maxOverflow + OTHER_THREADS,
    allows: (is) => [is.atLeast("a synchronous endpoint", () => 1)],
  }),
  databaseQueue: rule({
    unit: "requests",
    about: "Requests of each worker that may wait for a connection to PostgreSQL",
    words: "10 for each connection the worker may hold, at most half of limit-concurrency: the others are answered.",
    source: CONNECTIONS,
    asks: ({ poolSize, maxOverflow }: QueueInputs) => WAITING_PER_CONNECTION * (poolSize + maxOverflow),
    bounds: (is) => [
      is.atMost("half of the worker's connections", ({ limitConcurrency }) => floorDiv(limitConcurrency, 2)),
    ],
  }),
  statementTimeoutSeconds: setting({
    unit: "seconds",
    about: "Time PostgreSQL works on one statement of the backend, or lets its transaction idle; 0: without a limit",
    words: "As set; on the connections of the backend alone.",
    source: CONNECTIONS,
    instead: "the setting backend.statementTimeoutSeconds",
    asks: ({ statementTimeoutSeconds }: { statementTimeoutSeconds: number }) => statementTimeoutSeconds,
  }),
  redisMaxConnectionsPerWorker: rule({
    unit: "connections",
    about: "Connections to Redis in the pool of each worker",
    words: "50, as in the hand-written page, within what Redis has for each worker.",
    source: CONNECTIONS,
    asks: (_: { redisPerWorker: number }): number => 50,
    bounds: (is) => [
      is.atMost("Redis' connections for each worker", ({ redisPerWorker }) => redisPerWorker, "connections"),
    ],
    allows: (is) => [is.atLeast("a broker and a cache", () => 2)],
  }),
  redisMaxConnections: outcome({
    unit: "connections",
    about: "Connections to Redis the workers of one app host may hold together",
    words: "Workers x connections of each.",
    source: CONNECTIONS,
    instead: "overrides.backend.redisMaxConnectionsPerWorker",
    asks: ({ workers, perWorker }: { workers: number; perWorker: number }) => workers * perWorker,
  }),
  nofile: rule({
    unit: "files",
    about: "Open files of each process",
    words: "The next power of two above limit-concurrency + the pools + 512.",
    asks: (inputs: FileInputs) => powerOfTwoAbove(filesOf(inputs)),
    allows: (is) => [is.atLeast("limit-concurrency + the pools + 512", (inputs) => filesOf(inputs))],
  }),
};
