import { type Host, SYSTEM_RULES } from "../machine/hosts";
import type { ResolvedInputs } from "../machine/inputs";
import type { CpuDemand, CpuShare } from "../machine/load";
import { floorHundredths } from "../rules/arithmetic";
import type { Sheet } from "../rules/sheet";

/** What the CPU limits of each host are multiplied with, last of all, and what becomes of each service's. */
export interface CpuScales<S extends string> {
  /** 1, or less with `oversubscribe: false`. */
  readonly app: number;
  readonly data: number;
  readonly shares: Readonly<Record<S, CpuShare>>;
}

export function cpuScales<S extends string>(
  sheet: Sheet,
  { topology, oversubscribe }: ResolvedInputs,
  { app, data }: { app: Host; data: Host },
  demands: Readonly<Record<S, CpuDemand>>,
): CpuScales<S> {
  const all = Object.values<CpuDemand>(demands);
  const on = (host: CpuDemand["host"]) =>
    topology === "single-host" ? all : all.filter((demand) => demand.host === host);
  const scaleOn = (rule: typeof SYSTEM_RULES.cpuScale, threads: number, onHost: readonly CpuDemand[]) => {
    const untouched = oversubscribe ? 1 : Math.min(1, threads / sum(onHost.map(({ byRule }) => byRule)));
    const overridden = onHost.filter((demand) => isOverridden(demand, untouched));
    return {
      untouched,
      scale: sheet.apply(rule, {
        threads,
        limits: sum(onHost.filter((demand) => !overridden.includes(demand)).map(({ byRule }) => byRule)),
        overridden: sum(overridden.map(({ given = 0 }) => given)),
        oversubscribe,
      }),
    };
  };
  const scales = {
    app: scaleOn(SYSTEM_RULES.cpuScale, app.threads, on("app")),
    data: scaleOn(SYSTEM_RULES.dataCpuScale, data.threads, on("data")),
  };
  const shareOf = (demand: CpuDemand): CpuShare => {
    const { untouched, scale } = scales[topology === "single-host" ? "app" : demand.host];
    return isOverridden(demand, untouched)
      ? { threads: demand.given ?? demand.byRule, scale: 1 }
      : { threads: demand.byRule, scale };
  };
  const shares = Object.entries<CpuDemand>(demands).map(([service, demand]) => [service, shareOf(demand)]);
  return { app: scales.app.scale, data: scales.data.scale, shares: Object.fromEntries(shares) };
}

/** An override that says what the rule shows without it changes nothing: the exact limit behind it goes on. */
const isOverridden = ({ given, byRule }: CpuDemand, untouched: number): boolean =>
  given !== undefined && given !== floorHundredths(byRule * untouched);

const sum = (threads: readonly number[]): number => threads.reduce((total, each) => total + each, 0);
