/** What a plan holds: numbers for the most part, a few switches and names. `undefined`: the setting is left out. */
export type PlanValue = number | string | boolean | undefined;
/** The named values a rule reads. */
export type RuleInputs = Readonly<Record<string, PlanValue>>;

/** What a number counts. `threads` are CPU, with two decimals; everything else but `ratio` is whole, `OS threads` too. */
export type Unit =
  | "MiB"
  | "KiB"
  | "bytes"
  | "threads"
  | "OS threads"
  | "seconds"
  | "connections"
  | "processes"
  | "containers"
  | "tasks"
  | "runs"
  | "requests"
  | "users"
  | "files"
  | "shares"
  | "ratio"
  | "name"
  | "switch";

/** What there may be too little of. */
export type Resource = "memory" | "connections" | "memory or connections" | "disk" | "threads" | "files";

/** A limit on a rule's value. `cut` gives the value itself where it keeps within the limit. */
export interface Bound<I extends RuleInputs, V extends PlanValue> {
  /** What sets the limit, in words. */
  readonly by: string;
  readonly kind: "at most" | "at least" | "one of";
  /** The names allowed, for a bound of the kind `one of`. */
  readonly names?: readonly string[];
  /** What there is too little of when this bound cuts; such a cut is reported as an advisory. */
  readonly lack: Resource | undefined;
  /** The same limit on every machine: it can be held against an override where nothing else is known yet. */
  readonly fixed?: boolean;
  cut(value: V, inputs: I): V;
}

/** Where a rule stands: `rulesOf` knows. */
interface Named {
  /** Part of the plan, and field in it. */
  readonly section: string;
  readonly field: string;
  /** Section of the documentation, such as `docs/sizing.md#redis`. */
  readonly source: string;
}

/**
 * One number of the plan: what it is, how it is derived, in words and in code, and where the documentation
 * argues for it. The same object computes the value and explains it.
 */
export interface Rule<I extends RuleInputs = RuleInputs, V extends PlanValue = PlanValue> extends Named {
  readonly unit: Unit;
  readonly inKiB?: true | undefined;
  /** What the number is. */
  readonly about: string;
  /** The rule in words. */
  readonly words: string;
  readonly origin: "rule" | "constant" | "setting";
  /** For a number that only follows from others: the key to set in its place. */
  readonly instead: string | undefined;
  asks(inputs: I): V;
  /** They cut the rule's value, in this order, and refuse an override. */
  readonly bounds: readonly Bound<I, V>[];
  /** They refuse an override; the rule's own value keeps within them by construction. */
  readonly allows: readonly Bound<I, V>[];
}

/** The rules of one section, by field. */
export type RuleTable = Readonly<Record<string, Rule>>;

export const atMost = <I extends RuleInputs>(
  by: string,
  limit: (inputs: I) => number,
  lack?: Resource,
): Bound<I, number> => ({
  by,
  kind: "at most",
  lack,
  fixed: limit.length === 0,
  cut: (value, inputs) => Math.min(value, limit(inputs)),
});

export const atLeast = <I extends RuleInputs>(by: string, limit: (inputs: I) => number): Bound<I, number> => ({
  by,
  kind: "at least",
  lack: undefined,
  fixed: limit.length === 0,
  cut: (value, inputs) => Math.max(value, limit(inputs)),
});

const BOUNDS = { atMost, atLeast };

interface RuleText {
  readonly unit: Unit;
  /** Whether the program takes KiB of it: an override may then have a fraction of a MiB. */
  readonly inKiB?: true;
  readonly about: string;
  readonly words: string;
  /** Default: the section of the rule's table. */
  readonly source?: string;
}

/** Makes bounds on a rule's value, typed by the rule's inputs. */
interface Bounds<I extends RuleInputs> {
  atMost(by: string, limit: (inputs: I) => number, lack?: Resource): Bound<I, number>;
  atLeast(by: string, limit: (inputs: I) => number): Bound<I, number>;
}

interface RuleBody<I extends RuleInputs, V extends PlanValue> extends RuleText {
  asks(inputs: I): V;
  bounds?(value: Bounds<I>): readonly Bound<I, V>[];
  allows?(value: Bounds<I>): readonly Bound<I, V>[];
}

/** A rule before it stands in a table. */
type Unnamed<I extends RuleInputs, V extends PlanValue> = Omit<Rule<I, V>, keyof Named | "instead"> &
  Pick<RuleText, "source">;

/** A rule whose value an override may replace. */
export const rule = <I extends RuleInputs, V extends PlanValue>(
  body: RuleBody<I, V>,
): Unnamed<I, V> & { readonly instead: undefined } => ({ ...unnamed(body, "rule"), instead: undefined });

/** A number that only follows from others; `instead` names the key to set. */
export const outcome = <I extends RuleInputs, V extends PlanValue>(
  body: RuleBody<I, V> & { readonly instead: string },
): Unnamed<I, V> & { readonly instead: string } => ({ ...unnamed(body, "rule"), instead: body.instead });

/** The same value on every machine. */
export const constant = <V extends PlanValue>(
  body: RuleText & { readonly value: V; allows?(value: Bounds<RuleInputs>): readonly Bound<RuleInputs, V>[] },
): Unnamed<RuleInputs, V> & { readonly instead: undefined } => ({
  ...unnamed({ ...body, asks: () => body.value }, "constant"),
  instead: undefined,
});

/** A value taken from the settings as it is. */
export const setting = <I extends RuleInputs, V extends PlanValue>(
  body: RuleBody<I, V> & { readonly instead: string },
): Unnamed<I, V> & { readonly instead: string } => ({ ...unnamed(body, "setting"), instead: body.instead });

function unnamed<I extends RuleInputs, V extends PlanValue>(
  { unit, inKiB, about, words, source, asks, bounds, allows }: RuleBody<I, V>,
  origin: Rule["origin"],
): Unnamed<I, V> {
  return {
    ...(source === undefined ? {} : { source }),
    unit,
    inKiB,
    about,
    words,
    origin,
    asks,
    bounds: bounds?.(BOUNDS) ?? [],
    allows: allows?.(BOUNDS) ?? [],
  };
}

/** Names each rule of a table by its key and gives it the table's section of the documentation. */
export function rulesOf<T extends Readonly<Record<string, Pick<RuleText, "source">>>>(
  section: string,
  source: string,
  table: T,
): { readonly [K in keyof T]: T[K] & Named } {
  const named = Object.entries(table).map(([field, each]) => [field, { source, ...each, section, field }]);
  return Object.fromEntries(named);
}

export const oneOf = <V extends string>(by: string, names: readonly [V, ...V[]]): Bound<RuleInputs, V> => ({
  by,
  kind: "one of",
  names,
  lack: undefined,
  fixed: true,
  cut: (value) => (names.includes(value) ? value : names[0]),
});

/** A rule's value on its inputs, within its bounds, and the last bound that cut it. */
export function settle<I extends RuleInputs, V extends PlanValue>(
  rule: Rule<I, V>,
  inputs: I,
): { asked: V; value: V; cutBy: Bound<I, V> | undefined } {
  const asked = rule.asks(inputs);
  const { value, cuts } = within(rule.bounds, asked, inputs);
  return { asked, value, cutBy: cuts.at(-1) };
}

/** A value cut by bounds in their order, and those that cut it. Where two exclude each other the later one decides. */
export function within<I extends RuleInputs, V extends PlanValue>(
  bounds: readonly Bound<I, V>[],
  given: V,
  inputs: I,
): { value: V; cuts: readonly Bound<I, V>[] } {
  let value = given;
  const cuts = bounds.filter((bound) => {
    const before = value;
    value = bound.cut(value, inputs);
    return value !== before;
  });
  return { value, cuts };
}

/** The plan fields a table of rules makes. */
export type PlanOf<T extends RuleTable> = { readonly [K in keyof T]: ReturnType<T[K]["asks"]> };

/** The fields of a table that an override may replace. */
export type OverridesOf<T extends RuleTable> = {
  readonly [K in keyof T as T[K]["instead"] extends undefined ? K : never]?: ReturnType<T[K]["asks"]> | undefined;
};
