import type { Program } from "../services";
import { type PlanValue, RULES, type Service, type Unit } from "../sizing";
import type { Mistake } from "./mistakes";
import { asText } from "./schema/data-services";

/** What a program is given beside the plan: the part that replaces derived numbers, and the rest. */
export interface Further<Rest> {
  readonly overrides: Readonly<Record<string, PlanValue>>;
  readonly rest: Rest;
  readonly mistakes: readonly Mistake[];
}

/** Parameters by name, as postgresql.conf and redis.conf have them. */
export function furtherParameters(
  program: Program,
  given: Readonly<Record<string, unknown>>,
): Further<Readonly<Record<string, string>>> {
  const found = new Found(program);
  const rest: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const text = asText(value);
    if (!found.take(name, text, ["parameters", name])) rest[name] = text;
  }
  return { ...found, rest };
}

/** Arguments in long form: `--name=value`, or `--name` and the value after it. */
export function furtherArguments(program: Program, given: readonly string[]): Further<readonly string[]> {
  const found = new Found(program);
  const rest: string[] = [];
  for (let index = 0; index < given.length; index++) {
    const argument = given[index] ?? "";
    const [, name, value] = /^--([^=]+)(?:=(.*))?$/.exec(argument) ?? [];
    const next = given[index + 1];
    if (name === undefined) {
      if (/^-[A-Za-z]/.test(argument)) {
        found.mistakes.push({ path: ["arguments", index], message: `${argument} given; write the long form, --name` });
      } else rest.push(argument);
      continue;
    }
    const follows = value === undefined && next !== undefined && !next.startsWith("-");
    if (!found.take(name, value ?? (follows ? next : ""), ["arguments", index])) rest.push(argument);
    else if (follows) index++;
  }
  return { ...found, rest };
}

class Found {
  readonly overrides: Record<string, PlanValue> = {};
  readonly mistakes: Mistake[] = [];

  constructor(private readonly program: Program) {}

  /** Whether the name is the plan's or the component's own business. */
  take(name: string, text: string, path: Mistake["path"]): boolean {
    const { service, derived, reserved } = this.program;
    const reason = Object.hasOwn(reserved, name) ? reserved[name] : undefined;
    const field = Object.hasOwn(derived, name) ? derived[name] : undefined;
    if (reason) this.mistakes.push({ path, message: `${name} cannot be set here: ${reason}` });
    else if (field) {
      const value = readAs(service, field, text);
      if (value === undefined) {
        this.mistakes.push({ path, message: `${JSON.stringify(text)} given; ${wanted(service, field)} is needed` });
      } else this.overrides[field] = value;
    }
    return reason !== undefined || field !== undefined;
  }
}

/** The text a program takes as the value the plan holds; undefined where it is none. */
function readAs(service: Service, field: string, text: string): PlanValue {
  const unit = unitOf(service, field);
  if (unit === "name") return text;
  if (unit === "switch") {
    if (/^(on|yes|true|1)$/i.test(text)) return true;
    return /^(off|no|false|0)$/i.test(text) ? false : undefined;
  }
  if (unit === "MiB") {
    const [, amount, size] = /^(\d+)(MB|GB)$/i.exec(text) ?? [];
    return amount === undefined ? undefined : Number(amount) * (size?.toUpperCase() === "GB" ? 1024 : 1);
  }
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function wanted(service: Service, field: string): string {
  const unit = unitOf(service, field);
  if (unit === "MiB") return 'a size in whole MB or GB, such as "32MB",';
  return unit === "switch" ? "on or off" : "a number";
}

const unitOf = (service: Service, field: string): Unit | undefined => RULES[service][field]?.unit;
