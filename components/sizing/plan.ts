import type { Advisory } from "./advisories";
import type { BackendPlan } from "./backend-rules";
import type { Capacity } from "./capacity";
import type { CeleryPlan } from "./celery-rules";
import type { ConnectionPlan } from "./connections";
import type { ExternalPlan } from "./external";
import { refusalOf } from "./fit";
import type { SystemPlan } from "./host";
import { type ResolvedInputs, resolveInputs, type SizingInputs } from "./inputs";
import type { BeatPlan, LoadBalancerPlan } from "./load-balancer";
import type { PostgresPlan } from "./postgres-rules";
import type { RedisPlan } from "./redis";
import { Shortfall } from "./refusal";
import type { Section } from "./rule";
import type { Explanations } from "./sheet";
import { planSystem } from "./system";
import type { Totals } from "./totals";

/**
 * Every derived number of one system, as plain values by service, and beside them why each is what it is. Numbers of
 * the application are per app host. A field's unit is in its name, else in its explanation.
 */
export interface SizingPlan {
  readonly inputs: ResolvedInputs;
  /** 2 where old and new run side by side during a deploy, else 1. */
  readonly rolloutFactor: 1 | 2;
  readonly backend: BackendPlan;
  readonly celery: CeleryPlan;
  /** Undefined where PostgreSQL runs elsewhere. */
  readonly postgres: PostgresPlan | undefined;
  /** Undefined where Redis runs elsewhere. */
  readonly redis: RedisPlan | undefined;
  /** Undefined where both run here. */
  readonly external: ExternalPlan | undefined;
  /** What the services share. */
  readonly system: SystemPlan;
  readonly connections: ConnectionPlan;
  /** HAProxy, for platforms that run it. */
  readonly loadBalancer: LoadBalancerPlan;
  /** Undefined where beat does not run. */
  readonly beat: BeatPlan | undefined;
  /** Estimates of what the system carries. */
  readonly capacity: Capacity;
  readonly totals: Totals;
  /** By section and field: `explanations.postgres.maxConnections`. */
  readonly explanations: Readonly<Record<Section, Explanations>>;
  /** What is legal and risky about the plan. */
  readonly advisories: readonly Advisory[];
}

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
  if (inputs.rollout !== "auto") return planSystem(inputs, inputs.rollout === "gapless" ? 2 : 1);
  try {
    return planSystem(inputs, 2);
  } catch (error) {
    if (!(error instanceof Shortfall) || error.lack === "memory") throw error;
    return planSystem(inputs, 1, error);
  }
}
