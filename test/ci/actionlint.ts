import { mkdirSync } from "node:fs";
import * as path from "node:path";
import { cached, contentHash, fillCache } from "../../tools/toolchain/cache";
import { findProgram } from "../../tools/toolchain/command";
import { goBuild } from "../../tools/toolchain/go-build";
import type { Need } from "../../tools/toolchain/need";

const MODULE = path.join(__dirname, "actionlint");
const ENTRY = `actionlint-${contentHash(MODULE)}`;
const PROGRAM = path.join("bin", "actionlint");

/** What checks workflows; only the tests need it. The result is the program. */
export const actionlint: Need<string> = {
  name: "actionlint",
  ways: [
    {
      name: "built before",
      async take() {
        const entry = cached(ENTRY);
        if (!entry) throw new Error("not in the cache");
        return path.join(entry, PROGRAM);
      },
    },
    {
      name: "built from its Go module",
      async take(progress) {
        const entry = await fillCache(ENTRY, async (folder) => {
          mkdirSync(path.join(folder, "bin"));
          const build = {
            module: MODULE,
            package: "github.com/rhysd/actionlint/cmd/actionlint",
            output: path.join(folder, PROGRAM),
            tags: "",
            ldflags: "-s -w",
          };
          await goBuild(build, folder, progress);
        });
        return path.join(entry, PROGRAM);
      },
    },
    {
      name: "found on PATH",
      async take() {
        const program = findProgram("actionlint");
        if (!program) throw new Error("actionlint is not on PATH");
        return program;
      },
    },
  ],
  remedy: "Install Go (https://go.dev/doc/install), or actionlint (https://github.com/rhysd/actionlint).",
};
