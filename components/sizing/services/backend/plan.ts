import { type Copies, copyInputs, noSecondCopy } from "../../machine/copies";
import { type Ceiling, countedMiB, type Host } from "../../machine/hosts";
import type { ResolvedInputs } from "../../machine/inputs";
import type { CpuDemand, CpuShare, Load } from "../../machine/load";
import { TIER_FACTS } from "../../machine/tiers";
import { floorDiv, floorHundredths } from "../../rules/arithmetic";
import { Shortfall } from "../../rules/refusal";
import type { Sheet } from "../../rules/sheet";
import { memoryFor } from "./memory";
import { type BackendPlan, exactBackendCpu, BACKEND_RULES as R } from "./rules";

export function backendCeiling(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { memoryMiB, reserveMiB }: Host,
  availableMiB: number,
  copies: Copies,
): Ceiling {
  const { topology, oversubscribe, childMemoryMiB, workerMemoryMiB } = inputs;
  const ruleMiB = sheet.apply(R.memoryCeilingMiB, {
    memoryMiB,
    reserveMiB,
    topology,
    oversubscribe,
    availableMiB,
    childMemoryMiB,
  });
  const oneWorkerMiB = memoryFor(1, workerMemoryMiB);
  return {
    ruleMiB,
    ceilingMiB: sheet.given(R.fleetMemoryLimitMiB) ?? ruleMiB,
    copyMiB: sheet.apply(R.copyCeilingMiB, copyInputs(inputs, copies, availableMiB, oneWorkerMiB)),
  };
}

/** Workers before connections bound them: the tier's, within memory, or the override. Memory lacks where none fits. */
export function backendWorkersAsked(
  sheet: Sheet,
  { workerMemoryMiB }: ResolvedInputs,
  { tierWorkers }: Host,
  ceiling: Ceiling,
): number {
  const { ceilingMiB } = ceiling;
  const workersGiven = sheet.given(R.workers);
  const counted = countedMiB(ceiling, workersGiven !== undefined);
  const byMemory = floorDiv(9 * counted, 10 * workerMemoryMiB);
  const oneWorkerMiB = memoryFor(1, workerMemoryMiB);
  if (byMemory < 1 && counted < ceilingMiB && oneWorkerMiB <= ceilingMiB) {
    const shortfall = noSecondCopy(`one worker of ${workerMemoryMiB} MiB`, oneWorkerMiB, counted, "workerMemory");
    sheet.lacks(shortfall, "backend", "celery");
  } else if (byMemory < 1) {
    const needed = Math.ceil((10 * workerMemoryMiB) / 9);
    const available = Math.max(0, ceilingMiB);
    const shortfall = new Shortfall(
      "backend",
      "memory",
      "app",
      `backend: one worker of ${workerMemoryMiB} MiB, in 0.9 of its container, needs ${needed} MiB; ` +
        `the backend may use ${available} MiB of the host, ${needed - available} MiB too little.`,
      `Set backend.workerMemory below ${workerMemoryMiB} MiB if the application needs less.`,
    );
    sheet.lacks(shortfall, "backend", "celery");
  }
  return workersGiven ?? Math.max(1, Math.min(tierWorkers, byMemory));
}

/** Workers and the containers they run in. */
export interface BackendSpread {
  readonly instances: number;
  readonly workers: number;
}

export function spreadBackend(
  sheet: Sheet,
  { tier, workerMemoryMiB }: ResolvedInputs,
  { tierWorkers }: Host,
  ceiling: Ceiling,
  asked: number,
  connectionCap: number,
): BackendSpread {
  const workersGiven = sheet.given(R.workers) !== undefined;
  const ceilingMiB = countedMiB(ceiling, workersGiven);
  const instances = sheet.apply(R.instances, {
    tierInstances: TIER_FACTS[tier].backendInstances,
    workers: Math.min(asked, connectionCap),
    ceilingMiB,
    workerMemoryMiB,
    connectionCap,
    workersGiven,
    memoryGiven: sheet.given(R.fleetMemoryLimitMiB) !== undefined,
  });
  return {
    instances,
    workers: sheet.apply(R.workers, { tierWorkers, ceilingMiB, workerMemoryMiB, connectionCap, instances }),
  };
}

/** CPU so many workers ask of each app host. */
export const backendCpu = (sheet: Sheet, workers: number, threads: number): CpuDemand => ({
  host: "app",
  byRule: exactBackendCpu({ workers, threads }),
  given: sheet.given(R.fleetCpuLimit),
});

export const backendLoad = (plan: BackendPlan): Load => ({
  service: "backend",
  host: "app",
  cpuReservation: plan.fleetCpuReservation,
  cpuLimit: plan.fleetCpuLimit,
  memoryReservationMiB: plan.fleetMemoryReservationMiB,
  memoryLimitMiB: plan.fleetMemoryLimitMiB,
  nofile: plan.nofile,
  rules: { cpuLimit: R.fleetCpuLimit, cpuReservation: R.fleetCpuReservation },
});

export function planBackend(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { threads, memoryMiB, reserveMiB }: Host,
  { threads: unscaledLimit, scale }: CpuShare,
  { instances, workers }: BackendSpread,
  { ruleMiB, copyMiB }: Ceiling,
  { perWorker, redisPerWorker }: { perWorker: number; redisPerWorker: number },
): BackendPlan {
  const { tier, topology, workerMemoryMiB, behindLoadBalancer, backendStopGraceSeconds } = inputs;
  const { entranceIdleSeconds, maxBodyMiB, statementTimeoutSeconds } = inputs;
  const fleetCpuLimit = sheet.apply(R.fleetCpuLimit, { workers, threads, scale });
  const fleetCpuReservation = sheet.apply(R.fleetCpuReservation, { unscaledLimit, cpuLimit: fleetCpuLimit });
  const exactReservation = (3 * unscaledLimit) / 5;
  const workersPerInstance = sheet.apply(R.workersPerInstance, { workers, instances });
  const fleetMemoryLimitMiB = sheet.apply(R.fleetMemoryLimitMiB, {
    ceilingMiB: ruleMiB,
    cpuLimit: unscaledLimit,
    memoryMiB,
    reserveMiB,
    threads,
    topology,
    instances,
    workersPerInstance,
    workerMemoryMiB,
  });
  const fleetMemoryReservationMiB = sheet.apply(R.fleetMemoryReservationMiB, {
    fleetMemoryLimitMiB,
    neededMiB: inputs.hostReserve === "registered" ? memoryFor(workers, workerMemoryMiB) : undefined,
  });
  const limitConcurrency = sheet.apply(R.limitConcurrency, {});
  const backlog = sheet.apply(R.backlog, { tier });
  const stopGraceSeconds = sheet.apply(R.stopGraceSeconds, { backendStopGraceSeconds });
  const poolSize = sheet.apply(R.poolSize, { perWorker });
  const maxOverflow = sheet.apply(R.maxOverflow, { perWorker, poolSize });
  const redisPool = sheet.apply(R.redisMaxConnectionsPerWorker, { redisPerWorker });
  return {
    memoryCeilingMiB: ruleMiB,
    copyCeilingMiB: copyMiB,
    instances,
    workersPerInstance,
    workers,
    loop: sheet.apply(R.loop, {}),
    http: sheet.apply(R.http, {}),
    limitConcurrency,
    concurrentConnections: sheet.apply(R.concurrentConnections, { workers, limitConcurrency }),
    backlog,
    somaxconn: sheet.apply(R.somaxconn, { backlog }),
    timeoutKeepAlive: sheet.apply(R.timeoutKeepAlive, { behindLoadBalancer, entranceIdleSeconds }),
    timeoutGracefulShutdown: sheet.apply(R.timeoutGracefulShutdown, { stopGraceSeconds }),
    timeoutWorkerHealthcheck: sheet.apply(R.timeoutWorkerHealthcheck, {}),
    wsPerMessageDeflate: sheet.apply(R.wsPerMessageDeflate, {}),
    wsMaxSizeBytes: sheet.apply(R.wsMaxSizeBytes, {}),
    entranceIdleSeconds: sheet.apply(R.entranceIdleSeconds, { entranceIdleSeconds }),
    maxBodyMiB: sheet.apply(R.maxBodyMiB, { maxBodyMiB }),
    stopGraceSeconds,
    healthIntervalSeconds: sheet.apply(R.healthIntervalSeconds, {}),
    healthTimeoutSeconds: sheet.apply(R.healthTimeoutSeconds, {}),
    poolSize,
    maxOverflow,
    poolTimeoutSeconds: sheet.apply(R.poolTimeoutSeconds, {}),
    threadLimit: sheet.apply(R.threadLimit, { poolSize, maxOverflow }),
    databaseQueue: sheet.apply(R.databaseQueue, { poolSize, maxOverflow, limitConcurrency }),
    statementTimeoutSeconds: sheet.apply(R.statementTimeoutSeconds, { statementTimeoutSeconds }),
    redisMaxConnectionsPerWorker: redisPool,
    redisMaxConnections: sheet.apply(R.redisMaxConnections, { workers, perWorker: redisPool }),
    nofile: sheet.apply(R.nofile, { limitConcurrency, poolSize, maxOverflow, redisPool }),
    fleetCpuLimit,
    fleetCpuReservation,
    fleetMemoryLimitMiB,
    fleetMemoryReservationMiB,
    memoryLimitMiB: sheet.apply(R.memoryLimitMiB, { fleetMemoryLimitMiB, instances }),
    memoryReservationMiB: sheet.apply(R.memoryReservationMiB, { fleetMemoryReservationMiB, instances }),
    cpuQuota: sheet.apply(R.cpuQuota, {
      cpuLimit: fleetCpuLimit,
      containers: instances,
      threads,
      enforcement: inputs.cpuEnforcement,
    }),
    cpuShares: sheet.apply(R.cpuShares, {
      cpuReservation:
        floorHundredths(exactReservation) === fleetCpuReservation ? exactReservation : fleetCpuReservation,
      containers: instances,
    }),
  };
}
