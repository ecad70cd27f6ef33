import type { ResolvedInputs } from "../machine/inputs";
import type { OverrideMistake } from "../rules/refusal";
import type { OverridesOf, RuleTable, Unit } from "../rules/rule";
import { SERVICE_RULES, type Service } from "../services";

/** Values that replace the plan's own, by service and plan field. */
export type Overrides = { readonly [S in Service]?: OverridesOf<(typeof SERVICE_RULES)[S]> | undefined };

/** A number that may be overridden. */
export interface OverrideKey {
  readonly service: Service;
  readonly key: string;
  readonly unit: Unit;
  /** What the number is, in a few words. */
  readonly about: string;
}

/** Services with numbers that may be overridden, in the order they are shown. */
export const SERVICES = Object.keys(SERVICE_RULES) as readonly Service[];

const TABLES: Readonly<Record<Service, RuleTable>> = SERVICE_RULES;

/** Every key `overrides` takes, with its unit and what it is: the source of a settings schema. */
export const OVERRIDE_KEYS: readonly OverrideKey[] = SERVICES.flatMap((service) =>
  Object.values(TABLES[service])
    .filter(({ instead }) => instead === undefined)
    .map(({ field, unit, about }) => ({ service, key: field, unit, about })),
);

/** For a number of a service that only follows from others: what to set in its place. */
export const insteadOf = (service: Service, key: string): string | undefined =>
  Object.hasOwn(TABLES[service], key) ? TABLES[service][key]?.instead : undefined;

/** Keys that no rule reads: unknown ones, numbers that only follow from others, and those of a server elsewhere. */
export function unknownOverrides({
  overrides,
  beat,
  externalPostgresConnections,
  externalRedisConnections,
}: ResolvedInputs): OverrideMistake[] {
  const mistakes: OverrideMistake[] = [];
  const elsewhere: Readonly<Partial<Record<Service, string | undefined>>> = {
    postgres: externalPostgresConnections === undefined ? undefined : "PostgreSQL",
    redis: externalRedisConnections === undefined ? undefined : "Redis",
  };
  for (const service of SERVICES) {
    const given = overrides[service];
    if (given === undefined) continue;
    if (service === "beat" && !beat) {
      const message = "sizes Celery beat, which does not run; set celery.beat to true, or remove it here";
      mistakes.push(...Object.entries(given).map(([key, value]) => ({ section: service, key, given: value, message })));
      continue;
    }
    for (const [key, value] of Object.entries(given)) {
      const known = Object.hasOwn(TABLES[service], key) ? TABLES[service][key] : undefined;
      const server = elsewhere[service];
      if (value === undefined || (server === undefined && known && known.instead === undefined)) continue;
      if (server !== undefined) {
        const message = `sizes a container, and ${server} runs elsewhere; set it on that server, and remove it here`;
        mistakes.push({ section: service, key, given: value, message });
        continue;
      }
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
