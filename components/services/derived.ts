import type { PlanValue } from "../sizing";

/** A program's own name for a setting, and the field of its part of the plan that holds the value. */
export type DerivedSettings<Plan> = Readonly<Record<string, keyof Plan & string>>;

/** How a program writes sizes and switches. */
export interface Notation {
  readonly mebibytes: string;
  readonly on: string;
  readonly off: string;
}

/** The derived settings under the program's names; those the plan leaves out are left out. */
export function derivedValues<Plan extends object>(
  settings: DerivedSettings<Plan>,
  plan: Plan,
  notation: Notation,
): Record<string, string> {
  const values: [string, string][] = [];
  for (const [name, field] of Object.entries(settings)) {
    const value = plan[field] as PlanValue;
    if (value !== undefined) values.push([name, written(field, value, notation)]);
  }
  return Object.fromEntries(values);
}

function written(field: string, value: Exclude<PlanValue, undefined>, { mebibytes, on, off }: Notation): string {
  if (typeof value === "boolean") return value ? on : off;
  if (!field.endsWith("MiB")) return String(value);
  // A size that was given in KiB stays exact.
  return Number.isInteger(value) || mebibytes === "" ? `${value}${mebibytes}` : `${Number(value) * 1024}kB`;
}
