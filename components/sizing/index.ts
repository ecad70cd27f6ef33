/** Sizing: pure functions from hardware and tier to a plan. No Pulumi, no I/O, no clock. */
export type { SystemPlan } from "./machine/hosts";
export {
  type Hardware,
  needsDataHost,
  type ResolvedInputs,
  type Rollout,
  type Topology,
  type UsableHardware,
} from "./machine/inputs";
export { formatMemory, isMemorySize, type MemorySize, parseMemory } from "./machine/memory";
export {
  DEFAULTS,
  INPUT_LIMITS,
  MIGRATION_TASK_MIB,
  MOST_MEMORY_MIB,
  resolveInputs,
  setAsideMiB,
} from "./machine/resolve";
export { TIERS, type Tier } from "./machine/tiers";
export {
  describe,
  describeMove,
  type Explanation,
  type Explanations,
  plainNumber,
  withUnit,
} from "./rules/explanation";
export { type Fit, type OverrideMistake, OverrideRefusal, SizingRefusal } from "./rules/refusal";
export type { PlanValue, Resource, RuleInputs, Unit } from "./rules/rule";
export type { Service } from "./services";
export type { BackendPlan } from "./services/backend/rules";
export type { BeatPlan } from "./services/celery/beat";
export type { CeleryPlan } from "./services/celery/rules";
export { type LoadBalancerPlan, usesHaproxy } from "./services/load-balancer/rules";
export type { PostgresPlan } from "./services/postgres/rules";
export { SERVER_DEFAULTS as POSTGRES_SERVER_DEFAULTS } from "./services/postgres/server";
export type { RedisPlan } from "./services/redis/rules";
export type { Advisory } from "./system/advisory";
export { type Capacity, tasksPerMinute } from "./system/capacity";
export type { ConnectionPlan } from "./system/connections";
export { aboutOf, RULES, recompute, type Section } from "./system/explain";
export type { ExternalPlan } from "./system/external";
export { type SizingInputs, sizingInputsOf } from "./system/inputs";
export { insteadOf, OVERRIDE_KEYS, type OverrideKey, type Overrides, SERVICES } from "./system/overrides";
export type { SizingPlan } from "./system/plan";
export { sizingPlan } from "./system/sizing-plan";
export type { Totals } from "./system/totals";
