import type { Explanation } from "./explanation";
import type { OverrideMistake } from "./refusal";
import { type Bound, type PlanValue, type Resource, type Rule, type RuleInputs, settle } from "./rule";

/** A number a bound on memory, connections, disk or threads cut. */
export interface Cut {
  readonly rule: Rule;
  readonly value: PlanValue;
  readonly asked: PlanValue;
  readonly by: string;
  readonly lack: Resource;
}

/** What applying rules leaves behind for the whole plan. */
export interface Findings {
  readonly cuts: Cut[];
  readonly mistakes: OverrideMistake[];
}

/** One part of the plan while it is computed: applies rules and overrides and keeps every explanation. */
export class Sheet {
  readonly explanations: Record<string, Explanation> = {};

  constructor(
    private readonly overrides: Readonly<Record<string, PlanValue>> | undefined,
    private readonly findings: Findings,
  ) {}

  /** The override of a rule's value, before anything is checked: for numbers that others are derived from first. */
  given<I extends RuleInputs, V extends PlanValue>(rule: Rule<I, V>): Exclude<V, undefined> | undefined {
    const given = this.overrides?.[rule.field];
    return given !== undefined && isLike(given, rule) ? given : undefined;
  }

  /** The rule's value on these inputs, or the override that replaces it, explained. */
  apply<I extends RuleInputs, V extends PlanValue>(rule: Rule<I, V>, inputs: I): V {
    const { asked, value, cutBy } = settle(rule, inputs);
    const given = this.overrides?.[rule.field];
    const override = given === undefined ? undefined : this.accepted(rule, given, inputs);
    if (override !== undefined) return this.explain(rule, inputs, override, undefined, "override", value);
    if (cutBy?.lack !== undefined) this.findings.cuts.push({ rule, value, asked, by: cutBy.by, lack: cutBy.lack });
    const bound = cutBy && { asked, by: cutBy.by, lack: cutBy.lack };
    return this.explain(rule, inputs, value, bound, rule.origin, undefined);
  }

  /** An override that cannot be taken, found by a rule that looks at several numbers. */
  refuse(rule: Rule, message: string): void {
    const given = this.overrides?.[rule.field];
    this.findings.mistakes.push({ section: rule.section, key: rule.field, given, message });
  }

  private explain<I extends RuleInputs, V extends PlanValue>(
    rule: Rule<I, V>,
    inputs: I,
    value: V,
    bound: Explanation["bound"],
    origin: Explanation["origin"],
    replaced: PlanValue,
  ): V {
    this.explanations[rule.field] = {
      value,
      unit: rule.unit,
      rule: rule.words,
      inputs,
      bound,
      origin,
      replaced,
      source: rule.source,
    };
    return value;
  }

  private accepted<I extends RuleInputs, V extends PlanValue>(
    rule: Rule<I, V>,
    given: PlanValue,
    inputs: I,
  ): V | undefined {
    if (!isLike(given, rule)) {
      this.refuse(rule, `${given} given; ${wanted(rule)} is needed`);
      return undefined;
    }
    const broken = [...rule.bounds, ...rule.allows].filter((bound) => bound.cut(given, inputs) !== given);
    for (const bound of broken) this.refuse(rule, outside(rule, bound, given, inputs));
    return broken.length === 0 ? given : undefined;
  }
}

const outside = <I extends RuleInputs, V extends PlanValue>(
  rule: Rule<I, V>,
  bound: Bound<I, V>,
  given: V,
  inputs: I,
) => {
  const allowed = bound.names?.join(", ") ?? `${bound.cut(given, inputs)}${unitWord(rule)}`;
  return `${given} given; ${bound.kind} ${allowed} is allowed (${bound.by})`;
};

const unitWord = ({ unit }: Pick<Rule, "unit">) =>
  unit === "name" || unit === "switch" || unit === "ratio" ? "" : ` ${unit}`;

const wanted = ({ unit }: Pick<Rule, "unit">): string => {
  if (unit === "name") return "a name";
  if (unit === "switch") return "true or false";
  if (unit === "threads" || unit === "ratio") return "a number of at least 0";
  return `a whole number of ${unit}, at least 0,`;
};

/** Whether a given value is of the kind the rule makes. */
function isLike<I extends RuleInputs, V extends PlanValue>(
  given: PlanValue,
  { unit }: Rule<I, V>,
): given is Exclude<V, undefined> {
  if (unit === "name") return typeof given === "string";
  if (unit === "switch") return typeof given === "boolean";
  if (typeof given !== "number" || !(given >= 0) || given > Number.MAX_SAFE_INTEGER) return false;
  return unit === "threads" || unit === "ratio" || Number.isInteger(given);
}
