import { z } from "zod";
import { ALL_SERVICES } from "../../components/services";
import {
  type Advisory,
  type Capacity,
  type Explanation,
  type PlanValue,
  type Section,
  type SizingInputs,
  type SizingPlan,
  sizingPlan,
} from "../../components/sizing";
import type { Preview, Properties } from "./preview";
import { shortened } from "./values";

/** One number on one side: its value, and why it is that, where the rules of this version give it. */
export interface PlannedNumber {
  readonly value: PlanValue;
  readonly explanation: Explanation | undefined;
}

/** The numbers of one service. */
export type PlannedService = ReadonlyMap<string, PlannedNumber>;

/** What is known of a plan: that of a stack as it is, or as it would be. */
export interface PlanSide {
  readonly services: ReadonlyMap<string, PlannedService>;
  /** The inputs, resolved; undefined where this version refuses them. */
  readonly inputs: SizingPlan["inputs"] | undefined;
  /** Copies of the application that a deploy runs side by side; undefined where this version has no plan of it. */
  readonly rolloutFactor: SizingPlan["rolloutFactor"] | undefined;
  readonly capacity: Capacity | undefined;
  readonly advisories: readonly Advisory[];
}

/** A plan before and after; undefined where there is none, as before the first deploy. */
export interface PlanChange {
  readonly before: PlanSide | undefined;
  readonly after: PlanSide | undefined;
}

/** In the order they are shown: services with data first. */
const SHOWN_SECTIONS: readonly Section[] = ALL_SERVICES.map(({ section }) => section);

interface Registered {
  readonly name: string;
  readonly section: Section;
  readonly sizing: unknown;
  readonly numbers: Properties;
}

/** The plans in a preview: numbers as the components registered them, reasons from the same inputs planned again. */
export function plansOf({ changes }: Preview): PlanChange {
  const sides = changes.flatMap(({ type, name, before, after }) => {
    const section = ALL_SERVICES.find(({ component }) => component === type)?.section;
    return section ? [{ before: registered(name, section, before), after: registered(name, section, after) }] : [];
  });
  const present = (some: readonly (Registered | undefined)[]) => some.filter((each) => each !== undefined);
  return {
    before: sideOf(present(sides.map(({ before }) => before))),
    after: sideOf(present(sides.map(({ after }) => after))),
  };
}

const registeredSchema = z.object({ sizing: z.unknown(), plan: z.record(z.string(), z.unknown()) });

function registered(name: string, section: Section, inputs: Properties | undefined): Registered | undefined {
  const result = registeredSchema.safeParse(inputs);
  return result.success ? { name, section, sizing: result.data.sizing, numbers: result.data.plan } : undefined;
}

function sideOf(components: readonly Registered[]): PlanSide | undefined {
  const [first, ...others] = [...components].sort(
    (a, b) => SHOWN_SECTIONS.indexOf(a.section) - SHOWN_SECTIONS.indexOf(b.section),
  );
  if (!first) return undefined;
  const planned = memoized();
  const system = planned(first.sizing);
  return {
    services: new Map(
      [first, ...others].map(({ name, section, sizing, numbers }) => [
        name,
        numbersOf(numbers, planned(sizing)?.explanations[section] ?? {}),
      ]),
    ),
    inputs: system?.inputs,
    rolloutFactor: system?.rolloutFactor,
    capacity: system?.capacity,
    advisories: system?.advisories ?? [],
  };
}

const numbersOf = (numbers: Properties, explanations: Readonly<Record<string, Explanation>>): PlannedService =>
  new Map(
    Object.entries(numbers)
      .filter((entry): entry is [string, number | string | boolean] => isPlanValue(entry[1]))
      .map(([field, value]) => [field, { value, explanation: explanations[field] }]),
  );

const isPlanValue = (value: unknown): boolean => ["number", "string", "boolean"].includes(typeof value);

/** Components share their inputs: each are planned once. Inputs this version refuses have no plan. */
function memoized(): (sizing: unknown) => SizingPlan | undefined {
  const plans = new Map<string, SizingPlan | undefined>();
  return (sizing) => {
    const key = JSON.stringify(sizing);
    if (!plans.has(key)) plans.set(key, attempted(sizing));
    return plans.get(key);
  };
}

function attempted(sizing: unknown): SizingPlan | undefined {
  try {
    // `sizingPlan` checks them: what another version registered may be anything.
    return sizingPlan(sizing as SizingInputs);
  } catch {
    return undefined;
  }
}

/** Text of a file that a fork may have written. */
const words = z.string().transform((text) => shortened(text, 1000));
const planValue = z.union([z.number(), words, z.boolean()]);
const explanationSchema = z.object({
  value: planValue.optional(),
  unit: words,
  rule: words,
  inputs: z.record(z.string(), planValue),
  bound: z.object({ asked: planValue.optional(), by: words }).optional(),
  origin: z.enum(["rule", "constant", "setting", "override"]),
  replaced: planValue.optional(),
  source: words,
});

const explainedSchema = z.object({
  inputs: z.looseObject({ tier: z.string(), topology: z.string() }),
  plan: z.record(z.string(), z.record(z.string(), explanationSchema)),
  advisories: z.array(z.object({ id: words, severity: z.enum(["warning", "info"]), service: words, sentence: words })),
  reference: words.optional(),
});

/** A plan as `explain --json` writes it. */
export interface ExplainedPlan extends PlanSide {
  /** The machine it was made for, where the stack does not say one. */
  readonly reference: string | undefined;
}

/**
 * Reads what `explain --json` wrote.
 * @throws Error where it is something else.
 */
export function parseExplained(text: string, file: string): ExplainedPlan {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${file}: is no JSON; give what this writes: npm run --silent explain -- --stack dev --json`);
  }
  const result = explainedSchema.safeParse(json);
  if (!result.success) {
    throw new Error(`${file}: is not what explain --json writes.\n${z.prettifyError(result.error)}`);
  }
  const { plan, inputs, advisories, reference } = result.data;
  // The words and units are those of a plan; what a reader makes of unknown ones is its own text.
  const explanations = plan as unknown as SizingPlan["explanations"];
  const services = SHOWN_SECTIONS.filter((section) => Object.keys(explanations[section] ?? {}).length > 0).map(
    (section) => [section, numbersOf(valuesOf(explanations[section]), explanations[section])] as const,
  );
  return {
    services: new Map(services),
    inputs: inputs as unknown as SizingPlan["inputs"],
    rolloutFactor: explanations.connections?.rolloutFactor?.value === 1 ? 1 : 2,
    capacity: valuesOf(explanations.capacity ?? {}) as unknown as Capacity,
    advisories: advisories as unknown as readonly Advisory[],
    reference,
  };
}

const valuesOf = (explanations: Readonly<Record<string, Explanation>>): Properties =>
  Object.fromEntries(Object.entries(explanations).map(([field, { value }]) => [field, value]));
