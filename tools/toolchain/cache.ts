import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import * as path from "node:path";

/** What was built or installed for every clone on this machine. Safe to remove; the next run fills it again. */
export function cacheFolder(): string {
  const folder = path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), ".cache"), "sized-stack");
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The folder of a finished cache entry, or undefined. */
export function cached(entry: string): string | undefined {
  const folder = path.join(cacheFolder(), entry);
  return existsSync(folder) ? folder : undefined;
}

/** Fills a new folder and gives it its name in the cache only when it is whole. */
export async function fillCache(entry: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const target = path.join(cacheFolder(), entry);
  const unfinished = mkdtempSync(path.join(cacheFolder(), ".unfinished-"));
  try {
    await fill(unfinished);
    // Another clone may have been faster; its entry is as good.
    if (!existsSync(target)) renameSync(unfinished, target);
    return target;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Short hash of the names and contents of files and of everything in folders: equal inputs, equal key. */
export function contentHash(...inputs: readonly string[]): string {
  const hash = createHash("sha256");
  for (const input of inputs) {
    for (const file of filesIn(input)) {
      hash
        .update(`${path.relative(input, file)}\0`)
        .update(readFileSync(file))
        .update("\0");
    }
  }
  return hash.digest("hex").slice(0, 12);
}

function filesIn(input: string): string[] {
  if (!statSync(input).isDirectory()) return [input];
  return readdirSync(input)
    .filter((name) => name !== "__pycache__")
    .sort()
    .flatMap((name) => filesIn(path.join(input, name)));
}
