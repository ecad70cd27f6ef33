import { isRecord, type Properties, parsed, plain } from "./values";

export interface Change {
  /** As in `tags.Name` or `ingress[0].fromPort`. */
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
}

/** What differs between two sets of inputs. JSON text is compared as JSON. */
export const changes = (olds: Properties, news: Properties): Change[] =>
  compare("", withoutDefaults(plain(olds)), withoutDefaults(plain(news)));

const withoutDefaults = ({ __defaults, ...inputs }: Properties): Properties => inputs;

function compare(path: string, before: unknown, after: unknown): Change[] {
  const [old, now] = [parsed(before), parsed(after)];
  const isJson = old !== before || now !== after;
  if (canonical(old, isJson) === canonical(now, isJson)) return [];
  if (old === undefined || old === null) return [{ path, kind: "add" }];
  if (now === undefined || now === null) return [{ path, kind: "delete" }];
  // Inside JSON text there are no properties for the engine to point at.
  if (isJson) return [{ path, kind: "update" }];
  if (isRecord(old) && isRecord(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return keys.flatMap((key) => compare(path ? `${path}.${key}` : key, old[key], now[key]));
  }
  if (Array.isArray(old) && Array.isArray(now)) {
    const length = Math.max(old.length, now.length);
    return Array.from({ length }, (_, index) => compare(`${path}[${index}]`, old[index], now[index])).flat();
  }
  return [{ path, kind: "update" }];
}

/** Equal for values the provider calls equal: a list of plain values is a set, an absent value is none. */
function canonical(value: unknown, isJson: boolean): string {
  if (Array.isArray(value)) {
    const items = value.map((each) => canonical(each, isJson));
    return `[${(isJson || value.some(isRecord) ? items : items.sort()).join()}]`;
  }
  if (!isRecord(value)) return JSON.stringify(value ?? null);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  return `{${entries.map(([key, each]) => `${key}:${canonical(each, isJson)}`).sort()}}`;
}

/** Whether a change at `path` is one of `property`, which may be a nested one. */
export const concerns = (property: string, { path }: Change): boolean =>
  path === property || path.startsWith(`${property}.`) || path.startsWith(`${property}[`);
