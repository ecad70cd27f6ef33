import { code, counted, type Line, line, listed, strong } from "./document";
import { type Effect, KEPT, type Severity } from "./effects";
import type { PolicyResult } from "./events";
import type { Change, Preview } from "./preview";
import { counts } from "./resources";
import type { Loss } from "./risk";
import { shown } from "./values";

/** What a reviewer reads first. */
export interface Judged {
  readonly stack: string;
  readonly preview: Preview;
  readonly done: readonly Change[];
  readonly effects: readonly Effect[];
  readonly losses: readonly Loss[];
  readonly policies: readonly PolicyResult[];
  /** Numbers of the plan that change. */
  readonly moves: number;
}

const INTERRUPTS: readonly Severity[] = ["lost", "interrupted", "reduced"];
/** Services that are named; the rest are counted. */
const NAMED = 4;

/** The preview in one sentence. */
export function verdict(judged: Judged): Line {
  const { stack, preview, done, policies, moves } = judged;
  const name = code(shown(stack, 100));
  const broken = policies.filter(({ mandatory }) => mandatory).length;
  if (broken > 0) return line`${name}: ${strong(`${counted(broken, VIOLATIONS)} the update`)}${after(judged)}`;
  if (preview.errors.length > 0) return line`${name}: ${strong("the preview failed")}, and nothing was changed.`;
  if (done.length === 0 && moves > 0) {
    return line`${name}: no resource changes, though the plan does.`;
  }
  if (done.length === 0) return line`${name}: no changes.`;
  return line`${name}: ${sentence(judged)}`;
}

const VIOLATIONS = ["policy violation stops", "policy violations stop"] as const;

const after = (judged: Judged): Line => (judged.done.length === 0 ? ["."] : line`: ${sentence(judged)}`);

function sentence({ preview, done, effects, losses }: Judged): Line {
  const count = strong(counts(done));
  const all = preview.changes.filter(({ custom }) => custom);
  if (all.every(({ op }) => op === "create")) return line`${count}, the first deploy of this stack.`;
  const atRisk: Line = losses.some(({ of }) => of === "data")
    ? line`, ${strong("data is at risk")}`
    : line`${dataClause(effects)}${losses.length > 0 ? ", fewer snapshots of it" : ""}`;
  if (all.every(({ op }) => op === "delete")) return line`${count}, the whole stack${atRisk}.`;
  return line`${count}: ${serviceClause(effects)}${atRisk}.`;
}

/** Services that the same happens to are named together. */
function serviceClause(effects: readonly Effect[]): Line {
  const groups = new Map<string, Effect[]>();
  for (const effect of effects.filter(({ severity }) => INTERRUPTS.includes(severity))) {
    const key = `${effect.happens[0]} ${effect.interruption}`;
    groups.set(key, [...(groups.get(key) ?? []), effect]);
  }
  if (groups.size === 0) return ["no service is interrupted"];
  return listed([...groups.values()].map(groupClause));
}

function groupClause(group: readonly Effect[]): Line {
  const [first] = group;
  if (!first) return [];
  const more = group.length - NAMED;
  const names = [
    ...group.slice(0, NAMED).map(({ service }) => service),
    ...(more > 0 ? [[counted(more, ["more", "more"])]] : []),
  ];
  const happens = first.happens[group.length === 1 ? 0 : 1];
  const bracket = first.severity === "lost" ? "" : ` (${first.interruption})`;
  return line`${listed(names)} ${happens}${bracket}`;
}

/** What becomes of the data of services something happens to. */
function dataClause(effects: readonly Effect[]): Line {
  const touched = effects.filter(({ severity, data }) => data !== undefined && INTERRUPTS.includes(severity));
  if (touched.length === 0) return [];
  const kept = touched.some(({ data }) => data === KEPT);
  return [kept ? ", data volumes are kept" : ", data volume untouched"];
}
