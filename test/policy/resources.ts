import type { Resource, Rule, StackResource } from "../../policy/resource";

interface Given extends Partial<Omit<StackResource, "type" | "urn">> {
  /** Types of the components it is a part of, outermost first. */
  readonly within?: readonly string[];
}

/** A resource as a rule sees it. */
export function resource(
  type: string,
  { within = [], name = "it", protect = false, inputs = {}, from = {} }: Given = {},
) {
  const urn = `urn:pulumi:prod::shop::${[...within, type].join("$")}::${name}`;
  return { urn, type, name, protect, inputs, from };
}

/** A task definition with these containers. */
export const taskDefinition = (containers: readonly object[], given: Given = {}) =>
  resource("aws:ecs/taskDefinition:TaskDefinition", {
    name: "backend",
    ...given,
    inputs: { containerDefinitions: JSON.stringify(containers), ...given.inputs },
  });

/** What a rule says of one resource. */
export const said = (rule: Rule, of: Resource): readonly string[] => rule.resource?.(of) ?? [];

/** What a rule says of a stack. */
export const saidOf = (rule: Rule, ...resources: readonly StackResource[]): readonly string[] =>
  (rule.stack?.(resources) ?? []).map(({ message }) => message);
