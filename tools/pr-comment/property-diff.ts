import type { Change, Properties } from "./preview";
import { isSecret, isUnknown, SECRET_TEXT, shown } from "./values";

/** One property that differs: its path, and the values as text; undefined on the side where there is none. */
export interface PropertyChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What differs between the inputs of a resource, in the properties the engine names; all of them where it names none. */
export function propertyChanges({ op, before, after, differs }: Change): PropertyChange[] {
  if (op === "same") return [];
  const [old, now] = [before ?? {}, after ?? {}];
  const named = op === "update" || op === "replace" ? differs : [];
  const keys = named.length > 0 ? named : [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return [...keys].sort().flatMap((key) => compare(key, old[key], now[key]));
}

function compare(path: string, before: unknown, after: unknown): PropertyChange[] {
  if (isSecret(before) || isSecret(after)) return secretChange(path, before, after);
  if (before === undefined || after === undefined || isUnknown(before) || isUnknown(after)) {
    return change(path, before, after);
  }
  const [old, now] = [unfolded(before), unfolded(after)];
  if (Array.isArray(old) && Array.isArray(now)) return compareLists(path, old, now);
  if (isMap(old) && isMap(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) => !key.startsWith("__")).sort();
    return keys.flatMap((key) =>
      compare(`${path}${/^\w+$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`}`, old[key], now[key]),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : change(path, before, after);
}

/** Two secrets look alike; that they differ is the engine's word. */
function secretChange(path: string, before: unknown, after: unknown): PropertyChange[] {
  if (before === undefined) return [{ path, before, after: SECRET_TEXT }];
  if (after === undefined || isUnknown(after))
    return [{ path, before: SECRET_TEXT, after: after === undefined ? undefined : shown(after) }];
  return [{ path, before: SECRET_TEXT, after: `${SECRET_TEXT}, another one` }];
}

const change = (path: string, before: unknown, after: unknown): PropertyChange[] =>
  before === undefined && after === undefined
    ? []
    : [
        {
          path,
          before: before === undefined ? undefined : shown(before),
          after: after === undefined ? undefined : shown(after),
        },
      ];

/** Lists of one length item by item; else what is in one alone, for a shift is no change. */
function compareLists(path: string, old: readonly unknown[], now: readonly unknown[]): PropertyChange[] {
  if (old.length === now.length) {
    return old.flatMap((item, index) => compareItem(`${path}[${index}]`, item, now[index]));
  }
  const [texts, newTexts] = [old.map((item) => JSON.stringify(item)), now.map((item) => JSON.stringify(item))];
  const [known, newKnown] = [new Set(texts), new Set(newTexts)];
  return [
    ...old.flatMap((item, index) =>
      newKnown.has(texts[index] ?? "") ? [] : change(`${path}[${index}]`, item, undefined),
    ),
    ...now.flatMap((item, index) =>
      known.has(newTexts[index] ?? "") ? [] : change(`${path}[${index}]`, undefined, item),
    ),
  ];
}

/** Inside a list a secret that is a secret on both sides is, as far as anyone can see, the same. */
const compareItem = (path: string, before: unknown, after: unknown): PropertyChange[] =>
  JSON.stringify(before) === JSON.stringify(after) ? [] : compare(path, before, after);

/** JSON text, as ECS takes its containers, as what it says; text of several lines as a list of them. */
function unfolded(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (!/^\s*[[{]/.test(value)) return value.includes("\n") ? value.split("\n") : value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const isMap = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value);
