import type { z } from "zod";
import { SECRET_SETTINGS, settingsSchema } from "./schema";

type Issue = z.core.$ZodIssue;

/** Each mistake in one line: where, what was given, what is allowed. */
export const describeMistakes = (issues: readonly Issue[], given: unknown): string[] =>
  issues.flatMap((issue) => describeIssue(issue, given));

function describeIssue(issue: Issue, given: unknown): string[] {
  const where = issue.path.join(".");
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(issue.path).join(", ");
    return issue.keys.map((key) => `${[...issue.path, key].join(".")}: is no setting; there are ${known}`);
  }
  const value = valueAt(given, issue.path);
  const needed = allowed(issue);
  if (value === undefined) return [`${where}: is missing; ${needed} is needed`];
  return [`${where}: ${shown(issue.path, value)} given; ${needed} is needed`];
}

function allowed(issue: Issue): string {
  switch (issue.code) {
    case "invalid_value":
      return list(issue.values.map(String));
    case "invalid_type":
      return article(issue.expected);
    case "too_small":
      return issue.origin === "string" ? `at least ${issue.minimum} characters` : `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "invalid_union":
      return 'auto, or a map with threads (1 to 512) and memory (such as "16GiB")';
    case "invalid_key":
      return "a name of letters, digits and _";
    default:
      return issue.message;
  }
}

const article = (type: string): string => {
  const words: Readonly<Record<string, string>> = {
    int: "a whole number",
    object: "a map",
    record: "a map",
    array: "a list",
    string: "a text",
  };
  return words[type] ?? `a ${type}`;
};

const list = (values: readonly string[]): string =>
  values.length < 2 ? values.join("") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;

/** A secret's value is not repeated. */
function shown(path: readonly PropertyKey[], value: unknown): string {
  return SECRET_SETTINGS.some((secret) => secret === path[0]) ? "a value that is not allowed" : JSON.stringify(value);
}

function valueAt(given: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    given,
  );
}

/** The keys of the map at a path: all settings at the top, else those of that setting. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  const settings: Readonly<Record<string, unknown>> = settingsSchema.shape;
  const [top] = path;
  if (top === undefined) return Object.keys(settings);
  if (top === "hardware") return ["threads", "memory"];
  return Object.keys(settingsSchema.parse({ target: "docker", tier: "low" })[top as "images"] ?? {});
}
