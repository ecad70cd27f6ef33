/** Sizing: pure functions from hardware and tier to a plan. No Pulumi, no I/O, no clock. */
export { type Advisory, usesHaproxy } from "./advisories";
export type { BackendPlan } from "./backend-rules";
export { type Capacity, tasksPerMinute } from "./capacity";
export type { CeleryPlan } from "./celery-rules";
export type { ConnectionPlan } from "./connections";
export { aboutOf, describe, describeMove, plainNumber, RULES, recompute, withUnit } from "./explain";
export type { ExternalPlan } from "./external";
export type { SystemPlan } from "./host";
export {
  DEFAULTS,
  type Hardware,
  INPUT_LIMITS,
  MIGRATION_TASK_MIB,
  needsDataHost,
  type ResolvedInputs,
  type Rollout,
  type SizingInputs,
  setAsideMiB,
  TIERS,
  type Tier,
  type Topology,
  type UsableHardware,
} from "./inputs";
export type { BeatPlan, LoadBalancerPlan } from "./load-balancer";
export { formatMemory, isMemorySize, type MemorySize, parseMemory } from "./memory";
export { insteadOf, OVERRIDE_KEYS, type OverrideKey, type Overrides, SERVICES } from "./overrides";
export { type SizingPlan, sizingPlan } from "./plan";
export type { PostgresPlan } from "./postgres-rules";
export type { RedisPlan } from "./redis";
export { type Fit, OverrideRefusal, SizingRefusal } from "./refusal";
export type { PlanValue, Resource, RuleInputs, Section, Service, Unit } from "./rule";
export type { Explanation, Explanations, OverrideMistake } from "./sheet";
export type { Totals } from "./totals";
