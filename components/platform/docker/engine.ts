import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Hardware } from "../../sizing";

const run = promisify(execFile);
const MIB = 1024 * 1024;

/** The Docker engine does not answer, or lacks what the settings ask of it; the message says what to do. */
export class EngineError extends Error {
  override readonly name = "EngineError";
}

/**
 * What the Docker engine offers to containers. The engine is asked, not this process: they may be two machines,
 * or a virtual machine on a laptop.
 * @throws EngineError where no engine answers.
 */
export async function engineHardware(): Promise<Hardware> {
  try {
    const { stdout } = await run("docker", ["info", "--format", "{{.NCPU}} {{.MemTotal}}"], { timeout: 15_000 });
    const [threads = 0, bytes = 0] = stdout.trim().split(" ").map(Number);
    if (threads < 1 || bytes < MIB) throw new Error(stdout.trim());
    return { threads, memory: `${Math.floor(bytes / MIB)}MiB` };
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n").at(-1) : String(error);
    throw new EngineError(
      `No Docker engine answers: ${reason}\nStart Docker, or name another engine with DOCKER_HOST. Nothing was created or changed.`,
    );
  }
}

/** The machine to size for: as set, or as the engine reports it. More threads than the engine has are refused. */
export async function dockerHardware(setting: "auto" | Hardware): Promise<Hardware> {
  const engine = await engineHardware();
  if (setting === "auto") return engine;
  if (setting.threads > engine.threads) {
    throw new EngineError(
      `hardware.threads: ${setting.threads} given, but the Docker engine has ${engine.threads} and refuses containers with more. ` +
        `Set it to at most ${engine.threads}, or hardware to auto. Nothing was created or changed.`,
    );
  }
  return setting;
}
