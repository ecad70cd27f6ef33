import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { PROJECT } from "./versions";

const FOLDER = path.join(PROJECT, ".local");

/** Writes the names of images on this machine that stand for those in the settings; `index.ts` reads them. */
export function writeLocalImages(names: Readonly<Record<string, string>>): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(path.join(FOLDER, "images.json"), `${JSON.stringify(names, null, 2)}\n`);
}

/** Forgets them: the next `prepare` writes them anew. */
export function removeLocalImages(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}
