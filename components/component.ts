import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { ContainerTransform, Platform } from "./platform";
import { type SizingInputs, type SizingPlan, sizingInputsOf, sizingPlan } from "./sizing";

/** What every component takes: the sizing inputs it shares with the others, and where to run. */
export interface SizedArgs extends SizingInputs {
  readonly platform: Platform;
  /** The last word on the arguments of the component's children. */
  readonly transform?: { readonly container?: ContainerTransform };
}

export type ComponentOptions = ComponentResourceOptions;

/**
 * The plan of the whole system for a component's own arguments. Every component computes it from the same
 * inputs, so that there is nothing to keep in step.
 */
export function planOf(args: SizedArgs): SizingPlan {
  return sizingPlan(sizingInputsOf(args));
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
