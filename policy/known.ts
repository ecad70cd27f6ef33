import { type Properties, UNKNOWN } from "./resource";

/** A copy of what Pulumi gives a policy, in which reading a value that a preview cannot know throws nothing. */
export function known(props: Readonly<Record<string, unknown>>): Properties {
  return Object.fromEntries(Object.keys(props).map((key) => [key, knownValue(() => props[key])]));
}

function knownValue(read: () => unknown): unknown {
  let value: unknown;
  try {
    value = read();
  } catch (error) {
    // The package does not export its class.
    if (error instanceof Error && error.constructor.name === "UnknownValueError") return UNKNOWN;
    throw error;
  }
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    return Array.from({ length: items.length }, (_, index) => knownValue(() => items[index]));
  }
  return typeof value === "object" && value !== null ? known(value as Properties) : value;
}
