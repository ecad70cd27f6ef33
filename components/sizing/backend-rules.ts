import { floorDiv, floorExact, floorHundredths, powerOfTwoAbove } from "./arithmetic";
import { cpuQuotaRule, cpuSharesRule, FITS_THREADS, LEAST_CPU, scaled, withinHost } from "./cpu";
import type { Topology } from "./inputs";
import { constant, type OverridesOf, oneOf, outcome, type PlanOf, rule, rulesOf, setting } from "./rule";
import { TIER_FACTS } from "./tiers";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";
const CONNECTIONS = "docs/sizing.md#connections";
/** Beyond this backlog the kernel's own default for a listening socket cuts it. */
const KERNEL_SOMAXCONN = 4096;
/** Open files a worker needs beside its connections: libraries, log, event loop, listening socket. */
const NOFILE_ALLOWANCE = 512;
/** uvicorn gives requests this much less time than the container has to stop. */
const DRAIN_ALLOWANCE_SECONDS = 5;
/** Seconds an idle connection is kept: short for clients, longer than a load balancer's own 60. */
const KEEP_ALIVE_SECONDS = { forClients: 5, behindLoadBalancer: 75 } as const;

/** Workers a container of so much memory holds: they may fill 0.9 of it. */
const workersIn = (memoryMiB: number, workerMemoryMiB: number): number => floorDiv(9 * memoryMiB, 10 * workerMemoryMiB);
/** Memory a container with so many workers needs. */
const memoryFor = (workers: number, workerMemoryMiB: number): number => Math.ceil((workers * workerMemoryMiB * 10) / 9);
const perInstance = (workers: number, instances: number): number => Math.ceil(workers / instances);

type WorkerInputs = {
  readonly tierWorkers: number;
  readonly ceilingMiB: number;
  readonly workerMemoryMiB: number;
  readonly connectionCap: number;
  readonly instances: number;
};
type InstanceInputs = {
  readonly tierInstances: number;
  /** Workers to spread. */
  readonly workers: number;
  readonly ceilingMiB: number;
  readonly workerMemoryMiB: number;
  readonly connectionCap: number;
  /** Whether the number of workers, or the memory, is an override and must be met exactly. */
  readonly workersGiven: boolean;
  readonly memoryGiven: boolean;
};
type FleetMemoryInputs = {
  readonly ceilingMiB: number;
  readonly cpuLimit: number;
  readonly memoryMiB: number;
  readonly reserveMiB: number;
  readonly threads: number;
  readonly topology: Topology;
  readonly instances: number;
  readonly workersPerInstance: number;
  readonly workerMemoryMiB: number;
};
type CeilingInputs = {
  readonly memoryMiB: number;
  readonly topology: Topology;
  readonly oversubscribe: boolean;
  readonly availableMiB: number;
  readonly childMemoryMiB: number;
};
type CpuLimitInputs = { readonly workers: number; readonly threads: number; readonly scale: number };

/** Exact CPU limit before it is made to fit the host. */
export const exactBackendCpu = ({ workers, threads }: { workers: number; threads: number }): number =>
  Math.min(workers, (10 * threads) / 12);

/** Whether so many equal containers hold the workers within what memory and connections carry. */
function instancesFit(i: InstanceInputs, instances: number): boolean {
  const each = perInstance(i.workers, instances);
  const most = Math.min(workersIn(i.ceilingMiB, i.workerMemoryMiB), i.connectionCap);
  if (instances * each > most) return false;
  if (i.workersGiven && instances * each !== i.workers) return false;
  return !i.memoryGiven || memoryFor(each, i.workerMemoryMiB) <= floorDiv(i.ceilingMiB, instances);
}

export const BACKEND_RULES = rulesOf("backend", "docs/sizing.md#backend", {
  memoryCeilingMiB: outcome({
    unit: "MiB",
    about: "The most the backend may use on one app host",
    words:
      "5/8 of the machine, 5/6 of an app host; with oversubscribe: false 2/3 of what the reserve and the data services leave, and room for one Celery child and its parent beside it.",
    source: DIVISION,
    instead: "backend.fleetMemoryLimitMiB",
    asks: ({ memoryMiB, topology, oversubscribe, availableMiB, childMemoryMiB }: CeilingInputs) => {
      if (!oversubscribe) return Math.min(floorDiv(2 * availableMiB, 3), availableMiB - 2 * childMemoryMiB);
      return floorDiv(5 * memoryMiB, topology === "single-host" ? 8 : 6);
    },
  }),
  instances: rule({
    unit: "containers",
    about: "Backend containers on each app host",
    words: "1, at extreme 2; 1 where equally large ones would exceed what memory and connections carry.",
    asks: ({ tierInstances }: InstanceInputs) => tierInstances,
    bounds: () => [
      {
        by: "equally many workers in each, within what memory and connections carry",
        kind: "at most",
        lack: "memory or connections",
        cut: (value, inputs) => (instancesFit(inputs, value) ? value : 1),
      },
    ],
    allows: (is) => [is.atLeast("a backend", () => 1)],
  }),
  workers: rule({
    unit: "processes",
    about: "Worker processes on each app host",
    words:
      "The tier's workers, within what memory (workerMemory in 0.9 of it) and connections carry; equally many in each container.",
    asks: ({ tierWorkers }: WorkerInputs) => tierWorkers,
    bounds: (is) => [
      is.atMost(
        "the memory the backend may use, 0.9 of it in units of workerMemory",
        (i) => workersIn(i.ceilingMiB, i.workerMemoryMiB),
        "memory",
      ),
      is.atMost("PostgreSQL's connections, four for each worker and child", (i) => i.connectionCap, "connections"),
      {
        by: "equally many workers in each container",
        kind: "at least",
        lack: undefined,
        cut: (value, { instances }) => instances * perInstance(value, instances),
      },
    ],
    allows: (is) => [is.atLeast("a backend", () => 1)],
  }),
  workersPerInstance: outcome({
    unit: "processes",
    about: "Worker processes of each container",
    words: "The workers, divided over the containers.",
    instead: "backend.workers or backend.instances",
    asks: ({ workers, instances }: { workers: number; instances: number }) => perInstance(workers, instances),
  }),
  loop: constant<"uvloop" | "asyncio" | "auto">({
    unit: "name",
    about: "uvicorn's event loop",
    words: "uvloop, the fastest.",
    value: "uvloop",
    allows: () => [oneOf("uvicorn", ["uvloop", "asyncio", "auto"])],
  }),
  http: constant<"httptools" | "h11" | "auto">({
    unit: "name",
    about: "uvicorn's HTTP parser",
    words: "httptools, the fastest.",
    value: "httptools",
    allows: () => [oneOf("uvicorn", ["httptools", "h11", "auto"])],
  }),
  limitConcurrency: constant<number>({
    unit: "connections",
    about: "Connections one worker takes before it answers 503, nominal: uvicorn admits one less",
    words: "2,000, as in the hand-written page; idle keep-alive connections and WebSockets count.",
    value: 2000,
    allows: (is) => [
      is.atLeast("uvicorn, which admits one less", () => 2),
      is.atMost("the ports of one client", () => 65_535),
    ],
  }),
  concurrentConnections: outcome({
    unit: "connections",
    about: "Connections the workers of one app host take together",
    words: "Workers x limit-concurrency.",
    source: "docs/sizing.md#capacity",
    instead: "backend.limitConcurrency",
    asks: ({ workers, limitConcurrency }: { workers: number; limitConcurrency: number }) => workers * limitConcurrency,
  }),
  backlog: rule({
    unit: "connections",
    about: "Connections the kernel queues before uvicorn accepts them",
    words: "2,048, 4,096, 8,192, 8,192 at low, medium, high, extreme.",
    asks: ({ tier }: { tier: keyof typeof TIER_FACTS }) => TIER_FACTS[tier].backlog,
    allows: (is) => [is.atLeast("the kernel", () => 1), is.atMost("the kernel", () => 65_535)],
  }),
  somaxconn: outcome({
    unit: "connections",
    about: "net.core.somaxconn of the container",
    words: "The backlog, where it is above the kernel's own 4,096; else left out.",
    instead: "backend.backlog",
    asks: ({ backlog }: { backlog: number }) => (backlog > KERNEL_SOMAXCONN ? backlog : undefined),
  }),
  timeoutKeepAlive: rule({
    unit: "seconds",
    about: "Time an idle connection is kept",
    words: "75 behind a load balancer, longer than its own 60, so that it never reuses a closed one; else 5.",
    asks: ({ behindLoadBalancer }: { behindLoadBalancer: boolean }): number =>
      behindLoadBalancer ? KEEP_ALIVE_SECONDS.behindLoadBalancer : KEEP_ALIVE_SECONDS.forClients,
    allows: (is) => [is.atLeast("uvicorn", () => 1)],
  }),
  timeoutGracefulShutdown: rule({
    unit: "seconds",
    about: "Time running requests get when the container stops",
    words: "The stop grace less 5 seconds.",
    asks: ({ stopGraceSeconds }: { stopGraceSeconds: number }) => stopGraceSeconds - DRAIN_ALLOWANCE_SECONDS,
    allows: (is) => [
      is.atLeast("uvicorn", () => 1),
      is.atMost("the stop grace, after which the engine kills", ({ stopGraceSeconds }) => stopGraceSeconds),
    ],
  }),
  timeoutWorkerHealthcheck: constant<number>({
    unit: "seconds",
    about: "Time without an answer after which uvicorn replaces a worker",
    words: "30: the default of 5 kills workers that one long request keeps busy.",
    value: 30,
    allows: (is) => [is.atLeast("uvicorn", () => 1)],
  }),
  wsPerMessageDeflate: constant<boolean>({
    unit: "switch",
    about: "Whether WebSocket messages are compressed",
    words: "Off: it costs 74 MiB of a worker with 2,000 WebSockets.",
    value: false,
  }),
  wsMaxSizeBytes: constant<number>({
    unit: "bytes",
    about: "The largest WebSocket message",
    words: "1 MiB: uvicorn's default of 16 MiB lets a few clients fill a worker's memory.",
    value: 1_048_576,
    allows: (is) => [is.atLeast("a message", () => 1024)],
  }),
  stopGraceSeconds: setting({
    unit: "seconds",
    about: "Time a container has to stop",
    words: "As set.",
    instead: "the setting backend.stopGraceSeconds",
    asks: ({ backendStopGraceSeconds }: { backendStopGraceSeconds: number }) => backendStopGraceSeconds,
  }),
  healthIntervalSeconds: constant<number>({
    unit: "seconds",
    about: "Time between two health checks",
    words: "The same on every machine.",
    value: 5,
    allows: (is) => [is.atLeast("the engine", () => 1)],
  }),
  healthTimeoutSeconds: constant<number>({
    unit: "seconds",
    about: "Time a health check may take",
    words: "The same on every machine.",
    value: 4,
    allows: (is) => [is.atLeast("the engine", () => 1)],
  }),
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
    words: "One for each connection to PostgreSQL the worker may hold.",
    source: CONNECTIONS,
    asks: ({ poolSize, maxOverflow }: { poolSize: number; maxOverflow: number }) => poolSize + maxOverflow,
    allows: (is) => [is.atLeast("a synchronous endpoint", () => 1)],
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
    instead: "backend.redisMaxConnectionsPerWorker",
    asks: ({ workers, perWorker }: { workers: number; perWorker: number }) => workers * perWorker,
  }),
  nofile: rule({
    unit: "files",
    about: "Open files of each process",
    words: "The next power of two above limit-concurrency + the pools + 512.",
    asks: (inputs: { limitConcurrency: number; poolSize: number; maxOverflow: number; redisPool: number }) =>
      powerOfTwoAbove(filesOf(inputs)),
    allows: (is) => [is.atLeast("limit-concurrency + the pools + 512", (inputs) => filesOf(inputs))],
  }),
  fleetCpuLimit: rule({
    unit: "threads",
    about: "Threads the containers of one app host may use together at most",
    words: "One for each worker, at most 5/6 of the host's threads.",
    source: "docs/sizing.md#cpu-limits",
    asks: (inputs: CpuLimitInputs) => floorHundredths(exactBackendCpu(inputs)),
    bounds: (is) => [is.atMost(FITS_THREADS, scaled(exactBackendCpu), "threads")],
    allows: (is) => [withinHost, is.atLeast("the least that lets a process run", () => LEAST_CPU)],
  }),
  fleetCpuReservation: rule({
    unit: "threads",
    about: "Threads the containers of one app host are promised together",
    words: "0.6 of the limit.",
    source: "docs/sizing.md#cpu-limits",
    asks: ({ unscaledLimit }: { unscaledLimit: number; cpuLimit: number }) => floorHundredths((3 * unscaledLimit) / 5),
    bounds: (is) => [is.atMost("their own CPU limit", ({ cpuLimit }) => cpuLimit)],
  }),
  fleetMemoryLimitMiB: rule({
    unit: "MiB",
    about: "Memory the containers of one app host may use together at most",
    words:
      "Its CPU limit x the host's memory per thread (0.75 of that on a single host), within the ceiling; at least what the workers need in 0.9 of it.",
    source: DIVISION,
    asks: (i: FleetMemoryInputs) => {
      const quarters = i.topology === "single-host" ? 3 : 4;
      const byCpu = floorExact((i.cpuLimit * quarters * i.memoryMiB) / (4 * i.threads));
      return (
        i.instances *
        Math.max(
          floorDiv(Math.min(i.ceilingMiB, byCpu), i.instances),
          memoryFor(i.workersPerInstance, i.workerMemoryMiB),
        )
      );
    },
    allows: (is) => [
      is.atMost("the host's memory less its reserve", ({ memoryMiB, reserveMiB }) => memoryMiB - reserveMiB),
    ],
  }),
  fleetMemoryReservationMiB: rule({
    unit: "MiB",
    about: "Memory the containers of one app host are promised together",
    words: "0.6 of the limit.",
    source: DIVISION,
    asks: ({ fleetMemoryLimitMiB }: { fleetMemoryLimitMiB: number }) => floorDiv(3 * fleetMemoryLimitMiB, 5),
    allows: (is) => [is.atMost("their own memory limit", ({ fleetMemoryLimitMiB }) => fleetMemoryLimitMiB)],
  }),
  memoryLimitMiB: outcome({
    unit: "MiB",
    about: "Memory one container may use at most",
    words: "The limit of all, divided over the containers.",
    source: DIVISION,
    instead: "backend.fleetMemoryLimitMiB",
    asks: ({ fleetMemoryLimitMiB, instances }: { fleetMemoryLimitMiB: number; instances: number }) =>
      floorDiv(fleetMemoryLimitMiB, instances),
  }),
  memoryReservationMiB: outcome({
    unit: "MiB",
    about: "Memory one container is promised",
    words: "The reservation of all, divided over the containers.",
    source: DIVISION,
    instead: "backend.fleetMemoryReservationMiB",
    asks: ({ fleetMemoryReservationMiB, instances }: { fleetMemoryReservationMiB: number; instances: number }) =>
      floorDiv(fleetMemoryReservationMiB, instances),
  }),
  cpuQuota: cpuQuotaRule(),
  cpuShares: cpuSharesRule(),
});

const filesOf = (i: { limitConcurrency: number; poolSize: number; maxOverflow: number; redisPool: number }): number =>
  i.limitConcurrency + i.poolSize + i.maxOverflow + i.redisPool + NOFILE_ALLOWANCE;

/** What the backend runs with, on each app host. `fleet…` is the sum of its containers. */
export type BackendPlan = PlanOf<typeof BACKEND_RULES>;
/** Overrides of the backend's numbers. */
export type BackendOverrides = OverridesOf<typeof BACKEND_RULES>;
