import { floorDiv } from "./arithmetic";
import { type ContainerCpu, containerCpu, toThreads } from "./cpu";
import type { ResolvedInputs } from "./inputs";
import { SizingRefusal } from "./refusal";
import type { Shares } from "./shares";
import { TIER_FACTS, tierWorkers } from "./tiers";

const PREFETCH_MULTIPLIER = 4;
const MAX_TASKS_PER_CHILD = 1000;
/** A container outlives its longest task by this, so that a stop never cuts one. */
const STOP_GRACE_ALLOWANCE_SECONDS = 10;

/** What the Celery fleet runs with, per host. `fleet…` is the sum of its replicas on one host. */
export interface CeleryPlan extends ContainerCpu {
  /** Containers on each app host. */
  readonly replicas: number;
  /** Child processes of each replica. */
  readonly concurrency: number;
  readonly prefetchMultiplier: number;
  readonly maxTasksPerChild: number;
  /** A child above this resident size is replaced after its task, KiB. */
  readonly maxMemoryPerChildKiB: number;
  readonly simultaneousTasks: number;
  readonly reservedTasks: number;
  readonly stopGraceSeconds: number;
  readonly fleetCpuLimit: number;
  readonly fleetCpuReservation: number;
  readonly fleetMemoryLimitMiB: number;
  readonly memoryLimitMiB: number;
  readonly memoryReservationMiB: number;
}

/** Replicas and children per replica: the split that runs most tasks at once, ties to more replicas. */
export function celerySpread(
  inputs: ResolvedInputs,
  ceilingMiB: number,
  connectionCap: number,
): { replicas: number; concurrency: number } {
  const asked = tierWorkers(inputs.tier, inputs.hardware.threads);
  let best = { replicas: 0, concurrency: 0 };
  for (let replicas = 1; replicas <= TIER_FACTS[inputs.tier].celeryReplicas; replicas++) {
    const byMemory = floorDiv(floorDiv(ceilingMiB, replicas), inputs.childMemoryMiB) - 1;
    const concurrency = Math.min(asked, byMemory, floorDiv(connectionCap, replicas));
    if (concurrency >= 1 && replicas * concurrency >= best.replicas * best.concurrency) {
      best = { replicas, concurrency };
    }
  }
  if (best.replicas === 0) {
    throw new SizingRefusal(
      "celery",
      "memory",
      `celery: a worker with one child (2 x childMemory ${inputs.childMemoryMiB} MiB) does not fit the ${Math.max(0, ceilingMiB)} MiB Celery may use. ` +
        "Use a machine with more memory, or set a smaller childMemory if the tasks need less.",
    );
  }
  return best;
}

export function planCelery(
  inputs: ResolvedInputs,
  shares: Shares,
  { replicas, concurrency }: { replicas: number; concurrency: number },
): CeleryPlan {
  const { baseMiB, ceilingMiB, cpuLimit, cpuReservation } = shares.celery;
  const memoryLimitMiB = Math.max(
    floorDiv(Math.min(baseMiB, ceilingMiB), replicas),
    (concurrency + 1) * inputs.childMemoryMiB,
  );
  return {
    replicas,
    concurrency,
    prefetchMultiplier: PREFETCH_MULTIPLIER,
    maxTasksPerChild: MAX_TASKS_PER_CHILD,
    maxMemoryPerChildKiB: Math.max(
      1024 * inputs.childMemoryMiB,
      floorDiv(1024 * 85 * memoryLimitMiB, 100 * (concurrency + 1)),
    ),
    simultaneousTasks: replicas * concurrency,
    reservedTasks: replicas * concurrency * PREFETCH_MULTIPLIER,
    stopGraceSeconds: inputs.longestTaskSeconds + STOP_GRACE_ALLOWANCE_SECONDS,
    fleetCpuLimit: toThreads(cpuLimit),
    fleetCpuReservation: toThreads(cpuReservation),
    fleetMemoryLimitMiB: replicas * memoryLimitMiB,
    memoryLimitMiB,
    memoryReservationMiB: floorDiv(memoryLimitMiB, 2),
    ...containerCpu(
      { limit: cpuLimit, reservation: cpuReservation },
      replicas,
      inputs.hardware.threads,
      inputs.cpuEnforcement,
    ),
  };
}
