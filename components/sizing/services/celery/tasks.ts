import { clamp, floorDiv } from "../../rules/arithmetic";
import { constant, outcome, rule } from "../../rules/rule";

/** The hand-written page's. */
const MOST_PREFETCHED = 4;
/** What a replica takes ahead has run after this, where no task takes longer. */
const RESERVED_SECONDS = 240;

type ChildMemoryInputs = { memoryLimitMiB: number; concurrency: number; childMemoryMiB: number };
/** How tasks are taken, run and let go of. */
export const TASK_RULES = {
  prefetchMultiplier: rule({
    unit: "tasks",
    about: "Tasks a replica takes ahead for each child",
    words: "4, so that short tasks never wait for the broker; of longer ones what runs within 240 seconds, at least 1.",
    asks: ({ longestTaskSeconds }: { longestTaskSeconds: number }) =>
      clamp(floorDiv(RESERVED_SECONDS, longestTaskSeconds), 1, MOST_PREFETCHED),
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
  maxTaskRuns: constant<number>({
    unit: "runs",
    about: "Runs of a task that may be cut by a process or worker that died",
    words: "Three: a task that kills what runs it fails then, instead of coming back for ever.",
    value: 3,
    allows: (is) => [is.atLeast("a task", () => 1)],
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
};
