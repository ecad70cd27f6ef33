import { distance } from "fastest-levenshtein";
import type { z } from "zod";
import { insteadOf, SERVICES } from "../sizing";
import { isSecretSetting, settingsSchema } from "./schema";

/** Something wrong in the settings: where, and what. */
export interface Mistake {
  readonly path: readonly PropertyKey[];
  /** What was given, what is allowed, how to fix it. */
  readonly message: string;
}

/** All mistakes of a stack's settings in one answer. */
export const reported = (stack: string, mistakes: readonly Mistake[]): string =>
  [
    `The settings of stack ${stack} need a correction:`,
    ...mistakes.map(({ path, message }) => `  ${path.join(".")}: ${message}`),
    "Nothing was created or changed.",
  ].join("\n");

type Issue = z.core.$ZodIssue;

/** What the schema finds wrong, in words. */
export const mistakesOf = (issues: readonly Issue[], given: unknown): Mistake[] =>
  issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownKey(issue.path, key) }));
    }
    const value = valueAt(given, issue.path);
    const inMap = issue.code === "invalid_union" && isMap(value) ? mistakesInMap(issue, value) : [];
    return inMap.length > 0 ? inMap : [{ path: issue.path, message: wrongValue(issue, value) }];
  });

/** What is wrong in a map, where something else than a map could stand too. */
function mistakesInMap({ errors, path }: z.core.$ZodIssueInvalidUnion, value: object): Mistake[] {
  const issues = errors.find((option) =>
    option.some((each) => each.path.length > 0 || each.code === "unrecognized_keys"),
  );
  const nested = (issues ?? []).map((each) => ({ ...each, path: [...path, ...each.path] }));
  const within = path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
  return mistakesOf(nested, within);
}

const isMap = (value: unknown): value is object => typeof value === "object" && value !== null && !Array.isArray(value);

function wrongValue(issue: Issue, value: unknown): string {
  if (issue.code === "invalid_key") return `is no name; ${issue.issues[0]?.message} are allowed`;
  const needed = allowed(issue);
  if (value === undefined) return `is missing; ${needed} is needed`;
  return `${shown(issue.path, value)} given; ${needed} is needed${likely(issue, value)}`;
}

function allowed(issue: Issue): string {
  switch (issue.code) {
    case "invalid_value":
      return list(issue.values.map(String));
    case "invalid_type":
      return KINDS[issue.expected] ?? `a ${issue.expected}`;
    case "too_small":
      if (issue.origin !== "string") return `at least ${issue.minimum}`;
      return issue.minimum === 1 ? "a text that is not empty" : `a text of at least ${issue.minimum} characters`;
    case "too_big":
      return `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  int: "a whole number",
  object: "a map",
  record: "a map",
  array: "a list",
  string: "a text",
  boolean: "true or false",
};

const list = (values: readonly string[]): string =>
  values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;

/** A secret's value is not repeated. */
function shown(path: readonly PropertyKey[], value: unknown): string {
  return isSecretSetting(String(path[0])) ? "a value that is not allowed" : JSON.stringify(value);
}

function likely(issue: Issue, value: unknown): string {
  const meant = issue.code === "invalid_value" ? nearest(String(value), issue.values.map(String)) : undefined;
  return meant ? `: did you mean ${meant}?` : "";
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const [top, part] = path;
  const service = SERVICES.find((each) => each === part);
  const instead = top === "overrides" && service ? insteadOf(service, key) : undefined;
  if (instead) return `follows from other numbers; set ${instead} instead`;
  const known = keysAt(path);
  const meant = nearest(key, known);
  return meant ? `is no setting; did you mean ${meant}?` : `is no setting; there are ${known.join(", ")}`;
}

/** The known word a misspelt one was meant to be: it begins so, or few of its letters are wrong. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((each) => ({ each, wrong: each.startsWith(word) ? 0 : distance(word.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.wrong - b.wrong);
  return best && best.wrong <= Math.max(1, Math.round(0.4 * word.length)) ? best.each : undefined;
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    given,
  );
}

/** The keys the map at a path may have. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const at = path.reduce<unknown>((schema, key) => Reflect.get(shapeOf(schema), key), settingsSchema);
  return Object.keys(shapeOf(at));
}

/** The shape of a map, through its default, its options and what is done with it. */
function shapeOf(schema: unknown): Record<string, unknown> {
  const { shape, def } = schema as { shape?: Record<string, unknown>; def: z.core.$ZodTypeDef & Inner };
  if (shape) return shape;
  const inner = def.innerType ?? def.in ?? def.options?.find((option) => Object.keys(shapeOf(option)).length > 0);
  return inner ? shapeOf(inner) : {};
}

interface Inner {
  readonly innerType?: unknown;
  readonly in?: unknown;
  readonly options?: readonly unknown[];
}
