import * as path from "node:path";
import { findProgram, run } from "./command";
import type { Progress } from "./need";

export interface GoBuild {
  /** Folder with `go.mod`. */
  readonly module: string;
  readonly package: string;
  readonly output: string;
  readonly tags: string;
  readonly ldflags: string;
}

/** Builds a Go program in a copy of its module inside `scratch`, because resolving modules writes `go.sum`. */
export async function goBuild(build: GoBuild, scratch: string, progress: Progress): Promise<void> {
  if (!findProgram("go")) throw new Error("go is not on PATH");
  const copy = path.join(scratch, "source");
  await run("cp", ["-r", build.module, copy]);
  progress.say("compiling, about 4 minutes");
  await run(
    "go",
    ["build", "-trimpath", "-tags", build.tags, "-ldflags", build.ldflags, "-o", build.output, build.package],
    { cwd: copy, env: { GOTOOLCHAIN: "local", GOFLAGS: "-mod=mod", CGO_ENABLED: "0" }, onLine: progress.detail },
  );
  await run("rm", ["-rf", copy]);
}
