import * as pulumi from "@pulumi/pulumi";
import type { Hardware, SizingInputs } from "../sizing";
import { describeMistakes } from "./mistakes";
import { SECRET_SETTINGS, type Settings, settingsSchema } from "./schema";

/** The stack's settings, checked; passwords stay secret. */
export interface LoadedSettings extends Omit<Settings, (typeof SECRET_SETTINGS)[number]> {
  readonly postgresPassword: pulumi.Output<string> | undefined;
  readonly redisPassword: pulumi.Output<string> | undefined;
}

/**
 * Reads and checks the stack's settings.
 * @throws pulumi.RunError with every mistake at once: where, what was given, what is allowed.
 */
export function loadSettings(): LoadedSettings {
  const config = new pulumi.Config();
  const { postgresPassword: _p, redisPassword: _r, ...settings } = parseSettings(givenSettings(), pulumi.getStack());
  return {
    ...settings,
    postgresPassword: config.getSecret("postgresPassword"),
    redisPassword: config.getSecret("redisPassword"),
  };
}

/**
 * Checks settings given as plain values, keys without the project's name.
 * @throws pulumi.RunError with every mistake at once: where, what was given, what is allowed.
 */
export function parseSettings(given: Readonly<Record<string, unknown>>, stack: string): Settings {
  const result = settingsSchema.safeParse(given);
  if (result.success) return result.data;
  const mistakes = describeMistakes(result.error.issues, given).map((mistake) => `  ${mistake}`);
  throw new pulumi.RunError(
    [`The settings of stack ${stack} need a correction:`, ...mistakes, "Nothing was created or changed."].join("\n"),
  );
}

/** What sizing takes from the settings, the machine being known. */
export function sizingInputs(
  { share, tier, overrides }: Pick<Settings, "share" | "tier" | "overrides">,
  hardware: Hardware,
): SizingInputs {
  return { hardware, share, tier, ...(Object.keys(overrides).length > 0 ? { overrides } : {}) };
}

/** All settings of this project as plain values. Objects and numbers arrive as JSON text. */
function givenSettings(): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  return Object.fromEntries(entries.map(([key, value]) => [key, isSecret(key) ? value : fromText(value)]));
}

const isSecret = (key: string): boolean => (SECRET_SETTINGS as readonly string[]).includes(key);

function fromText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
