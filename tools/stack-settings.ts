import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { engineHardware } from "../components/platform/docker/engine";
import { parseSettings, sizingInputs } from "../components/settings/parse";
import { isSecretSetting, type Settings } from "../components/settings/schema";
import { type SizingInputs, type SizingPlan, sizingPlan } from "../components/sizing";
import { PROJECT } from "./toolchain/versions";

const PROJECT_NAME = "sized-stack";

/** `<project>-<stack>`: the prefix of every name on the Docker engine. */
export const stackPrefix = (stack: string): string => `${PROJECT_NAME}-${stack}`;

/**
 * The settings of a stack, read from its file without the engine. Secrets stay unread.
 * @throws Error with every mistake at once.
 */
export function stackSettings(stack: string): Settings {
  const file = path.join(PROJECT, `Pulumi.${stack}.yaml`);
  const { config = {} }: { config?: Record<string, unknown> } = parse(readFileSync(file, "utf8")) ?? {};
  const own = Object.entries(config)
    .filter(([key, value]) => key.startsWith(`${PROJECT_NAME}:`) && !isSecret(value))
    .map(([key, value]) => [key.slice(PROJECT_NAME.length + 1), value]);
  const plain = own.map(([key]) => String(key)).filter(isSecretSetting);
  return parseSettings(Object.fromEntries(own), stack, plain);
}

const isSecret = (value: unknown): boolean => typeof value === "object" && value !== null && "secure" in value;

/** What a Docker stack is sized from, as its program computes it. */
export async function stackInputs(stack: string): Promise<SizingInputs> {
  const settings = stackSettings(stack);
  const { hardware } = settings;
  return sizingInputs(settings, hardware === "auto" ? await engineHardware() : hardware);
}

/** The plan of a Docker stack. */
export const stackPlan = async (stack: string): Promise<SizingPlan> => sizingPlan(await stackInputs(stack));
