/** Sizing: pure functions from hardware and tier to a plan. No Pulumi, no I/O, no clock. */
export type { BackendPlan } from "./backend";
export type { CeleryPlan } from "./celery";
export type { ContainerCpu } from "./cpu";
export {
  DEFAULTS,
  type Hardware,
  type ResolvedInputs,
  type Rollout,
  type SizingInputs,
  TIERS,
  type Tier,
  type Topology,
} from "./inputs";
export type { LoadBalancerPlan } from "./load-balancer";
export { formatMemory, isMemorySize, type MemorySize, parseMemory } from "./memory";
export { type SizingPlan, sizingPlan, type Totals } from "./plan";
export type { PostgresPlan } from "./postgres";
export type { RedisPlan } from "./redis";
export { SizingRefusal } from "./refusal";
