import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { engineHardware } from "../../components/platform/docker/engine";
import { localImages } from "../../components/platform/docker/local-images";
import { engineOpenFiles, openFilesBeside } from "../../components/platform/docker/open-files";
import { knownInstanceType } from "../../components/platform/ec2/hardware";
import { ec2Inputs, instancesOf } from "../../components/platform/ec2/inputs";
import type { Instances } from "../../components/platform/ec2/instance-fit";
import { fromText, parseSettings, sizingInputs } from "../../components/settings/parse";
import { isSecretSetting, type Settings } from "../../components/settings/schema";
import { type Hardware, type SizingInputs, type SizingPlan, sizingPlan } from "../../components/sizing";
import { run } from "../toolchain/command";
import { pulumiEnvironment } from "../toolchain/environment";
import { PROJECT } from "../toolchain/versions";

const { name: PROJECT_NAME }: { name: string } = parse(readFileSync(path.join(PROJECT, "Pulumi.yaml"), "utf8"));

/** `<project>-<stack>`: the prefix of every name on the Docker engine, and of those in AWS. */
export const stackPrefix = (stack: string): string => `${PROJECT_NAME}-${stack}`;

/**
 * The settings of a stack, read from its file without the engine. Secrets stay unread.
 * @throws Error with every mistake at once.
 */
export function stackSettings(stack: string): Settings {
  const file = settingsFile(stack);
  if (!existsSync(file)) {
    throw new Error(
      `Stack ${stack} has no settings: Pulumi.${stack}.yaml is missing. README.md says how to add a stack.`,
    );
  }
  const all = Object.entries(configIn(file))
    .filter(([key]) => key.startsWith(`${PROJECT_NAME}:`))
    .map(([key, value]) => [key.slice(PROJECT_NAME.length + 1), value] as const);
  const unreadSecrets = all.filter(([, value]) => isSecret(value)).map(([key]) => key);
  const own = all
    .filter(([, value]) => !isSecret(value))
    .map(([key, value]) => [key, typeof value === "string" ? fromText(value) : value] as const);
  const plain = own.map(([key]) => key).filter(isSecretSetting);
  return parseSettings(Object.fromEntries(own), stack, plain, { unreadSecrets, purpose: "plan" });
}

/** Where a stack runs, whatever else its settings say; one without settings runs on Docker. */
export function stackTarget(stack: string): Settings["target"] {
  const file = settingsFile(stack);
  return existsSync(file) && configIn(file)[`${PROJECT_NAME}:target`] === "ec2" ? "ec2" : "docker";
}

const settingsFile = (stack: string): string => path.join(PROJECT, `Pulumi.${stack}.yaml`);

function configIn(file: string): Readonly<Record<string, unknown>> {
  const { config }: { config?: Record<string, unknown> } = parse(readFileSync(file, "utf8")) ?? {};
  return config ?? {};
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

/** What a stack is sized from, and the instances it runs on. */
export interface StackSystem {
  readonly inputs: SizingInputs;
  readonly instances?: Instances;
  /** The machine that was taken because the settings ask the Docker engine for it. */
  readonly reference?: Hardware;
}

/**
 * What a stack is sized from, as its program computes it; for one on EC2 without asking AWS.
 * @param reference Machine to take where the settings say `auto`, instead of asking the Docker engine.
 */
export async function stackSystem(stack: string, reference?: Hardware): Promise<StackSystem> {
  const settings = stackSettings(stack);
  const { hardware, ec2 } = settings;
  if (settings.target === "ec2" && ec2 !== undefined) {
    const app = knownInstanceType(ec2.instanceType);
    const types = { app, data: knownInstanceType(ec2.dataInstanceType ?? ec2.instanceType) };
    return { inputs: ec2Inputs(settings, types), instances: instancesOf(settings, types) };
  }
  // A reference machine has no engine to ask.
  const openFiles =
    settings.hostNofile === "auto" && reference === undefined ? await openFilesHere(settings) : undefined;
  if (hardware !== "auto") return { inputs: sizingInputs(settings, hardware, openFiles) };
  return {
    inputs: sizingInputs(settings, reference ?? (await engineHardware()), openFiles),
    ...(reference && { reference }),
  };
}

/** Open files as the program of the stack takes them from the Docker engine. */
function openFilesHere({ images }: Settings): Promise<number> {
  const standIns = path.join(PROJECT, ".local", "images.json");
  const image = localImages(standIns)(images.haproxy);
  return engineOpenFiles({ image, cache: openFilesBeside(standIns), pull: false });
}

/** The plan of a stack. */
export const stackPlan = async (stack: string): Promise<SizingPlan> => sizingPlan((await stackSystem(stack)).inputs);
