import { floorDiv, powerOfTwoAbove } from "./arithmetic";
import { type ContainerCpu, containerCpu, type Sixtieths, threads, toThreads } from "./cpu";
import type { ResolvedInputs } from "./inputs";
import { SizingRefusal } from "./refusal";
import type { Shares } from "./shares";
import { TIER_FACTS, tierWorkers } from "./tiers";

/** Connections one uvicorn worker takes before it answers 503. */
const LIMIT_CONCURRENCY = 2000;
/** Seconds uvicorn keeps an idle connection: short for clients, longer than the load balancer's own 60. */
const KEEP_ALIVE_SECONDS = { forClients: 5, behindLoadBalancer: 75 } as const;
/** Beyond this backlog the kernel's own default for a listening socket cuts it. */
const KERNEL_SOMAXCONN = 4096;
/** Open files a worker needs beside its connections: libraries, log, event loop, listening socket. */
const NOFILE_ALLOWANCE = 512;
/** Part of a container's memory that workers may fill; the rest is the parent process and the page cache. */
const WORKER_MEMORY_TENTHS = 9;
/** Connections a process keeps in its pool; the rest of its budget is overflow. */
const POOL_SIZE = 20;

/** What the backend runs with, per host. `fleet…` is the sum of its containers on one host. */
export interface BackendPlan extends ContainerCpu {
  /** Containers on each app host. */
  readonly instances: number;
  readonly workersPerInstance: number;
  /** Worker processes on each app host. */
  readonly workers: number;
  readonly loop: "uvloop";
  readonly http: "httptools";
  /** Connections per worker, nominal: uvicorn admits one less. */
  readonly limitConcurrency: number;
  readonly concurrentConnections: number;
  readonly backlog: number;
  /** `net.core.somaxconn` of the container; undefined where the kernel's default is enough. */
  readonly somaxconn: number | undefined;
  readonly timeoutKeepAlive: number;
  readonly timeoutGracefulShutdown: number;
  readonly timeoutWorkerHealthcheck: number;
  readonly stopGraceSeconds: number;
  readonly nofile: number;
  readonly fleetCpuLimit: number;
  readonly fleetCpuReservation: number;
  readonly fleetMemoryLimitMiB: number;
  readonly fleetMemoryReservationMiB: number;
  readonly memoryLimitMiB: number;
  readonly memoryReservationMiB: number;
  /** SQLAlchemy pool of each worker process. */
  readonly poolSize: number;
  readonly maxOverflow: number;
  /** Threads of each worker for synchronous endpoints: one per database connection it may hold. */
  readonly threadLimit: number;
  readonly redisMaxConnectionsPerWorker: number;
  readonly redisMaxConnections: number;
}

/** Workers the tier asks for, cut to what the memory ceiling holds. Refuses where it holds none. */
export function backendWorkersByMemory(
  inputs: ResolvedInputs,
  ceilingMiB: number,
): { byMemory: number; workers: number } {
  const byMemory = floorDiv(WORKER_MEMORY_TENTHS * ceilingMiB, 10 * inputs.workerMemoryMiB);
  if (byMemory < 1) {
    throw new SizingRefusal(
      "backend",
      "memory",
      `backend: one worker of ${inputs.workerMemoryMiB} MiB does not fit the ${Math.max(0, ceilingMiB)} MiB the backend may use. ` +
        "Use a machine with more memory, or set a smaller workerMemory if the application needs less.",
    );
  }
  return { byMemory, workers: Math.min(tierWorkers(inputs.tier, inputs.hardware.threads), byMemory) };
}

/** How the workers spread over containers. `most` is what memory and connections allow. */
export function backendInstances(inputs: ResolvedInputs, workers: number, most: number) {
  const asked = TIER_FACTS[inputs.tier].backendInstances;
  const perInstance = Math.ceil(workers / asked);
  return asked * perInstance <= most
    ? { instances: asked, workersPerInstance: perInstance, workers: asked * perInstance }
    : { instances: 1, workersPerInstance: workers, workers };
}

export interface BackendPools {
  readonly poolPerProcess: number;
  readonly redisMaxConnectionsPerWorker: number;
}

export function planBackend(
  inputs: ResolvedInputs,
  shares: Shares,
  spread: ReturnType<typeof backendInstances>,
  pools: BackendPools,
  celeryFleetMemoryMiB: number,
): BackendPlan {
  const { instances, workersPerInstance, workers } = spread;
  const cpu = backendCpu(shares, workers);
  const memoryLimitMiB = backendMemoryPerInstance(inputs, shares, spread, cpu.limit, celeryFleetMemoryMiB);
  const fleetMemoryLimitMiB = memoryLimitMiB * instances;
  const { backlog } = TIER_FACTS[inputs.tier];
  const poolSize = Math.min(POOL_SIZE, pools.poolPerProcess);
  return {
    instances,
    workersPerInstance,
    workers,
    loop: "uvloop",
    http: "httptools",
    limitConcurrency: LIMIT_CONCURRENCY,
    concurrentConnections: workers * LIMIT_CONCURRENCY,
    backlog,
    somaxconn: backlog > KERNEL_SOMAXCONN ? backlog : undefined,
    timeoutKeepAlive: inputs.behindLoadBalancer ? KEEP_ALIVE_SECONDS.behindLoadBalancer : KEEP_ALIVE_SECONDS.forClients,
    timeoutGracefulShutdown: inputs.backendStopGraceSeconds - 5,
    timeoutWorkerHealthcheck: 30,
    stopGraceSeconds: inputs.backendStopGraceSeconds,
    nofile: powerOfTwoAbove(
      LIMIT_CONCURRENCY + pools.poolPerProcess + pools.redisMaxConnectionsPerWorker + NOFILE_ALLOWANCE,
    ),
    fleetCpuLimit: toThreads(cpu.limit),
    fleetCpuReservation: toThreads(cpu.reservation),
    fleetMemoryLimitMiB,
    fleetMemoryReservationMiB: floorDiv(3 * fleetMemoryLimitMiB, 5),
    memoryLimitMiB,
    memoryReservationMiB: floorDiv(floorDiv(3 * fleetMemoryLimitMiB, 5), instances),
    poolSize,
    maxOverflow: pools.poolPerProcess - poolSize,
    threadLimit: pools.poolPerProcess,
    redisMaxConnectionsPerWorker: pools.redisMaxConnectionsPerWorker,
    redisMaxConnections: workers * pools.redisMaxConnectionsPerWorker,
    ...containerCpu(cpu, instances, inputs.hardware.threads, inputs.cpuEnforcement),
  };
}

function backendCpu(shares: Shares, workers: number): { limit: Sixtieths; reservation: Sixtieths } {
  const limit = Math.min(threads(workers), shares.backend.cpuLimit);
  return { limit, reservation: (limit * 3) / 5 };
}

/** Memory follows the CPU limit, within the ceiling, and never falls below what the workers need. */
function backendMemoryPerInstance(
  inputs: ResolvedInputs,
  shares: Shares,
  { instances, workersPerInstance }: { instances: number; workersPerInstance: number },
  cpuLimit: Sixtieths,
  celeryFleetMemoryMiB: number,
): number {
  const { threads: T, memoryMiB: M } = inputs.hardware;
  const { ceilingMiB, quartersOfMemoryPerThread } = shares.backend;
  const byCpu = floorDiv(cpuLimit * quartersOfMemoryPerThread * M, 4 * threads(T));
  const left = inputs.oversubscribe
    ? Number.POSITIVE_INFINITY
    : ceilingMiB + shares.celery.ceilingMiB - celeryFleetMemoryMiB;
  const needed = Math.ceil((workersPerInstance * inputs.workerMemoryMiB * 10) / WORKER_MEMORY_TENTHS);
  return Math.max(floorDiv(Math.min(ceilingMiB, byCpu, left), instances), needed);
}
