import { floorDiv, roundDiv } from "./arithmetic";

/**
 * CPU in sixtieths of a thread. Every rule (thirds, sixths, twelfths, and the backend's 0.6 of its limit)
 * is a whole number of them, so no share of a machine depends on binary fractions.
 */
export type Sixtieths = number;

export const PER_THREAD = 60;

export const threads = (count: number): Sixtieths => count * PER_THREAD;

/** In threads, rounded down to 0.01, as Docker and people read it. */
export const toThreads = (cpu: Sixtieths): number => floorDiv(cpu * 100, PER_THREAD) / 100;

/** What one container is held to. */
export interface ContainerCpu {
  /** Threads a container may use at most; undefined where weights alone decide. */
  readonly cpuQuota: number | undefined;
  /** Weight against the other containers; 1024 is one thread. At least 2: the engine refuses less. */
  readonly cpuShares: number;
}

/** Quotas below this hurt latency more than they protect the neighbours (docs/sizing.md, "CPU limits"). */
const LEAST_QUOTA = 2;

/** The quota and the weight of each of `count` equal containers that share a limit and a reservation. */
export function containerCpu(
  fleet: { limit: Sixtieths; reservation: Sixtieths },
  count: number,
  machineThreads: number,
  enforcement: "quota" | "weight",
): ContainerCpu {
  const limit = floorDiv(fleet.limit * 100, PER_THREAD * count) / 100;
  return {
    cpuQuota: enforcement === "quota" ? Math.min(machineThreads, Math.max(LEAST_QUOTA, limit)) : undefined,
    cpuShares: Math.max(2, roundDiv(1024 * fleet.reservation, PER_THREAD * count)),
  };
}
