import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { run } from "../toolchain/command";
import { PROJECT } from "../toolchain/versions";
import { policyArguments } from "./policy";

/** Environment in which `pulumi` runs. */
export type PulumiEnv = Readonly<Record<string, string>>;

/**
 * Runs `pulumi` with its own display on this terminal.
 * @throws Error where it fails; what went wrong is on the terminal already.
 */
export function pulumi(args: readonly string[], env: PulumiEnv): Promise<void> {
  const child = spawn("pulumi", [...args], { cwd: PROJECT, env: { ...process.env, ...env }, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`pulumi ${args[0]} did not succeed: see above.`)),
    );
  });
}

/** Runs `pulumi` and resolves to what it prints. */
export const pulumiOutput = (args: readonly string[], env: PulumiEnv): Promise<string> =>
  run("pulumi", args, { cwd: PROJECT, env });

/** Makes the stack the selected one, and creates it on first use. */
export async function selectStack(stack: string, env: PulumiEnv): Promise<void> {
  await pulumiOutput(["stack", "select", "--create", stack, "--non-interactive"], env);
}

/**
 * Updates a stack without asking, on this terminal.
 * @param refresh Whether Pulumi looks first at what is really there.
 */
export function update(stack: string, env: PulumiEnv, { refresh }: { readonly refresh: boolean }): Promise<void> {
  const looking = refresh ? ["--refresh"] : [];
  return pulumi(["up", ...looking, "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack], env);
}

/** Removes everything of a stack without asking, but what is retained or protected; its state and settings stay. */
export const destroy = (stack: string, env: PulumiEnv): Promise<void> =>
  pulumi(["destroy", "--yes", "--skip-preview", "--suppress-outputs", "--stack", stack], env);

/** Removes a stack with its state, if there is one; its settings stay. */
export async function destroyForGood(stack: string, env: PulumiEnv): Promise<void> {
  const stacks: { name: string }[] = JSON.parse(await pulumiOutput(["stack", "ls", "--json"], env));
  if (!stacks.some(({ name }) => name === stack)) return;
  await destroy(stack, env);
  await pulumiOutput(["stack", "rm", "--yes", "--preserve-config", stack], env);
}

/** The stack's output `url`: where clients reach it. */
export const stackUrl = async (stack: string, env: PulumiEnv): Promise<string> =>
  (await pulumiOutput(["stack", "output", "url", "--stack", stack], env)).trim();

/** What a preview says, each as text. */
export interface Previewed {
  /** JSON, with the unchanged resources. A failure is said in it or in `log`. */
  readonly preview: string;
  /** What else it prints. */
  readonly log: string;
  /** The engine's events, one JSON object a line: they alone say what a policy has against a change. */
  readonly events: string;
}

/** Previews a stack, held to its policies. */
export function previewed(stack: string, env: PulumiEnv): Promise<Previewed> {
  const folder = mkdtempSync(path.join(tmpdir(), "sized-stack-preview-"));
  const events = path.join(folder, "events.jsonl");
  writeFileSync(events, "");
  const log = ["--event-log", events, ...policyArguments(stack)];
  const args = ["preview", "--json", "--show-sames", "--non-interactive", "--stack", stack, ...log];
  const child = spawn("pulumi", args, {
    cwd: PROJECT,
    // The flag for the events is one for debugging.
    env: { ...process.env, ...env, PULUMI_DEBUG_COMMANDS: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { preview: "", log: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    said.preview += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    said.log += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => {
      resolve({ ...said, events: readFileSync(events, "utf8") });
      rmSync(folder, { recursive: true });
    });
  });
}
