import { describe, expect, it } from "vitest";
import { type SizingPlan, sizingPlan, TIERS, type Tier } from "../../components/sizing";
import golden from "../data/reference-machine.json";

const { inputs: given } = golden;

function referencePlan(tier: Tier, rollout: "recreate" | "gapless"): SizingPlan {
  return sizingPlan({
    hardware: { threads: golden.hardware.threads, memory: `${golden.hardware.memoryMiB}MiB` },
    tier,
    topology: "single-host",
    appHosts: given.appHosts,
    rollout,
    behindLoadBalancer: given.behindLoadBalancer[tier],
    workerMemoryMiB: given.workerMemoryMiB,
    childMemoryMiB: given.childMemoryMiB,
    dataReservation: "half",
    oversubscribe: given.oversubscribe,
    cpuEnforcement: "quota",
  });
}

type Fields = Readonly<Record<string, { readonly value: number | string }>>;
const rows = (fields: Fields) => Object.entries(fields).map(([field, { value }]) => [field, value] as const);

describe.each(TIERS)("the reference machine at tier %s", (tier) => {
  const { backendWithRolloutFactor2, ...services } = golden.tiers[tier];

  describe.each(["backend", "celery", "postgres", "redis"] as const)("%s", (service) => {
    const plan: Readonly<Record<string, unknown>> = { ...referencePlan(tier, "recreate")[service] };
    it.each(rows(services[service]))("%s is %s", (field, value) => {
      expect(plan[field]).toBe(value);
    });
  });

  describe("backend, with old and new side by side", () => {
    const plan: Readonly<Record<string, unknown>> = { ...referencePlan(tier, "gapless").backend };
    it.each(rows(backendWithRolloutFactor2))("%s is %s", (field, value) => {
      expect(plan[field]).toBe(value);
    });
  });
});

describe("the totals of the reference machine at tier high", () => {
  const { totals } = referencePlan("high", "recreate");
  it.each(rows(golden.totals.high))("%s is %s", (field, value) => {
    expect({ ...totals }).toHaveProperty(field, value);
  });
});
