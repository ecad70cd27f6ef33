import type { z } from "zod";
import { type Hardware, OverrideRefusal, type SizingInputs, SizingRefusal, sizingPlan } from "../sizing";
import type { Mistake } from "./mistakes";
import { settingsSchema } from "./schema";

type Given = Readonly<Record<string, unknown>>;
type Issue = z.core.$ZodIssue;
type Parsed = z.infer<typeof settingsSchema>;

/** Too small for any system: what depends on the machine is not judged there, what never does is. */
const NO_MACHINE: Hardware = { threads: 1, memory: "1MiB" };

/**
 * Mistakes of overrides beside others, which need not wait until those are put right: all of them where the settings
 * name the machine, else those that are mistakes on any.
 * @param issues What the schema finds wrong; it is left out.
 * @param inputsOf What sizing takes from settings.
 */
export function overrideMistakesBeside(
  given: Given,
  issues: readonly Issue[],
  inputsOf: (settings: Parsed, hardware: Hardware) => SizingInputs,
): Mistake[] {
  const wrong = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path],
  );
  const rest = wrong.reduce<Given>(without, given);
  const { success, data } = settingsSchema.safeParse({ target: "docker", tier: "low", ...rest });
  if (!success) return [];
  // What is no setting decides nothing; what is left out of the others may decide what an override is held against.
  const decides = issues.some(({ code, path: [key] }) => code !== "unrecognized_keys" && key !== "overrides");
  const hardware = decides || data.hardware === "auto" ? NO_MACHINE : data.hardware;
  const inputs = inputsOf(data, hardware);
  try {
    sizingPlan(inputs);
  } catch (error) {
    if (error instanceof OverrideRefusal) {
      return error.mistakes.map(({ section, key, message }) => ({
        path: [inputs.overrideNames?.[`${section}.${key}`] ?? `overrides.${section}.${key}`],
        message,
      }));
    }
    if (!(error instanceof SizingRefusal)) throw error;
  }
  return [];
}

/** The settings without what is at a path. */
function without(given: Given, path: readonly PropertyKey[]): Given {
  const [key, ...deeper] = path;
  if (key === undefined) return given;
  const { [String(key)]: inner, ...others } = given;
  if (deeper.length === 0) return others;
  const isMap = typeof inner === "object" && inner !== null && !Array.isArray(inner);
  return isMap ? { ...others, [String(key)]: without({ ...inner }, deeper) } : others;
}
