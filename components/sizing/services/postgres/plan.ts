import { type CpuPart, exactCpu, exactReservation } from "../../machine/cpu";
import type { DataMemory } from "../../machine/data-memory";
import type { Host } from "../../machine/hosts";
import type { ResolvedInputs, Topology } from "../../machine/inputs";
import type { CpuDemand, CpuShare, Load } from "../../machine/load";
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
  byRule: exactCpu({ part: CPU_PART[topology].limit, threads }),
  given: sheet.given(R.cpuLimit),
});

export const postgresLoad = (plan: PostgresPlan): Load => ({ ...plan, service: "postgres", host: "data", rules: R });

/** Memory PostgreSQL may use at most, whether it runs here or not; the other services are sized beside it. */
export function postgresMemory(sheet: Sheet, inputs: ResolvedInputs, { memoryMiB, reserveMiB }: Host): DataMemory {
  const { topology, externalPostgresConnections } = inputs;
  const share = { memoryMiB, reserveMiB, topology };
  const ruleMiB = settle(R.memoryLimitMiB, share).value;
  return {
    ruleMiB,
    limitMiB: externalPostgresConnections === undefined ? sheet.apply(R.memoryLimitMiB, share) : ruleMiB,
  };
}

/** `max_connections` for so many workers on each app host, within what the database's memory carries. */
export const postgresConnections = (
  sheet: Sheet,
  { appHosts }: ResolvedInputs,
  workers: number,
  memoryLimitMiB: number,
): number => sheet.apply(R.maxConnections, { appHosts, workers, memoryLimitMiB });

/** What is known of PostgreSQL before the services that use it are sized. */
export interface PostgresGiven {
  readonly memoryLimitMiB: number;
  readonly maxConnections: number;
  readonly reserved: Pick<PostgresPlan, "superuserReservedConnections" | "reservedConnections">;
}

/** Connections of it that are kept from the application. */
export function postgresReserved(
  sheet: Sheet,
  { postgresMajor }: ResolvedInputs,
  maxConnections: number,
): PostgresGiven["reserved"] {
  const superuserReservedConnections = sheet.apply(R.superuserReservedConnections, { maxConnections });
  return {
    superuserReservedConnections,
    reservedConnections: sheet.apply(R.reservedConnections, {
      postgresMajor,
      maxConnections,
      superuserReservedConnections,
    }),
  };
}
/** The most `max_connections` that its memory carries at any tier, or the override where that is more. */
export const mostConnections = (sheet: Sheet, memoryLimitMiB: number): number =>
  Math.max(
    sheet.given(R.maxConnections) ?? 0,
    settle(R.maxConnections, { appHosts: 1, workers: MOST_CONNECTIONS, memoryLimitMiB }).value,
  );

export function planPostgres(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { threads, memoryMiB, tierWorkers }: Host,
  { scale }: CpuShare,
  { memoryLimitMiB, maxConnections, reserved }: PostgresGiven,
): PostgresPlan {
  const { tier, topology, diskGiB, dataReservation, postgresMajor, cpuEnforcement: enforcement } = inputs;
  const part = CPU_PART[topology];
  const cpuLimit = sheet.apply(R.cpuLimit, { part: part.limit, threads, scale });
  const cpuReservation = sheet.apply(R.cpuReservation, { part: part.reservation, threads, cpuLimit });
  const workMemMiB = sheet.apply(R.workMemMiB, { memoryLimitMiB });
  const maintenanceWorkMemMiB = sheet.apply(R.maintenanceWorkMemMiB, { memoryLimitMiB });
  const hashMemMultiplier = sheet.apply(R.hashMemMultiplier, {});
  const autovacuumMaxWorkers = sheet.apply(R.autovacuumMaxWorkers, {});
  const maxWalSenders = sheet.apply(R.maxWalSenders, {});
  const maxFilesPerProcess = sheet.apply(R.maxFilesPerProcess, {});
  const maxParallelWorkers = sheet.apply(R.maxParallelWorkers, { tierWorkers, memoryLimitMiB });
  const maxParallelWorkersPerGather = sheet.apply(R.maxParallelWorkersPerGather, { maxParallelWorkers });
  const maxWalSizeMiB = sheet.apply(R.maxWalSizeMiB, { tier, diskGiB });
  return {
    maxConnections,
    ...reserved,
    hashMemMultiplier,
    autovacuumMaxWorkers,
    maxWalSenders,
    maxFilesPerProcess,
    sharedBuffersMiB: sheet.apply(R.sharedBuffersMiB, { memoryLimitMiB }),
    effectiveCacheSizeMiB: sheet.apply(R.effectiveCacheSizeMiB, { memoryLimitMiB, memoryMiB }),
    workMemMiB,
    maintenanceWorkMemMiB,
    autovacuumWorkMemMiB: sheet.apply(R.autovacuumWorkMemMiB, {
      memoryLimitMiB,
      maintenanceWorkMemMiB,
      autovacuumMaxWorkers,
    }),
    maxWorkerProcesses: sheet.apply(R.maxWorkerProcesses, {
      maxParallelWorkers,
      memoryLimitMiB,
      maxConnections,
      autovacuumMaxWorkers,
      maxWalSenders,
    }),
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
      hashMemMultiplier,
      maxParallelWorkersPerGather,
    }),
    nofile: sheet.apply(R.nofile, { maxConnections, maxFilesPerProcess }),
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
