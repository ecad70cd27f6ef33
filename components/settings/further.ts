import type { Program } from "../services";
import { plainNumberIn } from "../services/notation";
import { insteadOf, type PlanValue, RULES, type Unit } from "../sizing";
import type { Mistake } from "./mistakes";
import { asText } from "./schema/data-services";

/** What a program is given beside the plan: the part that replaces derived numbers, and the rest. */
export interface Further<Rest> {
  readonly overrides: Readonly<Record<string, PlanValue>>;
  /** By field: where its value was written. */
  readonly names: Readonly<Record<string, string>>;
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
      if (/^-[A-Za-z]/.test(argument)) found.short(argument, ["arguments", index]);
      else rest.push(argument);
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
  readonly names: Record<string, string> = {};
  readonly mistakes: Mistake[] = [];

  constructor(private readonly program: Program) {}

  /** Whether the name is the plan's or the component's own business. */
  take(name: string, text: string, path: Mistake["path"]): boolean {
    const { service, derived, reserved } = this.program;
    const field = Object.hasOwn(derived, name) ? derived[name] : undefined;
    const instead = field && insteadOf(service, field);
    const reason = instead ? `set ${instead}` : Object.hasOwn(reserved, name) ? reserved[name] : undefined;
    if (reason) this.mistakes.push({ path, message: `${name} cannot be set here: ${reason}` });
    else if (field) {
      const value = readAs(this.program, name, field, text);
      if (value === undefined) {
        this.mistakes.push({
          path,
          message: `${JSON.stringify(text)} given; ${wanted(this.program, field)} is needed`,
        });
      } else {
        this.overrides[field] = value;
        this.names[field] = [service, ...path].join(".");
      }
    }
    return reason !== undefined || field !== undefined;
  }

  /** An option in short form: never passed on, since what it sets may be the plan's. */
  short(argument: string, path: Mistake["path"]): void {
    const letter = argument.charAt(1);
    const { short = {}, reserved } = this.program;
    const name = Object.hasOwn(short, letter) ? short[letter] : undefined;
    if (name !== undefined && Object.hasOwn(reserved, name)) this.take(name, "", path);
    else this.mistakes.push({ path, message: `${argument} given; write the long form, --${name ?? "name"}` });
  }
}

/** The text a program takes as the value the plan holds; undefined where it is none. */
function readAs({ service, mebibytes }: Program, name: string, field: string, text: string): PlanValue {
  const unit = RULES[service][field]?.unit;
  if (unit === "name") return text.trim().toLowerCase();
  if (unit === "switch") {
    if (/^(on|yes|true|1)$/i.test(text)) return true;
    return /^(off|no|false|0)$/i.test(text) ? false : undefined;
  }
  if (unit === "MiB") {
    return mebibytes?.(text, name);
  }
  return plainNumberIn(text);
}

function wanted({ service, sizes = "a size" }: Program, field: string): string {
  const unit: Unit | undefined = RULES[service][field]?.unit;
  if (unit === "MiB") return sizes;
  return unit === "switch" ? "on or off" : "a number";
}
