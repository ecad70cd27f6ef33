import { type Copies, copyInputs, noSecondCopy } from "../../machine/copies";
import { exactCpu, exactReservation } from "../../machine/cpu";
import { type Ceiling, countedMiB, type Host } from "../../machine/hosts";
import type { ResolvedInputs } from "../../machine/inputs";
import type { CpuDemand, CpuShare, Load } from "../../machine/load";
import { TIER_FACTS } from "../../machine/tiers";
import { floorDiv } from "../../rules/arithmetic";
import { Shortfall } from "../../rules/refusal";
import type { Sheet } from "../../rules/sheet";
import { type CeleryPlan, CELERY_RULES as R } from "./rules";

/** Twelfths of the app host's threads. */
const CPU_PART = { limit: 2, reservation: 1 } as const;

/** CPU the fleet asks of each app host. */
export const celeryCpu = (sheet: Sheet, threads: number): CpuDemand => ({
  host: "app",
  byRule: exactCpu({ part: CPU_PART.limit, threads }),
  given: sheet.given(R.fleetCpuLimit),
});

export const celeryLoad = (plan: CeleryPlan): Load => ({
  service: "celery",
  host: "app",
  cpuReservation: plan.fleetCpuReservation,
  cpuLimit: plan.fleetCpuLimit,
  memoryReservationMiB: plan.replicas * plan.memoryReservationMiB,
  memoryLimitMiB: plan.fleetMemoryLimitMiB,
  nofile: undefined,
  rules: { cpuLimit: R.fleetCpuLimit, cpuReservation: R.fleetCpuReservation },
});

/** The most the fleet may use: the rule's ceiling, or the overridden limit. */
export function celeryCeiling(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { memoryMiB }: Host,
  availableMiB: number,
  backendCeilingMiB: number,
  copies: Copies,
): Ceiling {
  const { topology, oversubscribe, childMemoryMiB } = inputs;
  const ruleMiB = sheet.apply(R.memoryCeilingMiB, {
    memoryMiB,
    topology,
    oversubscribe,
    availableMiB,
    backendCeilingMiB,
  });
  return {
    ruleMiB,
    ceilingMiB: sheet.given(R.fleetMemoryLimitMiB) ?? ruleMiB,
    copyMiB: sheet.apply(R.copyCeilingMiB, copyInputs(inputs, copies, availableMiB, 2 * childMemoryMiB)),
  };
}

/** Replicas, and the children of each. */
export interface CelerySplit {
  readonly replicas: number;
  readonly concurrency: number;
}

/** Replicas and children per replica. Memory lacks where not even one replica with one child fits. */
export function splitCelery(
  sheet: Sheet,
  { tier, childMemoryMiB }: ResolvedInputs,
  { tierWorkers }: Host,
  ceiling: Ceiling,
  connectionCap: number,
): CelerySplit {
  const replicaMemoryMiB = sheet.given(R.memoryLimitMiB);
  const [concurrencyGiven, replicasGiven] = [sheet.given(R.concurrency), sheet.given(R.replicas)];
  const ceilingMiB = countedMiB(ceiling, replicaMemoryMiB !== undefined);
  const most = replicaMemoryMiB ?? ceilingMiB;
  if (most < 2 * childMemoryMiB && most < ceiling.ceilingMiB && 2 * childMemoryMiB <= ceiling.ceilingMiB) {
    const shortfall = noSecondCopy("one child and its parent", 2 * childMemoryMiB, most, "childMemory");
    sheet.lacks(shortfall, "backend", "celery");
  } else if (most < 2 * childMemoryMiB) {
    const shortfall = new Shortfall(
      "celery",
      "memory",
      "app",
      `celery: one child and its parent need 2 x childMemory, ${2 * childMemoryMiB} MiB; ` +
        `Celery may use ${Math.max(0, most)} MiB of the host, ${2 * childMemoryMiB - Math.max(0, most)} MiB too little.`,
      `Set celery.childMemory below ${childMemoryMiB} MiB if the tasks need less.`,
    );
    sheet.lacks(shortfall, "backend", "celery");
  }
  const split = { tierWorkers, ceilingMiB, childMemoryMiB, connectionCap, replicaMemoryMiB };
  const replicas = sheet.apply(R.replicas, {
    ...split,
    tierReplicas: TIER_FACTS[tier].celeryReplicas,
    concurrencyGiven,
    replicasGiven,
  });
  return { replicas, concurrency: Math.max(1, sheet.apply(R.concurrency, { ...split, replicas })) };
}

export function planCelery(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { threads, memoryMiB, reserveMiB }: Host,
  { scale }: CpuShare,
  { replicas, concurrency }: CelerySplit,
  { ruleMiB, copyMiB }: Ceiling,
): CeleryPlan {
  const { topology, childMemoryMiB, cpuEnforcement: enforcement } = inputs;
  const fleetMemoryLimitMiB = sheet.apply(R.fleetMemoryLimitMiB, {
    memoryMiB,
    reserveMiB,
    topology,
    ceilingMiB: ruleMiB,
    replicas,
    concurrency,
    childMemoryMiB,
    replicaMemoryMiB: sheet.given(R.memoryLimitMiB),
  });
  refuseAboveHost(sheet, memoryMiB - reserveMiB, replicas);
  const neededMiB = (concurrency + 1) * childMemoryMiB;
  const memoryLimitMiB = sheet.apply(R.memoryLimitMiB, { fleetMemoryLimitMiB, replicas, neededMiB });
  const fleetCpuLimit = sheet.apply(R.fleetCpuLimit, { part: CPU_PART.limit, threads, scale });
  const fleetCpuReservation = sheet.apply(R.fleetCpuReservation, {
    part: CPU_PART.reservation,
    threads,
    cpuLimit: fleetCpuLimit,
  });
  const { prefetchMultiplier, ...times } = planTimes(sheet, inputs);
  const simultaneousTasks = sheet.apply(R.simultaneousTasks, { replicas, concurrency });
  return {
    memoryCeilingMiB: ruleMiB,
    copyCeilingMiB: copyMiB,
    replicas,
    concurrency,
    prefetchMultiplier,
    maxTasksPerChild: sheet.apply(R.maxTasksPerChild, {}),
    maxMemoryPerChildKiB: sheet.apply(R.maxMemoryPerChildKiB, { memoryLimitMiB, concurrency, childMemoryMiB }),
    maxTaskRuns: sheet.apply(R.maxTaskRuns, {}),
    simultaneousTasks,
    reservedTasks: sheet.apply(R.reservedTasks, { simultaneousTasks, prefetchMultiplier }),
    childPoolSize: sheet.apply(R.childPoolSize, {}),
    childMaxOverflow: sheet.apply(R.childMaxOverflow, {}),
    ...times,
    healthIntervalSeconds: sheet.apply(R.healthIntervalSeconds, {}),
    healthTimeoutSeconds: sheet.apply(R.healthTimeoutSeconds, {}),
    fleetCpuLimit,
    fleetCpuReservation,
    fleetMemoryLimitMiB,
    memoryLimitMiB,
    memoryReservationMiB: sheet.apply(R.memoryReservationMiB, {
      memoryLimitMiB,
      neededMiB: inputs.hostReserve === "registered" ? neededMiB : undefined,
    }),
    cpuQuota: sheet.apply(R.cpuQuota, { cpuLimit: fleetCpuLimit, containers: replicas, threads, enforcement }),
    cpuShares: sheet.apply(R.cpuShares, {
      cpuReservation: exactReservation(CPU_PART.reservation, threads, fleetCpuReservation),
      containers: replicas,
    }),
  };
}

/** How many tasks are taken ahead, and how long each may run, be held and be remembered. */
function planTimes(sheet: Sheet, { longestTaskSeconds: given, longestDelaySeconds }: ResolvedInputs) {
  const longestTaskSeconds = sheet.apply(R.longestTaskSeconds, { given });
  const softTimeLimitSeconds = sheet.apply(R.softTimeLimitSeconds, { longestTaskSeconds: given });
  const hardTimeLimitSeconds = sheet.apply(R.hardTimeLimitSeconds, { softTimeLimitSeconds });
  const prefetchMultiplier = sheet.apply(R.prefetchMultiplier, { longestTaskSeconds });
  const stopGraceSeconds = sheet.apply(R.stopGraceSeconds, { longestTaskSeconds });
  const visibilityTimeoutSeconds = sheet.apply(R.visibilityTimeoutSeconds, {
    longestDelaySeconds,
    prefetchMultiplier,
    longestTaskSeconds,
    hardTimeLimitSeconds,
    stopGraceSeconds,
  });
  return {
    prefetchMultiplier,
    longestTaskSeconds,
    softTimeLimitSeconds,
    hardTimeLimitSeconds,
    stopGraceSeconds,
    visibilityTimeoutSeconds,
    redeliveredWithinSeconds: sheet.apply(R.redeliveredWithinSeconds, { visibilityTimeoutSeconds }),
    resultExpiresSeconds: sheet.apply(R.resultExpiresSeconds, { visibilityTimeoutSeconds }),
  };
}

/** An override of one replica's memory sets the fleet's, whose own bound is for an override of its own. */
function refuseAboveHost(sheet: Sheet, roomMiB: number, replicas: number): void {
  const given = sheet.given(R.memoryLimitMiB);
  const mostMiB = floorDiv(roomMiB, replicas);
  if (given !== undefined && given > mostMiB) {
    const by = "the host's memory less its reserve, divided over the replicas";
    sheet.refuse(R.memoryLimitMiB, `${given} given; at most ${mostMiB} MiB is allowed (${by})`, mostMiB);
  }
}
