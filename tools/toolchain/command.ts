import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import * as path from "node:path";

export interface CommandOptions {
  readonly cwd?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutSeconds?: number;
  /** Sees each line of both streams as it is written. */
  readonly onLine?: (line: string) => void;
}

/** How many of its last lines a failed command is quoted with. */
const QUOTED_LINES = 15;

/**
 * Runs a command and resolves to its standard output.
 * @throws Error that names the command and quotes its last lines.
 */
export function run(command: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { cwd, env, timeoutSeconds, onLine } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds * 1000 }),
    });
    let stdout = "";
    let everything = "";
    const hear = (chunk: string) => {
      everything += chunk;
      for (const line of chunk.split("\n")) if (line.trim()) onLine?.(line.trim());
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      hear(chunk);
    });
    child.stderr.setEncoding("utf8").on("data", hear);
    child.on("error", (error) => reject(new Error(`${command}: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0) return resolve(stdout);
      const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
      const lines = everything.trimEnd().split("\n").slice(-QUOTED_LINES).join("\n");
      reject(new Error(`${[command, ...args.slice(0, 2)].join(" ")} ${how}${lines && `:\n${lines}`}`));
    });
  });
}

/** The path of a program on PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
