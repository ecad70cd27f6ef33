import type { SystemPlan } from "../machine/hosts";
import type { ResolvedInputs } from "../machine/inputs";
import type { Explanations } from "../rules/explanation";
import type { ServicePlans } from "../services";
import type { BeatPlan } from "../services/celery/beat";
import type { LoadBalancerPlan } from "../services/load-balancer/rules";
import type { Advisory } from "./advisory";
import type { Capacity } from "./capacity";
import type { ConnectionPlan } from "./connections";
import type { Section } from "./explain";
import type { ExternalPlan } from "./external";
import type { Totals } from "./totals";

/**
 * Every derived number of one system, as plain values by service, and beside them why each is what it is. Numbers of
 * the application are per app host. A field's unit is in its name, else in its explanation.
 */
export interface SizingPlan extends ServicePlans {
  readonly inputs: ResolvedInputs;
  /** 2 where old and new run side by side during a deploy, else 1. */
  readonly rolloutFactor: 1 | 2;
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
