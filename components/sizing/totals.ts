import type { BackendPlan } from "./backend-rules";
import type { CeleryPlan } from "./celery-rules";
import type { PostgresPlan } from "./postgres-rules";
import type { RedisPlan } from "./redis";
import { outcome, type PlanOf, rulesOf, type Unit } from "./rule";
import type { Sheet } from "./sheet";

type FourServices = { backend: number; celery: number; postgres: number; redis: number };

const sumRule = (unit: Unit, about: string) =>
  outcome({
    unit,
    about,
    words:
      "Backend + Celery + PostgreSQL + Redis, on one app host and the data host; nothing for one that runs elsewhere.",
    instead: "the services' own",
    // Whole hundredths add up exactly where binary fractions do not.
    asks: ({ backend, celery, postgres, redis }: FourServices) =>
      Math.round(100 * (backend + celery + postgres + redis)) / 100,
  });

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

/** The four services; a data service that runs elsewhere has no plan. */
export interface FourPlans {
  readonly backend: BackendPlan;
  readonly celery: CeleryPlan;
  readonly postgres: PostgresPlan | undefined;
  readonly redis: RedisPlan | undefined;
}

export const celeryReservationMiB = ({ replicas, memoryReservationMiB }: CeleryPlan): number =>
  replicas * memoryReservationMiB;

export function planTotals(
  sheet: Sheet,
  { backend, celery, postgres, redis }: FourPlans,
  beside: { loadBalancer: number; beat: number },
): Totals {
  const R = TOTALS_RULES;
  const memoryLimitMiB = sheet.apply(R.memoryLimitMiB, {
    backend: backend.fleetMemoryLimitMiB,
    celery: celery.fleetMemoryLimitMiB,
    postgres: postgres?.memoryLimitMiB ?? 0,
    redis: redis?.memoryLimitMiB ?? 0,
  });
  return {
    cpuReservation: sheet.apply(R.cpuReservation, {
      backend: backend.fleetCpuReservation,
      celery: celery.fleetCpuReservation,
      postgres: postgres?.cpuReservation ?? 0,
      redis: redis?.cpuReservation ?? 0,
    }),
    cpuLimit: sheet.apply(R.cpuLimit, {
      backend: backend.fleetCpuLimit,
      celery: celery.fleetCpuLimit,
      postgres: postgres?.cpuLimit ?? 0,
      redis: redis?.cpuLimit ?? 0,
    }),
    memoryReservationMiB: sheet.apply(R.memoryReservationMiB, {
      backend: backend.fleetMemoryReservationMiB,
      celery: celeryReservationMiB(celery),
      postgres: postgres?.memoryReservationMiB ?? 0,
      redis: redis?.memoryReservationMiB ?? 0,
    }),
    memoryLimitMiB,
    grandMemoryLimitMiB: sheet.apply(R.grandMemoryLimitMiB, { services: memoryLimitMiB, ...beside }),
  };
}
