import { SYSTEM_RULES } from "../machine/hosts";
import type { Explanation } from "../rules/explanation";
import { type PlanValue, type RuleTable, settle } from "../rules/rule";
import { SERVICE_RULES } from "../services";
import { LOAD_BALANCER_RULES } from "../services/load-balancer/rules";
import { CAPACITY_RULES } from "./capacity";
import { CONNECTION_RULES } from "./connections";
import { EXTERNAL_RULES } from "./external";
import { TOTALS_RULES } from "./totals";

const TABLES = {
  ...SERVICE_RULES,
  external: EXTERNAL_RULES,
  system: SYSTEM_RULES,
  connections: CONNECTION_RULES,
  loadBalancer: LOAD_BALANCER_RULES,
  capacity: CAPACITY_RULES,
  totals: TOTALS_RULES,
} as const;

/** The parts of a plan that carry explanations. */
export type Section = keyof typeof TABLES;
/** Every rule of the plan, by section and field. */
export const RULES: Readonly<Record<Section, RuleTable>> = TABLES;
/** All sections, in the order they are shown. */
export const SECTIONS = Object.keys(TABLES) as readonly Section[];

/** What a field is, in a few words. */
export const aboutOf = (section: Section, field: string): string | undefined => RULES[section][field]?.about;

/**
 * The rule's value, computed again from the inputs an explanation recorded: the explained value itself, or for an
 * override the value it replaced.
 */
export function recompute(section: Section, field: string, { inputs }: Explanation): PlanValue {
  const rule = RULES[section][field];
  if (rule === undefined) throw new RangeError(`the plan has no number ${section}.${field}`);
  return settle(rule, inputs).value;
}
