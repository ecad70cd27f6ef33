import { ALL_SERVICES, replacementOf } from "../../components/services";
import { costSection } from "./cost";
import { type Block, code, counted, type Line, line, listed, paragraph, strong } from "./document";
import { effectsOf } from "./effects";
import { parsePolicyResults } from "./events";
import { failureSection } from "./failure";
import { markdownOf } from "./markdown";
import { type ExplainedPlan, type PlanChange, plansOf } from "./plans";
import { policySection } from "./policies";
import { NoPreview, type Preview, parsePreview } from "./preview";
import { doneTo, resourcesSection } from "./resources";
import { losses, riskSection } from "./risk";
import { movesOf, sizingSection } from "./sizing";
import { shortened, shown } from "./values";
import { verdict } from "./verdict";

/** Bytes of a comment: GitHub takes 65,536 characters. */
export const COMMENT_BYTES = 65_000;
/** Bytes of a job summary: GitHub takes 1 MiB. */
export const SUMMARY_BYTES = 1_000_000;

const UNKNOWN_STACK = "unknown";

/** What a comment is made from. */
export interface CommentInput {
  /** What `pulumi preview --json` wrote. */
  readonly preview: string;
  /** What the engine wrote as its events, one JSON object a line. */
  readonly events?: string | undefined;
  /** What else the failed preview printed. */
  readonly log?: string | undefined;
  /** Default: that of the preview. */
  readonly stack?: string | undefined;
}

/** What is said of a change, before it is text. */
export interface Comment {
  readonly stack: string;
  readonly blocks: readonly Block[];
  /** With the properties of all resources. */
  readonly full: () => readonly Block[];
  /** The preview failed, or a policy stops the update. */
  readonly failed: boolean;
}

/** What a preview means to a reviewer. */
export function previewComment({ preview: text, events = "", log = "", stack }: CommentInput): Comment {
  const policies = parsePolicyResults(events);
  const preview = readable(text, log);
  const name = stack ?? preview.stack ?? UNKNOWN_STACK;
  const done = doneTo(preview);
  const plans = plansOf(preview);
  const effects = effectsOf(preview, plans.after?.rolloutFactor);
  const lost = losses(preview);
  const moves = [...movesOf(plans).values()].flat().length;
  const judged = { stack: name, preview, done, effects, losses: lost, policies, moves };
  const failed = preview.errors.length > 0 || policies.some(({ mandatory }) => mandatory);
  // A failed preview stopped somewhere: what it did not come to is not there, and not to be taken for removed.
  const sections = (whole: boolean): Block[] =>
    preview.errors.length > 0 && policies.length === 0
      ? []
      : [
          ...sizingSection(plans),
          ...riskSection(preview, effects),
          ...(failed ? [] : costSection(preview)),
          ...resourcesSection(done, { whole }),
        ];
  const head = [
    paragraph(verdict(judged)),
    ...cautionBlock(lost.map(({ sentence }) => sentence)),
    ...(policies.some(({ mandatory }) => mandatory) ? [] : failureSection(preview.errors)),
    ...policySection(policies),
  ];
  const nothing = done.length === 0 && moves === 0 && head.length === 1;
  const blocks = (whole: boolean) => (nothing ? head : [...head, ...sections(whole)]);
  return { stack: name, blocks: blocks(false), full: () => blocks(true), failed };
}

/** A preview that ended without a result failed with what it printed. */
function readable(text: string, log: string): Preview {
  try {
    const preview = parsePreview(text);
    const said = log.split("\n").some((each) => each.startsWith("error:")) ? lastLines(log) : undefined;
    return preview.errors.length > 0 || said === undefined ? preview : { ...preview, errors: [said] };
  } catch (error) {
    if (!(error instanceof NoPreview)) throw error;
    const printed = lastLines(log.trim() === "" ? text : log);
    return {
      stack: undefined,
      changes: [],
      whole: false,
      errors: [[error.message, printed].filter(Boolean).join("\n")],
    };
  }
}

const LAST_LINES = 20;
const lastLines = (text: string): string => shortened(text.trimEnd().split("\n").slice(-LAST_LINES).join("\n"), 4000);

const cautionBlock = (lost: readonly Line[]): Block[] =>
  lost.length > 0 ? [{ kind: "caution", lines: cautionLines(lost) }] : [];

/** Losses that are named; the rest are counted. */
const NAMED_LOSSES = 20;
const cautionLines = (lost: readonly Line[]): Line[] => {
  const more = lost.length - NAMED_LOSSES;
  return [...lost.slice(0, NAMED_LOSSES), ...(more > 0 ? [[counted(more, ["more", "more"])]] : [])];
};

/** What the change of a plan means to a reviewer, where there is no preview: no state, no engine, no credentials. */
export function planComment(base: ExplainedPlan | undefined, head: ExplainedPlan, stack: string): Comment {
  const plans = { before: base, after: head };
  const moves = movesOf(plans);
  const count = [...moves.values()].flat().length;
  const name = code(shown(stack, 100));
  if (base && count === 0) {
    const blocks = [paragraph(line`${name}: no number of the plan changes.`)];
    return { stack, blocks, full: () => blocks, failed: false };
  }
  const sentence = base
    ? line`${strong(counted(count, ["number changes", "numbers change"]))}${restarts(plans)}`
    : line`${strong("a new plan")}`;
  const blocks = [paragraph(line`${name}: ${sentence}.`), paragraph(basisOf(base, head)), ...sizingSection(plans)];
  return { stack, blocks, full: () => blocks, failed: false };
}

/** Numbers that Docker changes on a container that runs, and those that only feed others. */
const IN_PLACE = new Set([
  "memoryLimitMiB",
  "memoryReservationMiB",
  "cpuShares",
  "cpuLimit",
  "cpuReservation",
  "memoryCeilingMiB",
]);
function restarts(plans: PlanChange): Line {
  const moves = movesOf(plans);
  const restarting = ALL_SERVICES.filter(
    ({ replacement, section }) =>
      replacementOf({ replacement }, { rolloutFactor: plans.after?.rolloutFactor ?? 2 }) !== "start-first" &&
      moves.get(section)?.some(({ field }) => !IN_PLACE.has(field)),
  ).map(({ title }): Line => [title]);
  if (restarting.length === 0) return ["; applied, no service need be interrupted"];
  return line`; applied, ${listed(restarting)} ${restarting.length === 1 ? "restarts" : "restart"}, on data that stays`;
}

function basisOf(base: ExplainedPlan | undefined, head: ExplainedPlan): Line {
  const { reference } = head;
  const machine: Line =
    reference === undefined
      ? ["the machine that the settings declare"]
      : line`a reference machine (${code(shown(reference, 60))}), because the settings ask the Docker engine (${code("hardware: auto")}): yours may get other numbers`;
  return line`Compared from the settings alone, for ${machine}; ${base ? "what runs may differ from the base" : "there is no base to compare with"}.`;
}

/** The hidden line by which a workflow finds the comment it wrote before. */
export function markerOf(stack: string): string {
  // Two dashes would end it.
  const name = stack.replaceAll(/[^\w.-]/g, "_").replaceAll(/--+/g, "-");
  return `<!-- sized-stack:preview:${name === "" ? UNKNOWN_STACK : name} -->`;
}

/** The comment as Markdown, short enough for GitHub. */
export const commentMarkdown = ({ stack, blocks }: Comment): string =>
  markdownOf(blocks, {
    most: COMMENT_BYTES,
    marker: markerOf(stack),
    restIn: "The summary of the workflow's run has more.",
  });

/** The same with everything, for the summary of a job. */
export const summaryMarkdown = ({ stack, full }: Comment): string =>
  markdownOf(full(), {
    most: SUMMARY_BYTES,
    marker: markerOf(stack),
    restIn: "The preview itself has the rest.",
  });
