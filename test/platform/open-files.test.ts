import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { engineOpenFiles, openFilesIn } from "../../components/platform/docker/open-files";

describe("the open files an engine grants", () => {
  let folder: string;
  const { PATH } = process.env;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "open-files-"));
  });
  afterEach(() => {
    process.env.PATH = PATH;
    rmSync(folder, { recursive: true });
  });

  /** A client in front of all others that answers so, and writes down what it was asked. */
  const client = (script: string) => {
    const log = path.join(folder, "asked");
    writeFileSync(path.join(folder, "docker"), `#!/bin/sh\necho "$1" >> ${log}\n${script}\n`, { mode: 0o755 });
    process.env.PATH = `${folder}:${PATH}`;
    return () => readFileSync(log, "utf8").trim().split("\n");
  };
  const ask = (pull = false) =>
    engineOpenFiles({ image: "haproxy:3.0", cache: path.join(folder, ".local", "open-files.json"), pull });
  const GRANTS = 'case $1 in info) echo "one$ENGINE";; run) echo "Max open files  1024  65536  files";; esac';

  it("are read from a container once, and kept for this engine alone", async () => {
    const asked = client(GRANTS);
    expect([await ask(), await ask()]).toEqual([65_536, 65_536]);
    expect(asked().filter((each) => each === "run")).toHaveLength(1);
    process.env.ENGINE = "two";
    expect(await ask()).toBe(65_536);
    delete process.env.ENGINE;
    expect(asked().filter((each) => each === "run")).toHaveLength(2);
  });

  it.each([
    ["without an engine", "exit 1", false],
    ["without an image to ask with", "case $1 in info) echo one;; *) exit 1;; esac", true],
  ])("are 16,384 %s, and nothing is kept", async (_, script, pull) => {
    client(script);
    expect(await ask(pull)).toBe(16_384);
    client(GRANTS);
    expect(await ask()).toBe(65_536);
  });

  it.each([
    ["Max open files            1048576              1048576              files", 1_048_576],
    ["Max open files            1024                 unlimited            files", 1_073_741_816],
    ["Max open files            256                  512                  files", 1024],
    ["Max processes             256                  512                  processes", undefined],
  ])("%s: %s", (line, files) => expect(openFilesIn([line])).toBe(files));
});
