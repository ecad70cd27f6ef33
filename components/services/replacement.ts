import type { SizingPlan } from "../sizing";
import type { ServiceDescriptor } from "./descriptor";

/**
 * How a deploy replaces the containers of a service: the new first where it bears two at once and the plan counted
 * with both (`rolloutFactor` 2), else the old first.
 */
export const replacementOf = (
  { replacement }: Pick<ServiceDescriptor, "replacement">,
  { rolloutFactor }: Pick<SizingPlan, "rolloutFactor">,
): "start-first" | "stop-first" | "only-one" =>
  replacement === "start-first" && rolloutFactor === 1 ? "stop-first" : replacement;
