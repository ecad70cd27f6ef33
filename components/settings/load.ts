import * as pulumi from "@pulumi/pulumi";
import { fromText, type ParsedSettings, parseSettings } from "./parse";
import { isSecretSetting, SECRET_SETTINGS, type Settings } from "./schema";

/** The stack's settings, checked; what is secret stays secret. */
export interface LoadedSettings
  extends Omit<Settings, (typeof SECRET_SETTINGS)[number]>,
    Partial<Pick<ParsedSettings, "overrideNames">> {
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
  readonly postgresPassword: pulumi.Output<string> | undefined;
  readonly redisPassword: pulumi.Output<string> | undefined;
}

/**
 * Reads and checks the stack's settings.
 * @throws SettingsError with every mistake at once: where, what was given, what is allowed.
 */
export function loadSettings(): LoadedSettings {
  const config = new pulumi.Config();
  const plainSecrets = SECRET_SETTINGS.filter((key) => config.get(key) !== undefined && !isGivenAsSecret(key));
  const given = parseSettings(givenSettings(), pulumi.getStack(), plainSecrets);
  const { secrets, postgresPassword: _p, redisPassword: _r, ...settings } = given;
  return {
    ...settings,
    secrets: Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, pulumi.secret(value)])),
    postgresPassword: config.getSecret("postgresPassword"),
    redisPassword: config.getSecret("redisPassword"),
  };
}

/** All settings of this project as plain values. Objects and numbers arrive as JSON text. */
function givenSettings(): Record<string, unknown> {
  const prefix = `${pulumi.getProject()}:`;
  const entries = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, value]) => [key.slice(prefix.length), value] as const);
  return Object.fromEntries(entries.map(([key, value]) => [key, isPassword(key) ? value : fromText(value)]));
}

/** A password is a text even where it looks like a number. */
const isPassword = (key: string): boolean => isSecretSetting(key) && key !== "secrets";

/** Pulumi knows, and leaves the question out of its types. */
function isGivenAsSecret(key: string): boolean {
  const { isConfigSecret } = pulumi.runtime as { isConfigSecret?: (key: string) => boolean };
  return isConfigSecret?.(`${pulumi.getProject()}:${key}`) ?? true;
}
