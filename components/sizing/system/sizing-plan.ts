import type { ResolvedInputs } from "../machine/inputs";
import { resolveInputs } from "../machine/resolve";
import { Shortfall } from "../rules/refusal";
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
  try {
    return planRollout(inputs);
  } catch (error) {
    if (error instanceof Shortfall) throw refusalOf(error, inputs, planRollout);
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
    if (!(error instanceof Shortfall) || error.lack === "memory") throw error;
    return planSystem(inputs, { runs: 1, counted: 2 }, error);
  }
}
