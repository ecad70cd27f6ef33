import { spawn } from "node:child_process";
import { run } from "./toolchain/command";
import { PROJECT } from "./toolchain/versions";

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

/** What a preview says as JSON, with the unchanged resources, and what else it prints. A failure is said in either. */
export function previewed(stack: string, env: PulumiEnv): Promise<{ preview: string; log: string }> {
  const args = ["preview", "--json", "--show-sames", "--non-interactive", "--stack", stack];
  const child = spawn("pulumi", args, {
    cwd: PROJECT,
    env: { ...process.env, ...env },
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
    child.on("close", () => resolve(said));
  });
}
