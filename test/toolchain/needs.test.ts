import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { cached, cacheFolder, contentHash, fillCache } from "../../tools/toolchain/cache";
import { dockerEngine } from "../../tools/toolchain/docker-engine";
import { meet } from "../../tools/toolchain/need";
import { installedPulumi } from "../../tools/toolchain/pulumi-cli";
import { PROJECT } from "../../tools/toolchain/versions";

const silent = { say: () => {}, detail: () => {} };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "needs-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe("a need", () => {
  it("takes the first way that works and names it", async () => {
    const ways = [
      { name: "first", take: () => Promise.reject(new Error("closed")) },
      { name: "second", take: async () => 2 },
      { name: "third", take: async () => 3 },
    ];
    expect(await meet({ name: "Thing", ways, remedy: "" }, silent)).toEqual({ way: "second", result: 2 });
  });

  it("without Docker says why each way is closed and what to install", async () => {
    vi.stubEnv("PATH", folder);
    vi.stubEnv("DOCKER_HOST", undefined);
    const message = await meet(dockerEngine, silent).catch((error: Error) => error.message);
    expect(message).toMatch(
      /^Docker engine: no way to it works here\.\n {2}running already: docker: spawn docker ENOENT/,
    );
    expect(message).toContain("started dockerd: dockerd is not on PATH");
    expect(message).toContain("this is no Debian userland: apt-get is not on PATH");
    expect(message).toContain("Install Docker (https://docs.docker.com/engine/install/)");
  });

  it("starts no second engine beside one that DOCKER_HOST names", async () => {
    vi.stubEnv("DOCKER_HOST", "tcp://127.0.0.1:9");
    vi.stubEnv("PATH", folder);
    await expect(meet(dockerEngine, silent)).rejects.toThrow("DOCKER_HOST names another engine: tcp://127.0.0.1:9");
  });

  it("without Pulumi says how to get it", async () => {
    vi.stubEnv("PATH", folder);
    await expect(meet(installedPulumi, silent)).rejects.toThrow("make up");
  });
});

describe("the cache", () => {
  it("never takes a half-built entry for a whole one", async () => {
    const broken = fillCache("tool", async (unfinished) => {
      writeFileSync(path.join(unfinished, "half"), "");
      throw new Error("out of space");
    });
    await expect(broken).rejects.toThrow("out of space");
    expect(cached("tool")).toBeUndefined();
    expect(readdirSync(cacheFolder())).toEqual([]);
  });

  it("keeps what is whole", async () => {
    await fillCache("tool", async (unfinished) => writeFileSync(path.join(unfinished, "program"), ""));
    expect(existsSync(path.join(cached("tool") ?? "", "program"))).toBe(true);
  });

  it("has another key when a file changes or is renamed", () => {
    const source = path.join(folder, "source");
    execFileSync("mkdir", [source]);
    const keyOf = (name: string, content: string) => {
      rmSync(source, { recursive: true });
      execFileSync("mkdir", [source]);
      writeFileSync(path.join(source, name), content);
      return contentHash(source);
    };
    const key = keyOf("a", "1");
    expect(keyOf("a", "1")).toBe(key);
    expect(keyOf("a", "2")).not.toBe(key);
    expect(keyOf("b", "1")).not.toBe(key);
  });
});

it("a Node.js that is too old is refused with the version that is needed", () => {
  const check = `Object.defineProperty(process.versions, "node", { value: "18.20.0" }); require("./tools/check-node.js")`;
  const run = () => execFileSync(process.execPath, ["-e", check], { cwd: PROJECT, stdio: "pipe" });
  expect(run).toThrow("Node.js 20.19 or newer is needed, this is 18.20.0");
});
