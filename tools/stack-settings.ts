import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { engineHardware } from "../components/platform/docker/engine";
import { fromText, parseSettings, sizingInputs } from "../components/settings/parse";
import { isSecretSetting, type Settings } from "../components/settings/schema";
import { type Hardware, type SizingInputs, type SizingPlan, sizingPlan } from "../components/sizing";
import { run } from "./toolchain/command";
import { pulumiEnvironment } from "./toolchain/environment";
import { PROJECT } from "./toolchain/versions";

const { name: PROJECT_NAME }: { name: string } = parse(readFileSync(path.join(PROJECT, "Pulumi.yaml"), "utf8"));

/** `<project>-<stack>`: the prefix of every name on the Docker engine. */
export const stackPrefix = (stack: string): string => `${PROJECT_NAME}-${stack}`;

/**
 * The settings of a stack, read from its file without the engine. Secrets stay unread.
 * @throws Error with every mistake at once.
 */
export function stackSettings(stack: string): Settings {
  const file = path.join(PROJECT, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) {
    throw new Error(
      `Stack ${stack} has no settings: Pulumi.${stack}.yaml is missing. README.md says how to add a stack.`,
    );
  }
  const { config = {} }: { config?: Record<string, unknown> } = parse(readFileSync(file, "utf8")) ?? {};
  const all = Object.entries(config)
    .filter(([key]) => key.startsWith(`${PROJECT_NAME}:`))
    .map(([key, value]) => [key.slice(PROJECT_NAME.length + 1), value] as const);
  const unread = all.filter(([, value]) => isSecret(value)).map(([key]) => key);
  const own = all
    .filter(([, value]) => !isSecret(value))
    .map(([key, value]) => [key, typeof value === "string" ? fromText(value) : value] as const);
  const plain = own.map(([key]) => key).filter(isSecretSetting);
  return parseSettings(Object.fromEntries(own), stack, plain, unread);
}

/** A value `pulumi config set --secret` wrote, or a map of such. */
function isSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return "secure" in value || (Object.keys(value).length > 0 && Object.values(value).every(isSecret));
}

/** The stack `pulumi stack select` chose, or dev. */
export async function selectedStack(): Promise<string> {
  const env = await pulumiEnvironment().catch(() => ({}));
  return run("pulumi", ["stack", "--show-name"], { cwd: PROJECT, env }).then(
    (name) => name.trim(),
    () => "dev",
  );
}

/**
 * What a Docker stack is sized from, as its program computes it.
 * @param reference Machine to take where the settings say `auto`, instead of asking the Docker engine.
 */
export async function stackInputs(stack: string, reference?: Hardware): Promise<SizingInputs> {
  const settings = stackSettings(stack);
  const { hardware } = settings;
  return sizingInputs(settings, hardware === "auto" ? (reference ?? (await engineHardware())) : hardware);
}

/** The plan of a Docker stack. */
export const stackPlan = async (stack: string): Promise<SizingPlan> => sizingPlan(await stackInputs(stack));
