import type { ResolvedInputs } from "../machine/inputs";
import type { Load } from "../machine/load";
import type { ServicePlans } from "../services";
import type { LoadBalancerPlan } from "../services/load-balancer/rules";
import type { ConnectionPlan } from "./connections";
import type { ExternalPlan } from "./external";
import type { Totals } from "./totals";

/** A true sentence about a plan that is legal and risky, with the number and the remedy. */
export interface Advisory {
  /** Stable: the same risk has the same id in every plan. */
  readonly id: string;
  /** `warning` where something can fail, else `info`. */
  readonly severity: "warning" | "info";
  /** Part of the plan. */
  readonly service: string;
  readonly sentence: string;
}

/** What advisories look at. */
export interface AdvisedPlan extends ServicePlans {
  readonly inputs: ResolvedInputs;
  readonly loads: readonly Load[];
  readonly external: ExternalPlan | undefined;
  readonly connections: ConnectionPlan;
  readonly loadBalancer: LoadBalancerPlan;
  readonly totals: Totals;
}
