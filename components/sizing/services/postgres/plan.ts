import { type CpuPart, exactCpu, exactReservation, scaleOf } from "../../machine/cpu";
import type { Host } from "../../machine/hosts";
import type { ResolvedInputs, Topology } from "../../machine/inputs";
import type { CpuDemand, Load } from "../../machine/load";
import { settle } from "../../rules/rule";
import type { Sheet } from "../../rules/sheet";
import { MOST_CONNECTIONS, type PostgresPlan, POSTGRES_RULES as R } from "./rules";

const CPU_PART: Readonly<Record<Topology, CpuPart>> = {
  "single-host": { limit: 4, reservation: 2 },
  "app-and-data": { limit: 8, reservation: 8 },
};

/** CPU asked of the data host. */
export const postgresCpu = (sheet: Sheet, { topology }: ResolvedInputs, threads: number): CpuDemand => ({
  host: "data",
  threads: sheet.given(R.cpuLimit) ?? exactCpu({ part: CPU_PART[topology].limit, threads }),
  overridden: sheet.given(R.cpuLimit) !== undefined,
});

export const postgresLoad = (plan: PostgresPlan): Load => ({ ...plan, service: "postgres", host: "data", rules: R });

/** Memory PostgreSQL may use at most, whether it runs here or not; the other services are sized beside it. */
export function postgresMemory(sheet: Sheet, inputs: ResolvedInputs, { memoryMiB, reserveMiB }: Host): number {
  const { topology, externalPostgresConnections } = inputs;
  const share = { memoryMiB, reserveMiB, topology };
  return externalPostgresConnections === undefined
    ? sheet.apply(R.memoryLimitMiB, share)
    : settle(R.memoryLimitMiB, share).value;
}

/** `max_connections` for so many workers on each app host, within what the database's memory carries. */
export const postgresConnections = (
  sheet: Sheet,
  { appHosts }: ResolvedInputs,
  workers: number,
  memoryLimitMiB: number,
): number => sheet.apply(R.maxConnections, { appHosts, workers, memoryLimitMiB });

/** The most `max_connections` that its memory carries at any tier, or the override. */
export const mostConnections = (sheet: Sheet, memoryLimitMiB: number): number =>
  sheet.given(R.maxConnections) ??
  settle(R.maxConnections, { appHosts: 1, workers: MOST_CONNECTIONS, memoryLimitMiB }).value;

export function planPostgres(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { threads, memoryMiB, tierWorkers }: Host,
  scale: number,
  { memoryLimitMiB, maxConnections }: { memoryLimitMiB: number; maxConnections: number },
): PostgresPlan {
  const { tier, topology, diskGiB, dataReservation, postgresMajor, cpuEnforcement: enforcement } = inputs;
  const part = CPU_PART[topology];
  const cpuLimit = sheet.apply(R.cpuLimit, { part: part.limit, threads, scale: scaleOf(sheet, R.cpuLimit, scale) });
  const cpuReservation = sheet.apply(R.cpuReservation, { part: part.reservation, threads, cpuLimit });
  const workMemMiB = sheet.apply(R.workMemMiB, { memoryLimitMiB });
  const maintenanceWorkMemMiB = sheet.apply(R.maintenanceWorkMemMiB, { memoryLimitMiB });
  const maxParallelWorkers = sheet.apply(R.maxParallelWorkers, { tierWorkers, memoryLimitMiB });
  const maxParallelWorkersPerGather = sheet.apply(R.maxParallelWorkersPerGather, { maxParallelWorkers });
  const maxWalSizeMiB = sheet.apply(R.maxWalSizeMiB, { tier, diskGiB });
  return {
    maxConnections,
    sharedBuffersMiB: sheet.apply(R.sharedBuffersMiB, { memoryLimitMiB }),
    effectiveCacheSizeMiB: sheet.apply(R.effectiveCacheSizeMiB, { memoryLimitMiB, memoryMiB }),
    workMemMiB,
    maintenanceWorkMemMiB,
    autovacuumWorkMemMiB: sheet.apply(R.autovacuumWorkMemMiB, { memoryLimitMiB, maintenanceWorkMemMiB }),
    maxWorkerProcesses: sheet.apply(R.maxWorkerProcesses, { maxParallelWorkers }),
    maxParallelWorkers,
    maxParallelWorkersPerGather,
    maxParallelMaintenanceWorkers: sheet.apply(R.maxParallelMaintenanceWorkers, { maxParallelWorkers }),
    maxWalSizeMiB,
    minWalSizeMiB: sheet.apply(R.minWalSizeMiB, { maxWalSizeMiB }),
    walCompression: sheet.apply(R.walCompression, {}),
    checkpointCompletionTarget: sheet.apply(R.checkpointCompletionTarget, {}),
    randomPageCost: sheet.apply(R.randomPageCost, {}),
    jit: sheet.apply(R.jit, {}),
    hugePages: sheet.apply(R.hugePages, {}),
    ioMethod: sheet.apply(R.ioMethod, { postgresMajor }),
    shmSizeMiB: sheet.apply(R.shmSizeMiB, {
      memoryLimitMiB,
      maintenanceWorkMemMiB,
      workMemMiB,
      maxParallelWorkersPerGather,
    }),
    nofile: sheet.apply(R.nofile, { maxConnections }),
    stopGraceSeconds: sheet.apply(R.stopGraceSeconds, {}),
    healthIntervalSeconds: sheet.apply(R.healthIntervalSeconds, {}),
    healthTimeoutSeconds: sheet.apply(R.healthTimeoutSeconds, {}),
    cpuLimit,
    cpuReservation,
    memoryLimitMiB,
    memoryReservationMiB: sheet.apply(R.memoryReservationMiB, { memoryLimitMiB, dataReservation, topology }),
    cpuQuota: sheet.apply(R.cpuQuota, { cpuLimit, containers: 1, threads, enforcement }),
    cpuShares: sheet.apply(R.cpuShares, {
      cpuReservation: exactReservation(part.reservation, threads, cpuReservation),
      containers: 1,
    }),
  };
}
