import { floorDiv } from "../../rules/arithmetic";
import { rule } from "../../rules/rule";

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

/** An override may give replicas more than the ceiling, or say how many; the rule never takes more for several. */
const withinCeiling = (i: ReplicaInputs, replicas: number): boolean =>
  replicas === 1 || replicas === i.replicasGiven || replicas * (i.replicaMemoryMiB ?? 0) <= i.ceilingMiB;

function childrenOf(i: ReplicaInputs, replicas: number): number {
  if (!withinCeiling(i, replicas)) return 0;
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

/** The fleet's containers, and the child processes of each. */
export const SPLIT_RULES = {
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
};
