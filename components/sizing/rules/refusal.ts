import type { PlanValue } from "./rule";

/** An override that cannot be taken. */
export interface OverrideMistake {
  /** Part of the plan, and field in it. */
  readonly section: string;
  readonly key: string;
  readonly given: unknown;
  /** What was given, what is allowed, and why. */
  readonly message: string;
  /** The nearest value that is allowed, where there is one. */
  readonly allowed?: PlanValue;
}

/** What ran out, or what is wrong. A lack of connections can be cured by a rollout that does not double the backend. */
export type Lack = "memory" | "connections" | "room for a second copy" | "input" | "override";

/** Too little of something on one host, before it is known what would help. */
export class Shortfall extends Error {
  constructor(
    /** What is short of it; `machine` where it is all services together. */
    readonly part: string,
    readonly lack: "memory" | "connections" | "room for a second copy",
    /** The host that is too small, or whose count is too large. */
    readonly host: "app" | "data",
    /** What is missing, as a sentence. */
    readonly sentence: string,
    /** What to do, beside more memory or a lower tier. */
    readonly remedy: string,
  ) {
    super(sentence);
    this.name = "Shortfall";
  }
}

/** What would fit instead of a plan that was refused. */
export interface Fit {
  /** Memory of the smallest machine with these threads that fits at this tier, MiB; undefined: none up to 8 TiB. */
  readonly smallestMemoryMiB: number | undefined;
  /** The highest tier that fits this hardware; undefined: none. */
  readonly highestTier: string | undefined;
}

/** No plan fits this hardware, tier and settings. The message says what is short and what would help. */
export class SizingRefusal extends Error {
  constructor(
    /** What is refused; `machine` where it is all services together, `inputs` where a setting makes no sense. */
    readonly part: string,
    readonly lack: Lack,
    message: string,
    /** Undefined where another machine or tier would not help. */
    readonly fit?: Fit,
    /** The host that is too small, or whose count is too large; `app` or `data` on a single host, which is both. */
    readonly host?: Shortfall["host"],
  ) {
    super(message);
    this.name = "SizingRefusal";
  }
}

/**
 * Overrides that cannot be taken: all of them, with what was given and what is allowed. What lacks beside them, and
 * would still lack without them, stands in the message too.
 */
export class OverrideRefusal extends SizingRefusal {
  constructor(
    readonly mistakes: readonly OverrideMistake[],
    /** What lacked while the overrides stood as they were given. */
    readonly shortfall?: Shortfall,
    /** What lacks without them, in words. */
    besides?: string,
    names: Readonly<Record<string, string>> = {},
  ) {
    super(
      "overrides",
      "override",
      [...mistakes.map((mistake) => mistakeLine(mistake, names)), ...(besides ? [besides] : [])].join("\n"),
    );
    this.name = "OverrideRefusal";
  }
}

const mistakeLine = ({ section, key, message }: OverrideMistake, names: Readonly<Record<string, string>>): string =>
  `${names[`${section}.${key}`] ?? `overrides.${section}.${key}`}: ${message}`;
