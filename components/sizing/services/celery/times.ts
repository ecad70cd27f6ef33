import { outcome, rule, setting } from "../../rules/rule";

/** Taken for the longest task where none is set. */
const ASSUMED_LONGEST_TASK_SECONDS = 60;
/** A task that is told to end has this long to clean up. */
const CLEAN_UP_SECONDS = 5;
/** A container outlives its longest task by this, so that a stop never cuts one. */
const STOP_GRACE_ALLOWANCE_SECONDS = 10;
/** How often a worker looks for tasks that another one left behind, where the application obeys docs/application.md. */
const SWEEP_SECONDS = 10;
/** The sample's, and what people look up a result within. */
const LEAST_RESULT_EXPIRES_SECONDS = 3600;

const TIMES = "docs/sizing.md#times-of-a-task";

type Unacknowledged = {
  longestDelaySeconds: number;
  prefetchMultiplier: number;
  longestTaskSeconds: number;
  hardTimeLimitSeconds: number | undefined;
  stopGraceSeconds: number;
};
/** The longest a worker that lives may hold a task before it acknowledges it. */
const heldSeconds = (i: Unacknowledged): number =>
  i.longestDelaySeconds + i.prefetchMultiplier * Math.max(i.longestTaskSeconds, i.hardTimeLimitSeconds ?? 0);

/** How long a task may run, be held and be remembered. */
export const TIME_RULES = {
  longestTaskSeconds: setting({
    unit: "seconds",
    about: "The longest task, by which the other times are derived",
    words: "As set; 60 where it is not, and then no task is ended for its time.",
    source: TIMES,
    instead: "celery.longestTaskSeconds (a setting)",
    asks: ({ given }: { given: number | undefined }): number => given ?? ASSUMED_LONGEST_TASK_SECONDS,
  }),
  softTimeLimitSeconds: rule({
    unit: "seconds",
    about: "Time after which a task is told to end (SoftTimeLimitExceeded)",
    words: "The longest task as set; left out where it is not.",
    source: TIMES,
    asks: ({ longestTaskSeconds }: { longestTaskSeconds: number | undefined }): number | undefined =>
      longestTaskSeconds,
    allows: (is) => [is.atLeast("Celery, where 0 means without a limit", () => 1)],
  }),
  hardTimeLimitSeconds: rule({
    unit: "seconds",
    about: "Time after which the child that runs a task is killed",
    words: "The soft limit + 5 seconds to clean up; left out where there is none.",
    source: TIMES,
    asks: ({ softTimeLimitSeconds: soft }: { softTimeLimitSeconds: number | undefined }): number | undefined =>
      soft === undefined ? undefined : soft + CLEAN_UP_SECONDS,
    allows: (is) => [
      is.atLeast("the soft limit, after which a task needs time to end", (i) => (i.softTimeLimitSeconds ?? 0) + 1),
    ],
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
  visibilityTimeoutSeconds: rule({
    unit: "seconds",
    about: "Time after which the broker gives a task that was not acknowledged to another worker",
    words: "The longest delay + the prefetch multiplier x the longest task (its hard limit) + the stop grace.",
    source: TIMES,
    asks: (i: Unacknowledged) => heldSeconds(i) + i.stopGraceSeconds,
    allows: (is) => [
      is.atLeast("the longest a task is delayed, reserved and run: it would run twice at once", heldSeconds),
    ],
  }),
  redeliveredWithinSeconds: outcome({
    unit: "seconds",
    about: "Time within which a task of a crashed worker runs again",
    words: "The visibility timeout + 10 seconds, which is how often workers look.",
    source: TIMES,
    instead: "celery.visibilityTimeoutSeconds",
    asks: ({ visibilityTimeoutSeconds }: { visibilityTimeoutSeconds: number }) =>
      visibilityTimeoutSeconds + SWEEP_SECONDS,
  }),
  resultExpiresSeconds: rule({
    unit: "seconds",
    about: "Time after which the result of a task is forgotten",
    words:
      "An hour, or the visibility timeout where that is longer: the first result of a group outlives a crash of the last.",
    source: TIMES,
    asks: ({ visibilityTimeoutSeconds }: { visibilityTimeoutSeconds: number }) =>
      Math.max(LEAST_RESULT_EXPIRES_SECONDS, visibilityTimeoutSeconds),
    allows: (is) => [is.atLeast("whoever asks for a result, and Celery, where 0 means never", () => 60)],
  }),
};
