import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface DockerResult {
  readonly code: number;
  /** Both streams, line by line as they came. */
  readonly lines: readonly string[];
}

/**
 * Runs Docker's own client, so that its context, credential store and messages are those people know. Never rejects:
 * a client that is not there is exit code 127.
 */
export function docker(
  args: readonly string[],
  options: {
    readonly timeoutSeconds?: number;
    /** Added to this process's environment. */
    readonly env?: Readonly<Record<string, string>>;
    readonly onLine?: (line: string) => void;
  } = {},
): Promise<DockerResult> {
  const lines: string[] = [];
  const child = spawn("docker", [...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    timeout: (options.timeoutSeconds ?? 30) * 1000,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      options.onLine?.(line);
    });
  }
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 127, lines: [error.message] }));
    child.on("close", (code) => resolve({ code: code ?? 124, lines }));
  });
}

/** The last lines of a program, indented under a sentence. */
export const lastLines = (lines: readonly string[], count = 20): string =>
  lines
    .slice(-count)
    .map((line) => `  ${line}`)
    .join("\n");
