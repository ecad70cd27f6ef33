import {
  type PostgresPlan,
  type RedisPlan,
  type SizingInputs,
  type SizingPlan,
  SizingRefusal,
  sizingPlan,
} from "../../components/sizing";

/** The machine of the hand-written page: 12 threads, 32 GiB, tier high, no load balancer. */
export const REFERENCE = {
  hardware: { threads: 12, memory: "32GiB" },
  tier: "high",
  rollout: "recreate",
  behindLoadBalancer: false,
} as const satisfies SizingInputs;

/** A plan whose PostgreSQL and Redis run here. */
export interface PlanHere extends SizingPlan {
  readonly postgres: PostgresPlan;
  readonly redis: RedisPlan;
}

export function planHere(inputs: SizingInputs): PlanHere {
  const plan = sizingPlan(inputs);
  const { postgres, redis } = plan;
  if (!postgres || !redis) throw new Error("expected containers of both data services, got a plan without");
  return { ...plan, postgres, redis };
}

/** The reference machine's plan, with some inputs changed. */
export const planWith = (inputs: Partial<SizingInputs> = {}): PlanHere => planHere({ ...REFERENCE, ...inputs });

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
