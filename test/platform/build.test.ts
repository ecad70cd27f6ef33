import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ImageBuild } from "../../components/platform/contract/container";
import { BuildError, buildTag, localBuild } from "../../components/platform/docker/build";

describe("the tag of a built image", () => {
  let context: string;
  beforeEach(() => {
    context = mkdtempSync(path.join(tmpdir(), "sized-stack-build-"));
    write("Dockerfile", "FROM scratch\nCOPY . /\n");
    write("app/main.py", "print(1)\n");
    write(".dockerignore", "*.log\n**/__pycache__\nsecret\n!kept.log\n");
  });
  afterEach(() => rmSync(context, { recursive: true }));

  const write = (file: string, content: string) => {
    mkdirSync(path.dirname(path.join(context, file)), { recursive: true });
    writeFileSync(path.join(context, file), content);
  };
  const tag = (build: Partial<ImageBuild> = {}) => buildTag("shop-dev/app", { context, ...build });

  it("is the same for the same content, wherever the folder is", () => {
    const first = tag();
    expect(first).toMatch(/^shop-dev\/app:[0-9a-f]{12}$/);
    writeFileSync(path.join(context, "app/main.py"), "print(1)\n");
    expect(tag()).toBe(first);
  });

  it.each<[string, () => Partial<ImageBuild> | undefined]>([
    ["an edited file", () => void write("app/main.py", "print(2)\n")],
    ["a new file", () => void write("app/new.py", "")],
    ["a file that becomes executable", () => chmodSync(path.join(context, "app/main.py"), 0o755) as undefined],
    ["a link", () => symlinkSync("main.py", path.join(context, "app/link")) as undefined],
    ["another Dockerfile", () => void write("Dockerfile", "FROM scratch\n")],
    ["a build argument", () => ({ args: { VERSION: "2" } })],
    ["a file that .dockerignore lets in again", () => void write("kept.log", "")],
  ])("follows %s", (_, change) => {
    const before = tag();
    expect(tag(change() ?? {})).not.toBe(before);
  });

  it.each(["debug.log", "app/__pycache__/main.pyc", "secret/key"])("does not follow %s, which is not sent", (file) => {
    const before = tag();
    write(file, "x");
    expect(tag()).toBe(before);
  });

  it("takes the rules of the Dockerfile's own .dockerignore where it has one", () => {
    write("prod.Dockerfile", "FROM scratch\n");
    write("prod.Dockerfile.dockerignore", "*.md\n");
    const before = tag({ dockerfile: "prod.Dockerfile" });
    write("README.md", "x");
    expect(tag({ dockerfile: "prod.Dockerfile" })).toBe(before);
  });

  it("refuses a folder or a Dockerfile that is not there, by its path", () => {
    const refusal = (build: ImageBuild) => {
      try {
        localBuild(build, (name) => name);
      } catch (error) {
        return error instanceof BuildError ? error.message : error;
      }
    };
    expect(refusal({ context: "/no/such/folder" })).toContain("images.app: /no/such/folder is missing");
    expect(refusal({ context, dockerfile: "Other" })).toContain(`images.app: ${context}/Other is missing`);
  });

  it("uses the images of this machine where a build argument names one that they stand in for", () => {
    const build = localBuild({ context, args: { PYTHON_IMAGE: "python:3.13-slim", VERSION: "2" } }, (name) =>
      name === "python:3.13-slim" ? "stand-in:1" : name,
    );
    expect(build.args).toEqual({ PYTHON_IMAGE: "stand-in:1", VERSION: "2" });
  });
});
