import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { docker, lastLines } from "./command-line";
import { SERVICE_LABEL, STACK_LABEL, secretName } from "./container-args";

/** Longer than any migration should hold up a deploy; one that takes longer is run by hand. */
const TIMEOUT_SECONDS = 3600;

/** A command in a container that ends, with every value known. */
export interface OneCommand {
  readonly name: string;
  readonly prefix: string;
  readonly network: string;
  readonly image: string;
  readonly argv: readonly string[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
  readonly user: number;
  readonly memoryMiB: number;
}

/**
 * Runs a command to its end in a container of its own, which is removed afterwards.
 * @throws Error with the exit code and the last lines where it fails.
 */
export async function runOnce(command: OneCommand, progress: (line: string) => void): Promise<void> {
  const { name, prefix } = command;
  await removeEarlier(prefix, name);
  const created = await docker([
    "create",
    `--label=${STACK_LABEL}=${prefix}`,
    `--label=${SERVICE_LABEL}=${name}`,
    `--network=${command.network}`,
    `--user=${command.user}`,
    `--memory=${command.memoryMiB}m`,
    `--memory-swap=${command.memoryMiB}m`,
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    ...command.env.map((line) => `--env=${line}`),
    command.image,
    ...command.argv,
  ]);
  const id = created.lines.at(-1) ?? "";
  if (created.code !== 0) throw new Error(failure(command, "could not be started", created.lines));
  try {
    await copySecrets(id, command.secrets);
    const { code, lines } = await docker(["start", "--attach", id], {
      timeoutSeconds: TIMEOUT_SECONDS,
      onLine: progress,
    });
    if (code === 124) throw new Error(failure(command, `did not end within ${TIMEOUT_SECONDS} s`, lines));
    if (code !== 0) throw new Error(failure(command, `ended with exit code ${code}`, lines));
  } finally {
    await docker(["rm", "--force", "--volumes", id]);
  }
}

/** One of an update that was interrupted may still run: two at once would meet in the same tables. */
async function removeEarlier(prefix: string, name: string): Promise<void> {
  const filters = [`--filter=label=${STACK_LABEL}=${prefix}`, `--filter=label=${SERVICE_LABEL}=${name}`];
  const { lines } = await docker(["ps", "--all", "--quiet", ...filters]);
  for (const id of lines) {
    await docker(["stop", id]);
    await docker(["rm", "--force", "--volumes", id]);
  }
}

async function copySecrets(id: string, secrets: Readonly<Record<string, string>>): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), "sized-stack-"));
  // What is copied keeps its permissions: the inner folder may be entered, the outer one only by this user.
  const inner = path.join(folder, "secrets");
  try {
    mkdirSync(inner, { mode: 0o755 });
    for (const [name, value] of Object.entries(secrets)) {
      writeFileSync(path.join(inner, secretName(name)), value, { mode: 0o444 });
    }
    const { code, lines } = await docker(["cp", inner, `${id}:/run/`]);
    if (code !== 0) throw new Error(`The secrets could not be copied: ${lines.join(" ")}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function failure({ name, argv }: OneCommand, what: string, lines: readonly string[]): string {
  return [
    `The ${name} (${argv.join(" ")}) ${what}. The application that runs was left as it is. Its last lines:`,
    lastLines(lines),
    "Correct it and deploy again: it runs again until it succeeds.",
  ].join("\n");
}
