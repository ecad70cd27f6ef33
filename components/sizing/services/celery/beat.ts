import { BEAT_MIB } from "../../machine/resolve";
import { constant, type PlanOf, rulesOf } from "../../rules/rule";
import type { Sheet } from "../../rules/sheet";

/** Celery beat sends due tasks to the queue; it needs little, whatever the machine. */
export const BEAT_RULES = rulesOf("beat", "docs/sizing.md#celery", {
  memoryLimitMiB: constant<number>({
    unit: "MiB",
    about: "Memory beat may use at most",
    words: "One process that holds the schedule.",
    value: BEAT_MIB,
  }),
  cpuShares: constant<number>({
    unit: "shares",
    about: "Weight against the other containers; 1024 is one thread",
    words: "An eighth of a thread's weight.",
    value: 128,
  }),
});

/** Celery beat's part of the machine. */
export type BeatPlan = PlanOf<typeof BEAT_RULES>;

export const planBeat = (sheet: Sheet): BeatPlan => ({
  memoryLimitMiB: sheet.apply(BEAT_RULES.memoryLimitMiB, {}),
  cpuShares: sheet.apply(BEAT_RULES.cpuShares, {}),
});
