import type { Load } from "../machine/load";
import { outcome, type PlanOf, rulesOf, type Unit } from "../rules/rule";
import type { Sheet } from "../rules/sheet";

type ByService = Readonly<Record<string, number>>;

const sumRule = (unit: Unit, about: string) =>
  outcome({
    unit,
    about,
    words:
      "Backend + Celery + PostgreSQL + Redis, on one app host and the data host; nothing for one that runs elsewhere.",
    instead: "the services' own",
    // Whole hundredths add up exactly where binary fractions do not.
    asks: (services: ByService) => Math.round(100 * sum(services)) / 100,
  });

const sum = (services: ByService): number => Object.values(services).reduce((total, each) => total + each, 0);

/** Sums over the services, to hold against the machine. */
export const TOTALS_RULES = rulesOf("totals", "docs/sizing.md#oversubscription", {
  cpuReservation: sumRule("threads", "Threads the four services are promised"),
  cpuLimit: sumRule("threads", "Threads the four services may use at most"),
  memoryReservationMiB: sumRule("MiB", "Memory the four services are promised"),
  memoryLimitMiB: sumRule("MiB", "Memory the four services may use at most"),
  grandMemoryLimitMiB: outcome({
    unit: "MiB",
    about: "Memory all containers may use at most, with the load balancer and beat where they run",
    words: "The four services + load balancer + beat.",
    instead: "the services' own",
    asks: ({ services, loadBalancer, beat }: { services: number; loadBalancer: number; beat: number }) =>
      services + loadBalancer + beat,
  }),
});

/** Sums over the services on one app host and the data host (one machine on a single host). */
export type Totals = PlanOf<typeof TOTALS_RULES>;

type Amount = "cpuReservation" | "cpuLimit" | "memoryReservationMiB" | "memoryLimitMiB";

export function planTotals(
  sheet: Sheet,
  services: readonly string[],
  loads: readonly Load[],
  beside: { loadBalancer: number; beat: number },
): Totals {
  const R = TOTALS_RULES;
  const byService = (amount: Amount): ByService =>
    Object.fromEntries(services.map((name) => [name, loads.find(({ service }) => service === name)?.[amount] ?? 0]));
  const memoryLimitMiB = sheet.apply(R.memoryLimitMiB, byService("memoryLimitMiB"));
  return {
    cpuReservation: sheet.apply(R.cpuReservation, byService("cpuReservation")),
    cpuLimit: sheet.apply(R.cpuLimit, byService("cpuLimit")),
    memoryReservationMiB: sheet.apply(R.memoryReservationMiB, byService("memoryReservationMiB")),
    memoryLimitMiB,
    grandMemoryLimitMiB: sheet.apply(R.grandMemoryLimitMiB, { services: memoryLimitMiB, ...beside }),
  };
}
