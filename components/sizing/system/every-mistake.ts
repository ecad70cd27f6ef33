import type { ResolvedInputs } from "../machine/inputs";
import { type OverrideMistake, OverrideRefusal, Shortfall, type SizingRefusal } from "../rules/refusal";
import type { PlanValue } from "../rules/rule";
import { unitWord } from "../rules/sheet";
import { OVERRIDE_KEYS, SERVICES } from "./overrides";
import type { SizingPlan } from "./plan";

type Attempt = (inputs: ResolvedInputs) => SizingPlan;
/** The refusal of a shortfall on these inputs, in words. */
type InWords = (shortfall: Shortfall, inputs: ResolvedInputs) => SizingRefusal;

/**
 * A refusal of overrides with every mistake there is, found by planning again: those that show once the first are put
 * right, what lacks without them, and for each a bound that is taken when it is followed, all of them together.
 */
export function everyMistake(
  first: OverrideRefusal,
  inputs: ResolvedInputs,
  attempt: Attempt,
  inWords: InWords,
): OverrideRefusal {
  const mistakes: OverrideMistake[] = [];
  let refusal = first;
  let rest = inputs;
  for (;;) {
    mistakes.push(...refusal.mistakes.filter(isFirstOfItsKey));
    rest = refusal.mistakes.reduce((left, { section, key }) => withOverride(left, section, key, undefined), rest);
    const answer = answerTo(rest, attempt);
    if (answer instanceof Shortfall) {
      return new OverrideRefusal(mistakes, first.shortfall, inWords(answer, rest).message, inputs.overrideNames);
    }
    if (!(answer instanceof OverrideRefusal)) {
      const checked = followed(mistakes, rest, answer, attempt);
      return new OverrideRefusal(checked, first.shortfall, undefined, inputs.overrideNames);
    }
    refusal = answer;
  }
}

const isFirstOfItsKey = ({ section, key }: OverrideMistake, index: number, all: readonly OverrideMistake[]): boolean =>
  all.findIndex((each) => each.section === section && each.key === key) === index;

const answerTo = (inputs: ResolvedInputs, attempt: Attempt): SizingPlan | Shortfall | OverrideRefusal => {
  try {
    return attempt(inputs);
  } catch (error) {
    if (error instanceof Shortfall || error instanceof OverrideRefusal) return error;
    throw error;
  }
};

/** The mistakes with bounds that are taken when all of them are followed, one put right after another. */
function followed(
  mistakes: readonly OverrideMistake[],
  without: ResolvedInputs,
  plan: SizingPlan,
  attempt: Attempt,
): OverrideMistake[] {
  let [inputs, reached] = [without, plan];
  return mistakes.map((mistake) => {
    const { section, key, allowed } = mistake;
    const to = (value: PlanValue) => withOverride(inputs, section, key, value);
    const take = (value: PlanValue): boolean => {
      const answer = answerTo(to(value), attempt);
      if (answer instanceof Shortfall || answer instanceof OverrideRefusal) return false;
      [inputs, reached] = [to(value), answer];
      return true;
    };
    if (allowed === undefined || take(allowed)) return mistake;
    const fits = nearestThatFits(valueIn(reached, section, key), allowed, section, key, (value) => take(value));
    return { ...mistake, allowed: fits, message: tightened(mistake, fits) };
  });
}

/** Between a value that is taken and a bound that is not: the one nearest to the bound that is. */
function nearestThatFits(
  taken: PlanValue,
  bound: PlanValue,
  section: string,
  key: string,
  take: (value: number) => boolean,
): number | undefined {
  if (typeof taken !== "number" || typeof bound !== "number") return undefined;
  const parts = isWhole(section, key) ? 1 : 100;
  let [good, bad] = [Math.round(taken * parts), Math.round(bound * parts)];
  while (Math.abs(bad - good) > 1) {
    const middle = Math.trunc((good + bad) / 2);
    if (take(middle / parts)) good = middle;
    else bad = middle;
  }
  return take(good / parts) ? good / parts : undefined;
}

const unitOf = (section: string, key: string) =>
  OVERRIDE_KEYS.find((each) => each.service === section && each.key === key)?.unit ?? "ratio";

const isWhole = (section: string, key: string): boolean => !["threads", "ratio"].includes(unitOf(section, key));

function tightened({ section, key, given, allowed }: OverrideMistake, fits: number | undefined): string {
  if (fits === undefined) return `${given} given; no value fits beside the other numbers of the plan: leave it out`;
  const kind = Number(given) > fits ? "at most" : "at least";
  const unit = unitWord({ unit: unitOf(section, key) });
  return `${given} given; ${kind} ${fits}${unit} is allowed (${allowed}${unit} by its own bound, ${kind === "at most" ? "less" : "more"} beside the other numbers of the plan)`;
}

function valueIn(plan: SizingPlan, section: string, key: string): PlanValue {
  const service = SERVICES.find((each) => each === section);
  return service && plan.explanations[service][key]?.value;
}

function withOverride(inputs: ResolvedInputs, section: string, key: string, value: PlanValue): ResolvedInputs {
  const { [key]: _, ...others } = inputs.overrides[section] ?? {};
  const numbers = value === undefined ? others : { ...others, [key]: value };
  return { ...inputs, overrides: { ...inputs.overrides, [section]: numbers } };
}
