import {
  PolicyPack,
  type PolicyResource,
  type ResourceValidationArgs,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import { known } from "./known";
import type { Resource, Rule, StackResource } from "./resource";
import { RULES } from "./rules";

/**
 * What the program asked for, by URN: a policy of the whole stack is given outputs alone, of a component only those it
 * registered.
 */
const asked = new Map<string, Resource>();

function resourceOf({ urn, type, name, opts, props }: ResourceValidationArgs): Resource {
  return { urn, type, name, protect: opts.protect, inputs: known(props) };
}

function stackResource({ urn, propertyDependencies }: PolicyResource): StackResource[] {
  const resource = asked.get(urn);
  if (resource === undefined) return [];
  const from = Object.entries(propertyDependencies).map(([input, of]) => [input, of.map((each) => each.urn)] as const);
  return [{ ...resource, from: Object.fromEntries(from) }];
}

function policyOf({ name, description, resource, stack }: Rule): ResourceValidationPolicy | StackValidationPolicy {
  return {
    name,
    description,
    validateResource(args, report) {
      const seen = resourceOf(args);
      asked.set(seen.urn, seen);
      for (const message of resource?.(seen) ?? []) report(message);
    },
    ...(stack && {
      validateStack({ resources }, report) {
        for (const violation of stack(resources.flatMap(stackResource))) {
          report(violation.message, violation.resource.urn);
        }
      },
    }),
  };
}

new PolicyPack("sized-stack", { enforcementLevel: "mandatory", policies: RULES.map(policyOf) });
