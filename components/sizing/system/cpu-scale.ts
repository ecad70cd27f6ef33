import { type Host, SYSTEM_RULES } from "../machine/hosts";
import type { ResolvedInputs } from "../machine/inputs";
import type { CpuDemand } from "../machine/load";
import type { Sheet } from "../rules/sheet";

/** What the CPU limits of each host are multiplied with, last of all: 1, or less with `oversubscribe: false`. */
export function cpuScales(
  sheet: Sheet,
  { topology, oversubscribe }: ResolvedInputs,
  { app, data }: { app: Host; data: Host },
  demands: readonly CpuDemand[],
): { app: number; data: number } {
  const on = (host: CpuDemand["host"]) =>
    topology === "single-host" ? demands : demands.filter((demand) => demand.host === host);
  const scale = (rule: typeof SYSTEM_RULES.cpuScale, threads: number, limits: readonly CpuDemand[]) =>
    sheet.apply(rule, {
      threads,
      limits: sum(limits.filter(({ overridden }) => !overridden)),
      overridden: sum(limits.filter(({ overridden }) => overridden)),
      oversubscribe,
    });
  return {
    app: scale(SYSTEM_RULES.cpuScale, app.threads, on("app")),
    data: scale(SYSTEM_RULES.dataCpuScale, data.threads, on("data")),
  };
}

const sum = (limits: readonly CpuDemand[]): number => limits.reduce((total, { threads }) => total + threads, 0);
