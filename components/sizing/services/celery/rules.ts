import { copyCeilingRule } from "../../machine/copies";
import { cpuLimitRule, cpuQuotaRule, cpuReservationRule, cpuSharesRule } from "../../machine/cpu";
import { healthRules } from "../../machine/health";
import type { Topology } from "../../machine/inputs";
import { floorDiv } from "../../rules/arithmetic";
import { type OverridesOf, outcome, type PlanOf, rulesOf } from "../../rules/rule";
import { MEMORY_RULES } from "./memory";
import { SPLIT_RULES } from "./split";
import { TASK_RULES } from "./tasks";
import { TIME_RULES } from "./times";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";
export const CELERY_RULES = rulesOf("celery", "docs/sizing.md#celery", {
  memoryCeilingMiB: outcome({
    unit: "MiB",
    about: "The most the fleet may use on one app host",
    words:
      "1/4 of the machine, 1/3 of an app host; with oversubscribe: false what the backend and the data services leave.",
    source: DIVISION,
    instead: "overrides.celery.fleetMemoryLimitMiB",
    asks: ({ memoryMiB, topology, oversubscribe, availableMiB, backendCeilingMiB }: CeilingInputs) => {
      if (!oversubscribe) return availableMiB - backendCeilingMiB;
      return floorDiv(memoryMiB, topology === "single-host" ? 4 : 3);
    },
  }),
  copyCeilingMiB: copyCeilingRule("The most the children and parents of one app host may need", { 1: 2, 2: 3 }),
  ...SPLIT_RULES,
  ...TASK_RULES,
  ...TIME_RULES,
  ...healthRules(
    { value: 60, words: "60: celery inspect ping costs half a CPU second." },
    { value: 30, words: "30: starting Python on a busy machine takes its time." },
  ),
  fleetCpuLimit: cpuLimitRule("Threads the replicas of one app host may use together at most"),
  fleetCpuReservation: cpuReservationRule("Threads the replicas of one app host are promised together"),
  ...MEMORY_RULES,
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
/** What the Celery fleet runs with, on each app host. `fleet…` is the sum of its replicas. */
export type CeleryPlan = PlanOf<typeof CELERY_RULES>;
/** Overrides of Celery's numbers. */
export type CeleryOverrides = OverridesOf<typeof CELERY_RULES>;
