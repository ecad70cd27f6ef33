import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { run } from "../../tools/toolchain/command";
import { PROJECT } from "../../tools/toolchain/versions";

/** Commits of versions that stacks out there were made by: a tag may not travel with a clone. */
export const VERSIONS = { "0.1.0": "f60793a4924ce673a9cf171ac16cc4e166c289c3" } as const;

/** The project as it was at a version, in a folder of its own, able to run on this machine. */
export class EarlierVersion {
  private constructor(readonly folder: string) {}

  /** @throws Error where this clone does not have the version's commit. */
  static async checkOut(version: keyof typeof VERSIONS): Promise<EarlierVersion> {
    const folder = mkdtempSync(path.join(tmpdir(), `sized-stack-${version}-`));
    const archive = path.join(folder, "archive.tar");
    await run("git", ["archive", `--output=${archive}`, VERSIONS[version]], { cwd: PROJECT }).catch(
      (error: unknown) => {
        throw new Error(`Version ${version} is not in this clone: git fetch --unshallow brings it.`, { cause: error });
      },
    );
    await run("tar", ["--extract", `--file=${archive}`, `--directory=${folder}`]);
    // What this machine has of images is found where `make` wrote it down.
    symlinkSync(path.join(PROJECT, ".local"), path.join(folder, ".local"));
    const lock = (project: string) => readFileSync(path.join(project, "package-lock.json"), "utf8");
    if (lock(folder) === lock(PROJECT)) {
      symlinkSync(path.join(PROJECT, "node_modules"), path.join(folder, "node_modules"));
    } else {
      await run("npm", ["ci", "--prefer-offline", "--no-audit", "--loglevel=error"], {
        cwd: folder,
        timeoutSeconds: 600,
      });
    }
    return new EarlierVersion(folder);
  }

  remove = (): void => rmSync(this.folder, { recursive: true, force: true });
}
