import { clamp, floorDiv } from "./arithmetic";
import { type ContainerCpu, containerCpu, threads, toThreads } from "./cpu";
import type { ResolvedInputs } from "./inputs";
import type { Shares } from "./shares";

/** Redis lowers maxclients without a word where it finds fewer open files than this above it. */
const NOFILE_ALLOWANCE = 128;
const STOP_GRACE_SECONDS = 30;
/** Below this CPU limit more I/O threads cost throughput (docs/sizing.md, "Redis"). */
const IO_THREADS_FROM_CPU = threads(2);

export interface RedisPlan extends ContainerCpu {
  readonly maxMemoryMiB: number;
  readonly maxClients: number;
  readonly ioThreads: number;
  readonly nofile: number;
  readonly stopGraceSeconds: number;
  readonly cpuLimit: number;
  readonly cpuReservation: number;
  readonly memoryLimitMiB: number;
  readonly memoryReservationMiB: number;
}

export function planRedis(inputs: ResolvedInputs, shares: Shares): RedisPlan {
  const { threads: T } = inputs.dataHardware;
  const { memoryLimitMiB: L, memoryReservationMiB, cpuLimit, cpuReservation } = shares.redis;
  const maxClients = clamp(floorDiv(5 * L, 2), 1000, 10_000);
  return {
    maxMemoryMiB: Math.floor(Math.min((3 * L) / 4, Math.max(L - 64, L / 2))),
    maxClients,
    ioThreads: cpuLimit < IO_THREADS_FROM_CPU ? 1 : clamp(floorDiv(T, 3), 1, 8),
    nofile: maxClients + NOFILE_ALLOWANCE,
    stopGraceSeconds: STOP_GRACE_SECONDS,
    cpuLimit: toThreads(cpuLimit),
    cpuReservation: toThreads(cpuReservation),
    memoryLimitMiB: L,
    memoryReservationMiB,
    ...containerCpu({ limit: cpuLimit, reservation: cpuReservation }, 1, T, inputs.cpuEnforcement),
  };
}
