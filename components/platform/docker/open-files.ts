import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { DEFAULTS, INPUT_LIMITS } from "../../sizing";
import { docker } from "./command-line";
import { pullImage } from "./image";

const { least, most } = INPUT_LIMITS.hostNofile;

export interface OpenFilesArgs {
  /** An image with `cat`, as the load balancer's, which the stack needs anyway. */
  readonly image: string;
  /** File on this machine that keeps what an engine answered, by the engine's id: one and the same answer ever after. */
  readonly cache: string;
  /** Whether to pull the image where it is not there, so that the first deploy is sized as the second. */
  readonly pull: boolean;
}

/** Where that is kept, beside the names of stand-in images. */
export const openFilesBeside = (standIns: string): string => path.join(path.dirname(standIns), "open-files.json");

/**
 * Files a container of this engine may have open (`nofile`): read once from a container, and kept. Where no engine
 * answers, or it has no image to ask with, sizing's own default: 16,384.
 */
export async function engineOpenFiles({ image, cache, pull }: OpenFilesArgs): Promise<number> {
  const { code, lines } = await docker(["info", "--format", "{{.ID}}"]);
  const [engine = ""] = lines;
  if (code !== 0 || engine === "") return DEFAULTS.hostNofile;
  const known = kept(cache);
  const earlier = known[engine];
  if (earlier !== undefined) return earlier;
  const read = await fromContainer(image, pull);
  if (read === undefined) return DEFAULTS.hostNofile;
  keep(cache, { ...known, [engine]: read });
  return read;
}

async function fromContainer(image: string, pull: boolean): Promise<number | undefined> {
  // Why it cannot be pulled is said where the stack asks for it.
  if (pull) await pullImage(image).catch(() => undefined);
  if ((await docker(["image", "inspect", image])).code !== 0) return undefined;
  const { code, lines } = await docker([
    "run",
    "--rm",
    "--network=none",
    "--entrypoint=cat",
    image,
    "/proc/self/limits",
  ]);
  return code === 0 ? openFilesIn(lines) : undefined;
}

/** The hard limit in lines of `/proc/<pid>/limits`, within what sizing takes; undefined where they say none. */
export function openFilesIn(lines: readonly string[]): number | undefined {
  const [, hard] = lines.flatMap((line) => /^Max open files\s+\S+\s+(\S+)/.exec(line) ?? []);
  if (hard === undefined) return undefined;
  const files = hard === "unlimited" ? most : Number(hard);
  return Number.isInteger(files) ? Math.min(most, Math.max(least, files)) : undefined;
}

function kept(cache: string): Readonly<Record<string, number>> {
  try {
    return JSON.parse(readFileSync(cache, "utf8"));
  } catch {
    return {};
  }
}

function keep(cache: string, known: Readonly<Record<string, number>>): void {
  mkdirSync(path.dirname(cache), { recursive: true });
  const whole = `${cache}.${process.pid}`;
  writeFileSync(whole, `${JSON.stringify(known)}\n`);
  renameSync(whole, cache);
}
