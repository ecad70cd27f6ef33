import { z } from "zod";

/** Property values as the engine writes them. */
export type Properties = Readonly<Record<string, unknown>>;

const properties = z.record(z.string(), z.unknown());

const stateSchema = z.object({
  type: z.string(),
  custom: z.boolean().optional(),
  parent: z.string().optional(),
  id: z.string().optional(),
  inputs: properties.optional(),
  retainOnDelete: z.boolean().optional(),
});

const stepSchema = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: stateSchema.nullish(),
  newState: stateSchema.nullish(),
  diffReasons: z.array(z.string()).nullish(),
  replaceReasons: z.array(z.string()).nullish(),
  detailedDiff: z.record(z.string(), z.unknown()).nullish(),
});

const diagnosticSchema = z.object({ severity: z.string(), message: z.string(), urn: z.string().optional() });

const previewSchema = z.object({
  steps: z.array(stepSchema).nullish(),
  diagnostics: z.array(diagnosticSchema).nullish(),
  changeSummary: z.record(z.string(), z.number()).nullish(),
});

export const OPERATIONS = ["replace", "delete", "create", "import", "update", "same"] as const;
export type Operation = (typeof OPERATIONS)[number];

/** What an update would do to one resource. */
export interface Change {
  readonly op: Operation;
  readonly urn: string;
  readonly name: string;
  /** Pulumi's type token, such as `docker:index/container:Container`. */
  readonly type: string;
  /** Made by a provider; else a component, which only groups others. */
  readonly custom: boolean;
  readonly parent: string | undefined;
  /** What the provider calls it; undefined before it is made. */
  readonly id: string | undefined;
  readonly before: Properties | undefined;
  readonly after: Properties | undefined;
  /** Leaves the stack without being deleted. */
  readonly retained: boolean;
  /** Top-level properties that differ, as far as the engine says. */
  readonly differs: readonly string[];
  /** Those of them that force a replacement. */
  readonly forcing: readonly string[];
}

/** A preview, as far as a reviewer is told of it. */
export interface Preview {
  readonly stack: string | undefined;
  readonly changes: readonly Change[];
  /** Whether it has the unchanged resources too (`--show-sames`). */
  readonly whole: boolean;
  /** Messages of a failed preview, without colours. */
  readonly errors: readonly string[];
}

/** The text is no preview: the engine ended before it wrote one, or wrote something else. */
export class NoPreview extends Error {
  override readonly name = "NoPreview";
}

/**
 * Reads what `pulumi preview --json` wrote.
 * @throws NoPreview for anything else.
 */
export function parsePreview(text: string): Preview {
  const { steps, diagnostics, changeSummary } = checked(text);
  const changes = (steps ?? []).map(changeOf).filter((change) => change !== undefined);
  const [first] = steps ?? [];
  return {
    stack: first && urnParts(first.urn).stack,
    // The engine writes them as they come, each time in another order.
    changes: changes.sort((a, b) => (a.urn < b.urn ? -1 : 1)),
    whole: changes.some(({ op, custom }) => op === "same" && custom) || changes.every(({ op }) => op === "create"),
    errors: errorsIn(diagnostics ?? [], changeSummary !== undefined),
  };
}

/** Where the engine gave up before it summed up the changes, whatever it said is the error. */
function errorsIn(diagnostics: readonly z.infer<typeof diagnosticSchema>[], ended: boolean): string[] {
  const wanted = ended ? ["error"] : ["error", "info#err", "warning"];
  const messages = diagnostics
    .filter(({ severity }) => wanted.includes(severity))
    .map(({ message }) => withoutColours(message).trimEnd());
  return messages.length === 0 && !ended ? ["The engine ended without a result."] : messages;
}

function checked(text: string): z.infer<typeof previewSchema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new NoPreview(text.trim() === "" ? "The preview is empty." : "The preview is no JSON.");
  }
  const result = previewSchema.safeParse(json);
  if (!result.success) throw new NoPreview(`The preview is not of the known shape: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** One step for a replacement; engines may write the parts of it as steps of their own. */
const KNOWN: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  same: "same",
  import: "import",
  "import-replacement": "replace",
  discard: "delete",
};

function changeOf(step: z.infer<typeof stepSchema>): Change | undefined {
  const op = KNOWN[step.op];
  const state = step.newState ?? step.oldState;
  if (op === undefined || !state || BOOKKEEPING.test(state.type)) return undefined;
  return {
    op,
    urn: step.urn,
    name: urnParts(step.urn).name,
    type: state.type,
    custom: state.custom ?? false,
    parent: state.parent,
    id: step.oldState?.id,
    before: op === "create" || op === "import" ? undefined : ((step.oldState ?? state).inputs ?? {}),
    after: op === "delete" ? undefined : (step.newState?.inputs ?? {}),
    retained: step.oldState?.retainOnDelete ?? false,
    differs: [...new Set([...(step.diffReasons ?? []), ...Object.keys(step.detailedDiff ?? {}).map(topLevel)])],
    forcing: (step.replaceReasons ?? []).map(topLevel),
  };
}

/** The stack itself and its providers change nothing that runs. */
const BOOKKEEPING = /^pulumi:(pulumi:Stack|providers:)/;

/** `ports` of `ports[0].internal`. */
const topLevel = (path: string): string => path.split(/[.[]/, 1)[0] ?? path;

/** `urn:pulumi:<stack>::<project>::<types>::<name>`; the name may itself have colons. */
export function urnParts(urn: string): { readonly stack: string; readonly types: string; readonly name: string } {
  const [head = "", , types = "", ...name] = urn.split("::");
  return { stack: head.replace(/^urn:pulumi:/, ""), types, name: name.join("::") };
}

/** `aws ecs Service` of `aws:ecs/service:Service`. */
export function shortType(type: string): string {
  const [provider, module = "", ...name] = type.split(":");
  const [folder = ""] = module.split("/");
  return [provider, folder === "index" ? "" : folder, ...name].filter(Boolean).join(" ");
}

/** The engine marks colours as `<{%fg 1%}>`, programs as escape sequences. */
export const withoutColours = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape sequences of terminals begin with one
  text.replaceAll(/<\{%.*?%\}>|\u001b\[[0-9;]*m/g, "");
