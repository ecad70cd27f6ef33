import { copyCeilingRule } from "../../machine/copies";
import { cpuQuotaRule, cpuSharesRule, FITS_THREADS, LEAST_CPU, scaled, withinHost } from "../../machine/cpu";
import type { Topology } from "../../machine/inputs";
import { floorDiv, floorHundredths } from "../../rules/arithmetic";
import { type OverridesOf, outcome, type PlanOf, rule, rulesOf } from "../../rules/rule";
import { MEMORY_RULES } from "./memory";
import { POOL_RULES } from "./pools";
import { UVICORN_RULES } from "./uvicorn";
import { WORKER_RULES } from "./workers";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";

type CeilingInputs = {
  readonly memoryMiB: number;
  readonly reserveMiB: number;
  readonly topology: Topology;
  readonly oversubscribe: boolean;
  readonly availableMiB: number;
  readonly childMemoryMiB: number;
};
type CpuLimitInputs = { readonly workers: number; readonly threads: number; readonly scale: number };

/** Exact CPU limit before it is made to fit the host. */
export const exactBackendCpu = ({ workers, threads }: { workers: number; threads: number }): number =>
  Math.min(workers, (10 * threads) / 12);

export const BACKEND_RULES = rulesOf("backend", "docs/sizing.md#backend", {
  memoryCeilingMiB: outcome({
    unit: "MiB",
    about: "The most the backend may use on one app host",
    words:
      "5/8 of the machine, 5/6 of an app host, within what its reserve leaves; with oversubscribe: false 2/3 of what the reserve and the data services leave, and room for one Celery child and its parent beside it.",
    source: DIVISION,
    instead: "overrides.backend.fleetMemoryLimitMiB",
    asks: ({ memoryMiB, reserveMiB, topology, oversubscribe, availableMiB, childMemoryMiB }: CeilingInputs) => {
      if (!oversubscribe) return Math.min(floorDiv(2 * availableMiB, 3), availableMiB - 2 * childMemoryMiB);
      return Math.min(floorDiv(5 * memoryMiB, topology === "single-host" ? 8 : 6), memoryMiB - reserveMiB);
    },
  }),
  copyCeilingMiB: copyCeilingRule("The most the workers of one app host may need", { 1: 3, 2: 2 }),
  ...WORKER_RULES,
  ...UVICORN_RULES,
  ...POOL_RULES,
  fleetCpuLimit: rule({
    unit: "threads",
    about: "Threads the containers of one app host may use together at most",
    words: "One for each worker, at most 5/6 of the host's threads.",
    source: "docs/sizing.md#cpu-limits",
    asks: (inputs: CpuLimitInputs) => floorHundredths(exactBackendCpu(inputs)),
    bounds: (is) => [is.atMost(FITS_THREADS, scaled(exactBackendCpu), "threads")],
    allows: (is) => [withinHost, is.atLeast("the least that a process starts with", () => LEAST_CPU)],
  }),
  fleetCpuReservation: rule({
    unit: "threads",
    about: "Threads the containers of one app host are promised together",
    words: "0.6 of the limit.",
    source: "docs/sizing.md#cpu-limits",
    asks: ({ unscaledLimit }: { unscaledLimit: number; cpuLimit: number }) => floorHundredths((3 * unscaledLimit) / 5),
    bounds: (is) => [is.atMost("their own CPU limit", ({ cpuLimit }) => cpuLimit)],
  }),
  ...MEMORY_RULES,
  cpuQuota: cpuQuotaRule(),
  cpuShares: cpuSharesRule(),
});

/** What the backend runs with, on each app host. `fleet…` is the sum of its containers. */
export type BackendPlan = PlanOf<typeof BACKEND_RULES>;
/** Overrides of the backend's numbers. */
export type BackendOverrides = OverridesOf<typeof BACKEND_RULES>;
