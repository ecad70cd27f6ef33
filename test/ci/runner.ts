import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { PROJECT } from "../../tools/toolchain/versions";

export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** A machine of GitHub's, as far as a script of `tools/ci` sees it: programs that are stood in for, files to write to. */
export class Runner {
  readonly folder = mkdtempSync(path.join(tmpdir(), "runner-"));
  private readonly bin = path.join(this.folder, "bin");

  constructor(private readonly cwd = PROJECT) {
    mkdirSync(this.bin);
    for (const name of ["calls", "summary", "outputs"]) writeFileSync(this.file(name), "");
  }

  file = (name: string): string => path.join(this.folder, name);
  read = (name: string): string => (existsSync(this.file(name)) ? readFileSync(this.file(name), "utf8") : "");
  write = (name: string, content: string): void => {
    mkdirSync(path.dirname(this.file(name)), { recursive: true });
    writeFileSync(this.file(name), content);
  };

  /** Stands in for a program. What it is called with is noted before the shell lines run. */
  fake(name: string, lines: string): void {
    const program = path.join(this.bin, name);
    const note = `echo "${name} $*" >> "${this.file("calls")}"`;
    writeFileSync(program, `#!/usr/bin/env bash\n${note}\n${lines}\n`);
    chmodSync(program, 0o755);
  }

  calls = (): string[] => this.read("calls").split("\n").filter(Boolean);
  forget = (): void => writeFileSync(this.file("calls"), "");

  run(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const child = spawn(path.join(PROJECT, "tools", "ci", script), [...args], {
      cwd: this.cwd,
      env: {
        PATH: `${this.bin}${path.delimiter}${process.env.PATH}`,
        HOME: this.folder,
        GITHUB_STEP_SUMMARY: this.file("summary"),
        GITHUB_OUTPUT: this.file("outputs"),
        GITHUB_REPOSITORY: "team/shop",
        RUN_URL: "https://github.example/run/1",
        ...env,
      },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    }
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, said }));
    });
  }

  remove = (): void => rmSync(this.folder, { recursive: true, force: true });
}

/** `npm run pr-comment` as it is agreed on: the comment on its output, everything in the file after --full. */
export const PR_COMMENT = `
if [[ "$*" == *pr-comment* ]]; then
  while (($#)); do [[ $1 == --full ]] && full=$2; shift; done
  echo "everything" > "$full"
  echo "<!-- sized-stack:preview:prod -->"
  echo "the comment"
fi`;

/** A repository in a folder, in which files are committed. */
export async function repository(
  folder: string,
): Promise<(files: Readonly<Record<string, string | undefined>>) => Promise<void>> {
  const git = (...args: string[]) =>
    new Promise<void>((resolve, reject) => {
      const child = spawn("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
        cwd: folder,
        stdio: "ignore",
      });
      child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`git ${args[0]}: ${code}`))));
    });
  mkdirSync(folder, { recursive: true });
  await git("init", "--quiet");
  return async (files) => {
    for (const [name, content] of Object.entries(files)) {
      const file = path.join(folder, name);
      if (content === undefined) {
        rmSync(file);
        continue;
      }
      mkdirSync(path.dirname(file), { recursive: true });
      appendFileSync(file, content);
    }
    await git("add", "--all");
    await git("commit", "--quiet", "--message", "a change");
  };
}
