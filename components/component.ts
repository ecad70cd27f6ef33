import { isDeepStrictEqual } from "node:util";
import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { ContainerTransform, Platform } from "./platform";
import { resolveInputs, type SizingInputs, type SizingPlan, sizingInputsOf, sizingPlan } from "./sizing";

/** What every component takes: the sizing inputs it shares with the others, and where to run. */
export interface SizedArgs extends SizingInputs {
  readonly platform: Platform;
  /** The plan of these inputs, where it was computed already: components of a system are handed one. Default: computed. */
  readonly plan?: SizingPlan;
  /** The last word on the arguments of the component's children. */
  readonly transform?: { readonly container?: ContainerTransform };
}

export type ComponentOptions = ComponentResourceOptions;

/**
 * The plan of the whole system, of which a component runs its part.
 * @throws Error where the plan that was handed on is that of other inputs.
 */
export function planOf(args: SizedArgs): SizingPlan {
  const { plan } = args;
  const inputs = sizingInputsOf(args);
  if (plan === undefined) return sizingPlan(inputs);
  if (isDeepStrictEqual(plan.inputs, resolveInputs(inputs))) return plan;
  throw new Error("plan is that of other inputs than are given beside it. Leave it out, or plan these inputs.");
}

/**
 * The part of the plan that a data service's component runs.
 * @throws Error where the inputs say that the service runs elsewhere: it needs no component then.
 */
export function runningHere<T>(plan: T | undefined, input: keyof SizingInputs): T {
  if (plan !== undefined) return plan;
  throw new Error(
    `${input} is given: the server runs elsewhere. Leave this component out, and give its endpoint instead.`,
  );
}
