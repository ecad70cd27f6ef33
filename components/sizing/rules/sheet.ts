import type { Explanation } from "./explanation";
import type { OverrideMistake, Shortfall } from "./refusal";
import { type Bound, type PlanValue, type Resource, type Rule, type RuleInputs, settle, within } from "./rule";

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
  /** What lacks; the rules go on as if there were just enough, so that other mistakes are found too. */
  readonly shortfalls: Shortfall[];
  /** Parts of the plan whose numbers follow from something that lacks: only fixed bounds can be held against them. */
  readonly unsure: Set<string>;
}

export const noFindings = (mistakes: readonly OverrideMistake[] = []): Findings => ({
  cuts: [],
  mistakes: [...mistakes],
  shortfalls: [],
  unsure: new Set(),
});

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

  /**
   * An override that cannot be taken, found by a rule that looks at several numbers.
   * @param message What was given, what is allowed, and why.
   * @param allowed The nearest value that is allowed, where there is one.
   */
  refuse(rule: Rule, message: string, allowed?: PlanValue): void {
    const given = this.overrides?.[rule.field];
    this.findings.mistakes.push({ section: rule.section, key: rule.field, given, message, allowed });
  }

  /** Too little of something; the numbers of these parts follow from what lacks. */
  lacks(shortfall: Shortfall, ...unsure: string[]): void {
    this.findings.shortfalls.push(shortfall);
    for (const section of unsure) this.findings.unsure.add(section);
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
    const bounds = [...rule.bounds, ...rule.allows];
    const known = this.findings.unsure.has(rule.section) ? bounds.filter(({ fixed }) => fixed) : bounds;
    const { value: allowed, cuts } = within(known, given, inputs);
    if (allowed === given) return given;
    const kind = allowed !== undefined && allowed < given ? "at most" : "at least";
    const bound = cuts.findLast((each) => each.kind === kind) ?? cuts.at(-1);
    if (bound) this.refuse(rule, `${given} given; ${outside(rule, bound, allowed)}`, allowed);
    return undefined;
  }
}

const outside = <I extends RuleInputs, V extends PlanValue>(rule: Rule<I, V>, bound: Bound<I, V>, allowed: V) =>
  `${bound.kind} ${bound.names?.join(", ") ?? `${allowed}${unitWord(rule)}`} is allowed (${bound.by})`;

/** The unit as it follows a number; none for a ratio. */
export const unitWord = ({ unit }: Pick<Rule, "unit">) =>
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
  { unit, inKiB }: Rule<I, V>,
): given is Exclude<V, undefined> {
  if (unit === "name") return typeof given === "string";
  if (unit === "switch") return typeof given === "boolean";
  if (typeof given !== "number" || !(given >= 0) || given > Number.MAX_SAFE_INTEGER) return false;
  return unit === "threads" || unit === "ratio" || Number.isInteger(inKiB ? 1024 * given : given);
}
