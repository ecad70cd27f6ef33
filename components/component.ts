import type { ComponentResourceOptions } from "@pulumi/pulumi";
import type { ContainerTransform, Platform } from "./platform";
import { type SizingInputs, type SizingPlan, sizingPlan } from "./sizing";

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

/** The plain sizing inputs among a component's arguments: what decides sizes, and nothing else. */
export function sizingInputsOf(args: SizingInputs): SizingInputs {
  const keys = [
    "hardware",
    "dataHardware",
    "tier",
    "topology",
    "share",
    "appHosts",
    "rollout",
    "behindLoadBalancer",
    "workerMemoryMiB",
    "childMemoryMiB",
    "longestTaskSeconds",
    "backendStopGraceSeconds",
    "dataReservation",
    "hostReserve",
    "oversubscribe",
    "hostNofile",
    "diskGiB",
    "beat",
    "postgresMajor",
    "redisMajor",
    "cpuEnforcement",
    "overrides",
    "externalPostgresConnections",
    "externalRedisConnections",
  ] as const satisfies readonly (keyof SizingInputs)[];
  const given = keys.filter((key) => args[key] !== undefined).map((key) => [key, args[key]]);
  return Object.fromEntries(given) as SizingInputs;
}
