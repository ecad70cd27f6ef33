import { floorDiv } from "../../rules/arithmetic";
import { constant, outcome, rule } from "../../rules/rule";

/** A container outlives its longest task by this, so that a stop never cuts one. */
const STOP_GRACE_ALLOWANCE_SECONDS = 10;

type ChildMemoryInputs = { memoryLimitMiB: number; concurrency: number; childMemoryMiB: number };
/** How tasks are taken, run and let go of. */
export const TASK_RULES = {
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
    instead: "overrides.celery.concurrency or overrides.celery.replicas",
    asks: ({ replicas, concurrency }: { replicas: number; concurrency: number }) => replicas * concurrency,
  }),
  reservedTasks: outcome({
    unit: "tasks",
    about: "Tasks the replicas of one app host take from the queue ahead of running them",
    words: "Simultaneous tasks x the prefetch multiplier.",
    instead: "overrides.celery.prefetchMultiplier",
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
};
