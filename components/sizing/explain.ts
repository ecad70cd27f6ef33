import { BACKEND_RULES } from "./backend-rules";
import { CAPACITY_RULES } from "./capacity";
import { CELERY_RULES } from "./celery-rules";
import { CONNECTION_RULES } from "./connections";
import { EXTERNAL_RULES } from "./external";
import { SYSTEM_RULES } from "./host";
import { BEAT_RULES, LOAD_BALANCER_RULES } from "./load-balancer";
import { POSTGRES_RULES } from "./postgres-rules";
import { REDIS_RULES } from "./redis";
import { type PlanValue, type RuleInputs, type RuleTable, type Section, settle, type Unit } from "./rule";
import type { Explanation } from "./sheet";
import { TOTALS_RULES } from "./totals";

/** Every rule of the plan, by section and field. */
export const RULES: Readonly<Record<Section, RuleTable>> = {
  backend: BACKEND_RULES,
  celery: CELERY_RULES,
  postgres: POSTGRES_RULES,
  redis: REDIS_RULES,
  external: EXTERNAL_RULES,
  system: SYSTEM_RULES,
  connections: CONNECTION_RULES,
  loadBalancer: LOAD_BALANCER_RULES,
  beat: BEAT_RULES,
  capacity: CAPACITY_RULES,
  totals: TOTALS_RULES,
};

/** What a field is, in a few words. */
export const aboutOf = (section: Section, field: string): string | undefined => RULES[section][field]?.about;

/**
 * The rule's value, computed again from the inputs an explanation recorded: the explained value itself, or for an
 * override the value it replaced.
 */
export function recompute(section: Section, field: string, { inputs }: Explanation): PlanValue {
  const rule = RULES[section][field];
  if (rule === undefined) throw new RangeError(`the plan has no number ${section}.${field}`);
  return settle(rule, inputs).value;
}

/** An explanation as text: the rule in words, the numbers put in, what cut it or replaced it. */
export function describe({ rule, inputs, bound, origin, replaced, value, unit }: Explanation): string {
  const parts = [rule];
  const named = Object.entries(inputs).filter(([, each]) => each !== undefined);
  if (named.length > 0) parts.push(`With ${named.map(([name, each]) => namedValue(name, each)).join(", ")}.`);
  if (bound) parts.push(`Asked ${withUnit(bound.asked, unit)}, bounded to ${withUnit(value, unit)} by ${bound.by}.`);
  if (origin === "override") {
    parts.push(`Overridden: ${withUnit(value, unit)} in place of ${withUnit(replaced, unit)}.`);
  }
  return parts.join(" ");
}

/**
 * Why a number is another than before, as text: the rule in words, and what was put into it that is another now.
 * @param before Its explanation then, by the rules of now; undefined where they have none for it.
 * @param value What it was then: another value than `before` has, where the rules were others then.
 */
export function describeMove(before: Explanation | undefined, value: PlanValue, now: Explanation): string {
  const { rule, bound, origin, replaced, unit } = now;
  if (origin === "override") return `Overridden in place of ${withUnit(replaced, unit)}.`;
  const parts = [rule];
  if (before?.origin === "override") parts.push(`No longer overridden with ${withUnit(value, unit)}.`);
  const moved = before ? movedInputs(before.inputs, now.inputs) : [];
  if (moved.length > 0) parts.push(`Moved by ${moved.join(", ")}.`);
  if (before && before.value !== value) parts.push("The rule was another before.");
  if (bound) parts.push(`Asked ${withUnit(bound.asked, unit)}, bounded by ${bound.by}.`);
  return parts.join(" ");
}

const movedInputs = (before: RuleInputs, now: RuleInputs): string[] =>
  Object.entries(now)
    .filter(([name, value]) => before[name] !== value)
    .map(([name, value]) => namedValue(name, `${plainNumber(before[name])} → ${plainNumber(value)}`));

const UNIT_SUFFIX = /(MiB|KiB|GiB|Seconds|Bytes)$/;

/** `memoryLimitMiB` and 8192 as `memory limit 8192 MiB`. */
function namedValue(name: string, value: RuleInputs[string]): string {
  const suffix = UNIT_SUFFIX.exec(name)?.[0] ?? "";
  const words = name
    .slice(0, name.length - suffix.length)
    .replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .trim();
  const unit = suffix.endsWith("iB") ? suffix : suffix.toLowerCase();
  return `${words} ${plainNumber(value)}${unit && ` ${unit}`}`;
}

/** A value with its unit, as people read it. */
export function withUnit(value: PlanValue, unit: Unit): string {
  if (value === undefined) return "none";
  return unit === "name" || unit === "switch" || unit === "ratio"
    ? plainNumber(value)
    : `${plainNumber(value)} ${unit}`;
}

/** At most two decimals; the recorded input itself stays exact. */
export function plainNumber(value: PlanValue): string {
  return typeof value === "number" ? String(Math.round(value * 100) / 100) : String(value);
}
