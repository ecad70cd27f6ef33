import { BEAT_MIB } from "../../machine/resolve";
import { constant, type OverridesOf, type PlanOf, rule, rulesOf } from "../../rules/rule";
import type { Sheet } from "../../rules/sheet";

/** Celery beat sends due tasks to the queue; it needs little, whatever the machine. */
export const BEAT_RULES = rulesOf("beat", "docs/sizing.md#celery", {
  memoryLimitMiB: rule({
    unit: "MiB",
    about: "Memory beat may use at most",
    words: "128: one process that holds the application's modules and the schedule.",
    asks: (_: { hostMiB: number }): number => BEAT_MIB,
    allows: (is) => [
      is.atLeast("Python and Celery", () => 64),
      is.atMost("the memory of its host", ({ hostMiB }) => hostMiB),
    ],
  }),
  cpuShares: constant<number>({
    unit: "shares",
    about: "Weight against the other containers; 1024 is one thread",
    words: "An eighth of a thread's weight.",
    value: 128,
    allows: (is) => [is.atLeast("the container engine", () => 2), is.atMost("the kernel", () => 262_144)],
  }),
});

/** Overrides of beat's numbers. */
export type BeatOverrides = OverridesOf<typeof BEAT_RULES>;
/** Celery beat's part of the machine. */
export type BeatPlan = PlanOf<typeof BEAT_RULES>;

export const planBeat = (sheet: Sheet, { memoryMiB: hostMiB }: { memoryMiB: number }): BeatPlan => ({
  memoryLimitMiB: sheet.apply(BEAT_RULES.memoryLimitMiB, { hostMiB }),
  cpuShares: sheet.apply(BEAT_RULES.cpuShares, {}),
});
