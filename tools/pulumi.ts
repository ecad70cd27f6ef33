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
