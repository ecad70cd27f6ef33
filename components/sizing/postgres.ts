import { clamp, floorDiv, powerOfTwoAtLeast, roundDiv } from "./arithmetic";
import { type ContainerCpu, containerCpu, toThreads } from "./cpu";
import type { ResolvedInputs } from "./inputs";
import type { Shares } from "./shares";
import { TIER_FACTS, tierWorkers } from "./tiers";

/** Connections the database keeps from the application: 3 for superusers, 10 for admin, migrations, exporter. */
export const KEPT_CONNECTIONS = 13;
/** PostgreSQL's max_files_per_process default; each connection adds its socket. */
const MAX_FILES_PER_PROCESS = 1000;
const STOP_GRACE_SECONDS = 60;

export interface PostgresPlan extends ContainerCpu {
  readonly maxConnections: number;
  readonly sharedBuffersMiB: number;
  readonly effectiveCacheSizeMiB: number;
  readonly workMemMiB: number;
  readonly maintenanceWorkMemMiB: number;
  readonly autovacuumWorkMemMiB: number;
  readonly maxWorkerProcesses: number;
  readonly maxParallelWorkers: number;
  readonly maxParallelWorkersPerGather: number;
  readonly maxParallelMaintenanceWorkers: number;
  readonly maxWalSizeMiB: number;
  readonly minWalSizeMiB: number;
  /** Size of /dev/shm: parallel queries keep their hash tables there. */
  readonly shmSizeMiB: number;
  readonly nofile: number;
  readonly stopGraceSeconds: number;
  readonly cpuLimit: number;
  readonly cpuReservation: number;
  readonly memoryLimitMiB: number;
  readonly memoryReservationMiB: number;
}

/** `max_connections` for so many workers on all app hosts, within what the database's memory carries. */
export function postgresMaxConnections(appHosts: number, workersPerHost: number, memoryLimitMiB: number): number {
  const asked = roundDiv(appHosts * workersPerHost * 500, 12);
  return clamp(Math.min(asked, floorDiv(memoryLimitMiB, 16)), 20, 1000);
}

export function planPostgres(inputs: ResolvedInputs, shares: Shares, maxConnections: number): PostgresPlan {
  const { threads: T } = inputs.dataHardware;
  const { memoryLimitMiB: P, memoryReservationMiB, cpuLimit, cpuReservation } = shares.postgres;
  const workMemMiB = clamp(floorDiv(P, 512), 4, 64);
  const maintenanceWorkMemMiB = Math.min(floorDiv(P, 16), 2048);
  const maxParallelWorkers = Math.max(1, Math.min(tierWorkers(inputs.tier, T), floorDiv(P, 64)));
  const maxParallelWorkersPerGather = Math.min(8, floorDiv(maxParallelWorkers, 2));
  const maxWalSizeMiB = Math.max(
    32,
    Math.min(TIER_FACTS[inputs.tier].maxWalSizeGiB * 1024, floorDiv(inputs.diskGiB * 1024, 5)),
  );
  return {
    maxConnections,
    sharedBuffersMiB: sharedBuffersMiB(P),
    effectiveCacheSizeMiB: floorDiv(3 * P, 4),
    workMemMiB,
    maintenanceWorkMemMiB,
    autovacuumWorkMemMiB: Math.min(maintenanceWorkMemMiB, floorDiv(P, 24)),
    maxWorkerProcesses: Math.max(8, maxParallelWorkers),
    maxParallelWorkers,
    maxParallelWorkersPerGather,
    maxParallelMaintenanceWorkers: Math.min(4, floorDiv(maxParallelWorkers, 2)),
    maxWalSizeMiB,
    minWalSizeMiB: floorDiv(maxWalSizeMiB, 4),
    shmSizeMiB: Math.floor(
      Math.max(128, Math.min(P / 2, maintenanceWorkMemMiB + workMemMiB * 2 * (maxParallelWorkersPerGather + 1))),
    ),
    nofile: powerOfTwoAtLeast(maxConnections + MAX_FILES_PER_PROCESS),
    stopGraceSeconds: STOP_GRACE_SECONDS,
    cpuLimit: toThreads(cpuLimit),
    cpuReservation: toThreads(cpuReservation),
    memoryLimitMiB: P,
    memoryReservationMiB,
    ...containerCpu({ limit: cpuLimit, reservation: cpuReservation }, 1, T, inputs.cpuEnforcement),
  };
}

/** 15 % of a small database's memory, 25 % of a large one's, rising between 512 and 1024 MiB. */
function sharedBuffersMiB(memoryMiB: number): number {
  const smallMiB = clamp(memoryMiB, 512, 1024) - 512;
  return floorDiv(memoryMiB * (15 * 512 + 10 * smallMiB), 100 * 512);
}
