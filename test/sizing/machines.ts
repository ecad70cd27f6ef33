import { type SizingInputs, type SizingPlan, SizingRefusal, sizingPlan } from "../../components/sizing";

/** The machine of the hand-written page: 12 threads, 32 GiB, tier high, no load balancer. */
export const REFERENCE = {
  hardware: { threads: 12, memory: "32GiB" },
  tier: "high",
  rollout: "recreate",
  behindLoadBalancer: false,
} as const satisfies SizingInputs;

/** The reference machine's plan, with some inputs changed. */
export const planWith = (inputs: Partial<SizingInputs> = {}): SizingPlan => sizingPlan({ ...REFERENCE, ...inputs });

/** The refusal these inputs meet. */
export function refusalOf(inputs: Partial<SizingInputs>): SizingRefusal {
  try {
    planWith(inputs);
  } catch (error) {
    if (error instanceof SizingRefusal) return error;
    throw error;
  }
  throw new Error("expected a refusal, got a plan");
}
