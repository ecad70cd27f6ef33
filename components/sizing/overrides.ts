import { BACKEND_RULES, type BackendOverrides } from "./backend-rules";
import { CELERY_RULES, type CeleryOverrides } from "./celery-rules";
import { POSTGRES_RULES, type PostgresOverrides } from "./postgres-rules";
import { REDIS_RULES, type RedisOverrides } from "./redis";
import type { RuleTable, Service, Unit } from "./rule";
import type { OverrideMistake } from "./sheet";

/** Values that replace the plan's own, by service and plan field. */
export interface Overrides {
  readonly backend?: BackendOverrides | undefined;
  readonly celery?: CeleryOverrides | undefined;
  readonly postgres?: PostgresOverrides | undefined;
  readonly redis?: RedisOverrides | undefined;
}

/** A number that may be overridden. */
export interface OverrideKey {
  readonly service: Service;
  readonly key: string;
  readonly unit: Unit;
  /** What the number is, in a few words. */
  readonly about: string;
}

export const SERVICES = ["backend", "celery", "postgres", "redis"] as const satisfies readonly Service[];

const TABLES: Readonly<Record<Service, RuleTable>> = {
  backend: BACKEND_RULES,
  celery: CELERY_RULES,
  postgres: POSTGRES_RULES,
  redis: REDIS_RULES,
};

/** Every key `overrides` takes, with its unit and what it is: the source of a settings schema. */
export const OVERRIDE_KEYS: readonly OverrideKey[] = SERVICES.flatMap((service) =>
  Object.values(TABLES[service])
    .filter(({ instead }) => instead === undefined)
    .map(({ field, unit, about }) => ({ service, key: field, unit, about })),
);

/** For a number of a service that only follows from others: what to set in its place. */
export const insteadOf = (service: Service, key: string): string | undefined =>
  Object.hasOwn(TABLES[service], key) ? TABLES[service][key]?.instead : undefined;

/** Keys that no rule reads: unknown ones, and numbers that only follow from others. */
export function unknownOverrides(overrides: Overrides): OverrideMistake[] {
  const mistakes: OverrideMistake[] = [];
  for (const service of SERVICES) {
    const given = overrides[service];
    if (given === undefined) continue;
    for (const [key, value] of Object.entries(given)) {
      const known = Object.hasOwn(TABLES[service], key) ? TABLES[service][key] : undefined;
      if (value === undefined || (known && known.instead === undefined)) continue;
      const message = known
        ? `follows from other numbers; set ${known.instead} instead`
        : `is no number of ${service}; its numbers are ${knownKeys(service)}`;
      mistakes.push({ section: service, key, given: value, message });
    }
  }
  return mistakes;
}

const knownKeys = (service: Service): string =>
  OVERRIDE_KEYS.filter((each) => each.service === service)
    .map(({ key }) => key)
    .join(", ");
