import type { PlanValue, Resource, Rule, RuleInputs, Unit } from "./rule";

/** Why a value is what it is. Plain data; `describe` puts it into words. */
export interface Explanation {
  readonly value: PlanValue;
  readonly unit: Rule["unit"];
  /** The rule in words, the same for every machine. */
  readonly rule: string;
  /** The named values that were put into the rule. */
  readonly inputs: RuleInputs;
  /** The bound that cut what the rule asked for, if one did. */
  readonly bound: { readonly asked: PlanValue; readonly by: string; readonly lack: Resource | undefined } | undefined;
  readonly origin: "rule" | "constant" | "setting" | "override";
  /** What the rule gives where an override says otherwise. */
  readonly replaced: PlanValue;
  /** Section of the documentation, such as `docs/sizing.md#redis`. */
  readonly source: string;
}

/** Explanations by field of one part of the plan. */
export type Explanations = Readonly<Record<string, Explanation>>;

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
