import { spawn } from "node:child_process";
import { stdin } from "node:process";
import type { StackContainer } from "./containers";

/** Runs a program inside a container, on this terminal where there is one. Resolves to its exit code. */
export function runInside({ id }: StackContainer, argv: readonly string[]): Promise<number> {
  const terminal = stdin.isTTY ? ["--interactive", "--tty"] : ["--interactive"];
  const child = spawn("docker", ["exec", ...terminal, id, ...argv], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
