import { floorDiv } from "../rules/arithmetic";
import { outcome, type PlanOf, rulesOf } from "../rules/rule";
import type { Sheet } from "../rules/sheet";
import type { ResolvedInputs } from "./inputs";
import { type Tier, tierWorkers } from "./tiers";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";

const tierWorkersRule = (about: string) =>
  outcome({
    unit: "processes",
    about,
    words: "One for each thread at high and extreme, for two of three at medium, for one of three at low; at least 1.",
    source: "docs/sizing.md#tiers",
    instead: "tier",
    asks: ({ tier, threads }: { tier: Tier; threads: number }) => tierWorkers(tier, threads),
  });

const reserveRule = (about: string) =>
  outcome({
    unit: "MiB",
    about,
    words:
      "3 % of the memory, at least 256 MiB, or 512 MiB with oversubscribe: false; nothing where the scheduler has taken its own.",
    source: DIVISION,
    instead: "hardware.memory",
    asks: (inputs: ReserveInputs) => floorDiv(reserveInThousandths(inputs), 1000),
  });

/** The reserve before it is rounded, in thousandths of a MiB. */
export const reserveInThousandths = ({ memoryMiB, oversubscribe, hostReserve }: ReserveInputs): number =>
  hostReserve === "registered" ? 0 : Math.max(oversubscribe ? 256_000 : 512_000, 30 * memoryMiB);

const cpuScaleRule = (about: string) =>
  outcome({
    unit: "ratio",
    about,
    words:
      "1; with oversubscribe: false what makes the host's CPU limits fit its threads, overridden limits staying as they are.",
    source: "docs/sizing.md#oversubscription",
    instead: "oversubscribe",
    asks: ({ threads, limits, overridden, oversubscribe }: CpuScaleInputs) =>
      oversubscribe || limits === 0 ? 1 : Math.min(1, Math.max(0, threads - overridden) / limits),
  });

type ReserveInputs = { memoryMiB: number; oversubscribe: boolean; hostReserve: "system" | "registered" };
type CpuScaleInputs = { threads: number; limits: number; overridden: number; oversubscribe: boolean };

/** What the services share: the tier's workers and what a host keeps for itself. */
export const SYSTEM_RULES = rulesOf("system", DIVISION, {
  tierWorkers: tierWorkersRule("Workers the tier asks of the (app) host's threads"),
  dataTierWorkers: tierWorkersRule("Parallel workers the tier asks of the database host's threads"),
  reserveMiB: reserveRule("Memory the (app) host keeps for the system, the load balancer, beat and a migration"),
  dataReserveMiB: reserveRule("Memory the data host keeps for the system"),
  cpuScale: cpuScaleRule("What the (app) host's CPU limits are multiplied with"),
  dataCpuScale: cpuScaleRule("What the data host's CPU limits are multiplied with"),
});

/** What the services share, derived. */
export type SystemPlan = PlanOf<typeof SYSTEM_RULES>;

/** A host as the services on it see it. */
export interface Host {
  readonly threads: number;
  readonly memoryMiB: number;
  readonly reserveMiB: number;
  /** Workers the tier asks of its threads. */
  readonly tierWorkers: number;
}

/** The app host and the data host; the same one on a single host. */
export function planHosts(inputs: ResolvedInputs, sheet: Sheet): { app: Host; data: Host } {
  const { tier, oversubscribe, hostReserve, hardware, dataHardware } = inputs;
  const app: Host = {
    ...hardware,
    reserveMiB: sheet.apply(SYSTEM_RULES.reserveMiB, { memoryMiB: hardware.memoryMiB, oversubscribe, hostReserve }),
    tierWorkers: sheet.apply(SYSTEM_RULES.tierWorkers, { tier, threads: hardware.threads }),
  };
  const data: Host = {
    ...dataHardware,
    reserveMiB: sheet.apply(SYSTEM_RULES.dataReserveMiB, {
      memoryMiB: dataHardware.memoryMiB,
      oversubscribe,
      hostReserve,
    }),
    tierWorkers: sheet.apply(SYSTEM_RULES.dataTierWorkers, { tier, threads: dataHardware.threads }),
  };
  return { app, data };
}

/** The most a service may use of the app host: by rule, and where an override replaces that. */
export interface Ceiling {
  readonly ruleMiB: number;
  readonly ceilingMiB: number;
  /** The most that one copy may need, where a scheduler places each copy by what it needs. */
  readonly copyMiB: number | undefined;
}

/** Memory of an app host that processes are counted in: what one copy may need, unless their number is given. */
export const countedMiB = ({ ceilingMiB, copyMiB }: Ceiling, given: boolean): number =>
  given || copyMiB === undefined ? ceilingMiB : Math.min(ceilingMiB, copyMiB);
