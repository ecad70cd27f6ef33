import type { ResolvedInputs } from "../machine/inputs";
import { resolveInputs } from "../machine/resolve";
import { OverrideRefusal, Shortfall } from "../rules/refusal";
import { everyMistake } from "./every-mistake";
import { refusalOf } from "./fit";
import type { SizingInputs } from "./inputs";
import type { SizingPlan } from "./plan";
import { planSystem } from "./plan-system";

/**
 * The plan for a machine and a tier. Pure: equal inputs give equal plans.
 * @throws SizingRefusal where nothing that works fits, an input makes no sense, or an override breaks a bound.
 */
export function sizingPlan(given: SizingInputs): SizingPlan {
  const inputs = resolveInputs(given);
  const inWords = (shortfall: Shortfall, refused: ResolvedInputs) => refusalOf(shortfall, refused, planRollout);
  try {
    return planRollout(inputs);
  } catch (error) {
    if (error instanceof Shortfall) throw inWords(error, inputs);
    if (error instanceof OverrideRefusal) throw everyMistake(error, inputs, planRollout, inWords);
    throw error;
  }
}

/** Two copies side by side where that is asked for, or fits. */
function planRollout(inputs: ResolvedInputs): SizingPlan {
  if (inputs.rollout === "recreate") return planSystem(inputs, { runs: 1, counted: 1 });
  const both = { runs: 2, counted: 2 } as const;
  if (inputs.rollout === "gapless") return planSystem(inputs, both);
  try {
    return planSystem(inputs, both);
  } catch (error) {
    const shortfall = error instanceof OverrideRefusal ? (error.shortfall ?? shortOfTwo(inputs)) : error;
    if (!(shortfall instanceof Shortfall) || shortfall.lack === "memory") throw error;
    return planSystem(inputs, { runs: 1, counted: 2 }, shortfall);
  }
}

/** What lacks for two copies without any override: the machine decides the rollout, and overrides are held against that. */
function shortOfTwo(inputs: ResolvedInputs): Shortfall | undefined {
  try {
    planSystem({ ...inputs, overrides: {} }, { runs: 2, counted: 2 });
  } catch (error) {
    if (error instanceof Shortfall) return error;
    throw error;
  }
  return undefined;
}
