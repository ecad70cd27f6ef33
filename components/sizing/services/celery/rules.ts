import { cpuLimitRule, cpuQuotaRule, cpuReservationRule, cpuSharesRule } from "../../machine/cpu";
import type { Topology } from "../../machine/inputs";
import { floorDiv } from "../../rules/arithmetic";
import { constant, type OverridesOf, outcome, type PlanOf, rule, rulesOf } from "../../rules/rule";
import { healthRules } from "../health";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";
/** A container outlives its longest task by this, so that a stop never cuts one. */
const STOP_GRACE_ALLOWANCE_SECONDS = 10;

/** What a split of the fleet into replicas is chosen from. */
type SplitInputs = {
  readonly tierWorkers: number;
  readonly ceilingMiB: number;
  readonly childMemoryMiB: number;
  readonly connectionCap: number;
  /** Overridden memory of one replica. */
  readonly replicaMemoryMiB: number | undefined;
};
type ReplicaInputs = SplitInputs & {
  readonly tierReplicas: number;
  /** Overridden children of one replica, and overridden replicas. */
  readonly concurrencyGiven: number | undefined;
  readonly replicasGiven: number | undefined;
};

const childrenByMemory = (i: SplitInputs, replicas: number): number =>
  floorDiv(i.replicaMemoryMiB ?? floorDiv(i.ceilingMiB, replicas), i.childMemoryMiB) - 1;
const childrenByConnections = (i: SplitInputs, replicas: number): number => floorDiv(i.connectionCap, replicas);

function childrenOf(i: ReplicaInputs, replicas: number): number {
  const room = Math.min(childrenByMemory(i, replicas), childrenByConnections(i, replicas));
  if (i.concurrencyGiven === undefined) return Math.min(i.tierWorkers, room);
  return i.concurrencyGiven <= room ? i.concurrencyGiven : 0;
}

/** The number of replicas, at most `most`, that runs most tasks at once, ties to more replicas; 0: none runs any. */
function bestReplicas(i: ReplicaInputs, most: number): number {
  let best = 0;
  let bestTasks = 1;
  for (let replicas = 1; replicas <= most; replicas++) {
    const tasks = replicas * childrenOf(i, replicas);
    if (tasks >= bestTasks) {
      best = replicas;
      bestTasks = tasks;
    }
  }
  return best;
}

export const CELERY_RULES = rulesOf("celery", "docs/sizing.md#celery", {
  memoryCeilingMiB: outcome({
    unit: "MiB",
    about: "The most the fleet may use on one app host",
    words:
      "1/4 of the machine, 1/3 of an app host; with oversubscribe: false what the backend and the data services leave.",
    source: DIVISION,
    instead: "celery.fleetMemoryLimitMiB",
    asks: ({ memoryMiB, topology, oversubscribe, availableMiB, backendCeilingMiB }: CeilingInputs) => {
      if (!oversubscribe) return availableMiB - backendCeilingMiB;
      return floorDiv(memoryMiB, topology === "single-host" ? 4 : 3);
    },
  }),
  replicas: rule({
    unit: "containers",
    about: "Celery containers on each app host",
    words:
      "At most 1, 1, 2, 4 at low, medium, high, extreme: the number that runs most tasks at once, ties to more replicas.",
    asks: ({ tierReplicas }: ReplicaInputs) => tierReplicas,
    bounds: () => [
      {
        by: "the memory and the connections Celery may use",
        kind: "at most",
        lack: "memory or connections",
        cut: (value, inputs) =>
          value === inputs.replicasGiven && childrenOf(inputs, value) >= 1
            ? value
            : Math.max(1, bestReplicas(inputs, Math.min(value, inputs.connectionCap))),
      },
    ],
    allows: (is) => [is.atLeast("a fleet", () => 1)],
  }),
  concurrency: rule({
    unit: "processes",
    about: "Child processes of each replica: tasks it runs at once",
    words: "The tier's workers, within what each replica's memory and the connections carry.",
    asks: ({ tierWorkers }: SplitInputs & { replicas: number }) => tierWorkers,
    bounds: (is) => [
      is.atMost(
        "the memory of a replica: one childMemory for each child and one for the parent",
        (i) => childrenByMemory(i, i.replicas),
        "memory",
      ),
      is.atMost("connections", (i) => childrenByConnections(i, i.replicas), "connections"),
    ],
    allows: (is) => [is.atLeast("a worker", () => 1)],
  }),
  prefetchMultiplier: constant<number>({
    unit: "tasks",
    about: "Tasks a replica takes ahead for each child",
    words: "4: enough that short tasks never wait for the broker.",
    value: 4,
    allows: (is) => [is.atLeast("Celery, where 0 means without a limit", () => 1)],
  }),
  maxTasksPerChild: constant<number>({
    unit: "tasks",
    about: "Tasks after which a child is replaced",
    words: "1,000: bounds what a slow memory leak can hold.",
    value: 1000,
    allows: (is) => [is.atLeast("Celery", () => 1)],
  }),
  maxMemoryPerChildKiB: rule({
    unit: "KiB",
    about: "Resident memory above which a child is replaced after its task",
    words: "85 % of a replica's memory over its children and parent, at least childMemory.",
    asks: ({ memoryLimitMiB, concurrency, childMemoryMiB }: ChildMemoryInputs) =>
      Math.max(1024 * childMemoryMiB, floorDiv(1024 * 85 * memoryLimitMiB, 100 * (concurrency + 1))),
    allows: (is) => [
      is.atLeast("childMemory, below which a child may be replaced after every task", (i) => 1024 * i.childMemoryMiB),
      is.atMost("the replica's memory limit", ({ memoryLimitMiB }) => 1024 * memoryLimitMiB),
    ],
  }),
  simultaneousTasks: outcome({
    unit: "tasks",
    about: "Tasks that run at once on each app host",
    words: "Replicas x children.",
    instead: "celery.concurrency or celery.replicas",
    asks: ({ replicas, concurrency }: { replicas: number; concurrency: number }) => replicas * concurrency,
  }),
  reservedTasks: outcome({
    unit: "tasks",
    about: "Tasks the replicas of one app host take from the queue ahead of running them",
    words: "Simultaneous tasks x the prefetch multiplier.",
    instead: "celery.prefetchMultiplier",
    asks: ({ simultaneousTasks, prefetchMultiplier }: { simultaneousTasks: number; prefetchMultiplier: number }) =>
      simultaneousTasks * prefetchMultiplier,
  }),
  childPoolSize: constant<number>({
    unit: "connections",
    about: "Connections to PostgreSQL in the pool of each child",
    words: "One: a child runs one task at a time.",
    source: "docs/sizing.md#connections",
    value: 1,
    allows: (is) => [is.atLeast("a task", () => 1), is.atMost("the one connection the plan counts for it", () => 1)],
  }),
  childMaxOverflow: constant<number>({
    unit: "connections",
    about: "Connections to PostgreSQL each child may open beyond its pool",
    words: "One, for a task that needs a second transaction.",
    source: "docs/sizing.md#connections",
    value: 1,
    allows: (is) => [is.atMost("the one connection the plan counts for it", () => 1)],
  }),
  stopGraceSeconds: rule({
    unit: "seconds",
    about: "Time a replica has to finish its tasks and stop",
    words: "The longest task + 10 seconds.",
    asks: ({ longestTaskSeconds }: { longestTaskSeconds: number }) => longestTaskSeconds + STOP_GRACE_ALLOWANCE_SECONDS,
    allows: (is) => [
      is.atLeast("the longest task + 10 seconds", (i) => i.longestTaskSeconds + STOP_GRACE_ALLOWANCE_SECONDS),
    ],
  }),
  ...healthRules(
    { value: 60, words: "60: celery inspect ping costs half a CPU second." },
    { value: 30, words: "30: starting Python on a busy machine takes its time." },
  ),
  fleetCpuLimit: cpuLimitRule("Threads the replicas of one app host may use together at most"),
  fleetCpuReservation: cpuReservationRule("Threads the replicas of one app host are promised together"),
  fleetMemoryLimitMiB: rule({
    unit: "MiB",
    about: "Memory the replicas of one app host may use together at most",
    words: "1/8 of the machine (1/6 of an app host) within the ceiling, or what the children and parents need.",
    source: DIVISION,
    asks: (i: FleetMemoryInputs) =>
      i.replicas *
      (i.replicaMemoryMiB ??
        Math.max(
          floorDiv(Math.min(floorDiv(i.memoryMiB, i.topology === "single-host" ? 8 : 6), i.ceilingMiB), i.replicas),
          (i.concurrency + 1) * i.childMemoryMiB,
        )),
    allows: (is) => [
      is.atMost("the host's memory less its reserve", ({ memoryMiB, reserveMiB }) => memoryMiB - reserveMiB),
    ],
  }),
  memoryLimitMiB: rule({
    unit: "MiB",
    about: "Memory of one replica",
    words: "The fleet's memory, divided over the replicas.",
    source: DIVISION,
    asks: ({ fleetMemoryLimitMiB, replicas }: { fleetMemoryLimitMiB: number; replicas: number; neededMiB: number }) =>
      floorDiv(fleetMemoryLimitMiB, replicas),
    allows: (is) => [
      is.atLeast("one childMemory for each child and one for the parent", ({ neededMiB }) => neededMiB),
      is.atMost("the fleet's memory, divided over the replicas", (i) => floorDiv(i.fleetMemoryLimitMiB, i.replicas)),
    ],
  }),
  memoryReservationMiB: rule({
    unit: "MiB",
    about: "Memory one replica is promised",
    words: "Half of its limit.",
    source: DIVISION,
    asks: ({ memoryLimitMiB }: { memoryLimitMiB: number }) => floorDiv(memoryLimitMiB, 2),
    allows: (is) => [is.atMost("its own memory limit", ({ memoryLimitMiB }) => memoryLimitMiB)],
  }),
  cpuQuota: cpuQuotaRule(),
  cpuShares: cpuSharesRule(),
});

type CeilingInputs = {
  memoryMiB: number;
  topology: Topology;
  oversubscribe: boolean;
  availableMiB: number;
  backendCeilingMiB: number;
};
type ChildMemoryInputs = { memoryLimitMiB: number; concurrency: number; childMemoryMiB: number };
type FleetMemoryInputs = {
  memoryMiB: number;
  reserveMiB: number;
  topology: Topology;
  ceilingMiB: number;
  replicas: number;
  concurrency: number;
  childMemoryMiB: number;
  replicaMemoryMiB: number | undefined;
};

/** What the Celery fleet runs with, on each app host. `fleet…` is the sum of its replicas. */
export type CeleryPlan = PlanOf<typeof CELERY_RULES>;
/** Overrides of Celery's numbers. */
export type CeleryOverrides = OverridesOf<typeof CELERY_RULES>;
