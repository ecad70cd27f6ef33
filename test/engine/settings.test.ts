import { readFileSync } from "node:fs";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { stackVolumes } from "../../tools/stack/volumes";
import { run } from "../../tools/toolchain/command";
import { PROJECT } from "../../tools/toolchain/versions";
import { TestStack } from "./stack";

const MINUTE = 60_000;

describe("settings on the real engine", { timeout: 5 * MINUTE }, () => {
  let stack: TestStack;
  let right: string;
  beforeAll(async () => {
    stack = await TestStack.create();
    right = stack.settingsFile();
  }, MINUTE);
  afterEach(() => stack.restoreSettings(right));
  afterAll(() => stack?.remove(), MINUTE);

  // What each wrong setting is answered with is shown in test/settings, without an engine. These are one of each kind.
  it.each<[string, Record<string, string | number>, readonly string[]]>([
    [
      "all mistakes of the settings at once",
      {
        ...{ tier: "hihg", prot: 80, "hardware.memory": "16", topology: "app-and-data" },
        postgresPassword: "plain text",
      },
      [
        'tier: "hihg" given; low, medium, high or extreme is needed: did you mean high?',
        "prot: is no setting; did you mean port?",
        "hardware.memory: 16 given; a size with its unit",
        "single-host is needed",
        "pulumi config set --secret postgresPassword",
      ],
    ],
    ["more threads than the Docker engine has", { "hardware.threads": 512 }, ["the Docker engine has", "at most"]],
    [
      "an override outside its bounds",
      { "overrides.postgres.maxConnections": 5, "overrides.redis.maxMemoryMiB": 99999 },
      ["overrides.postgres.maxConnections: 5 given; at least", "overrides.redis.maxMemoryMiB: 99999 given; at most"],
    ],
    ["a machine that is too small", { "hardware.memory": "512MiB" }, ["The machine offers 512 MiB", "1 GiB"]],
    ["EC2 without a region", { target: "ec2" }, ["ec2.region: is missing", "hardware: is Docker's alone"]],
  ])("%s: refused, and nothing is created", async (_, wrong, sentences) => {
    await stack.set(wrong);
    const refused = await stack.up().then(
      () => "accepted",
      (error: Error) => error.message,
    );
    for (const sentence of [...sentences, "Nothing was created or changed."]) expect(refused).toContain(sentence);
    expect(refused).not.toMatch(/^ +at .*\(/m);
    expect(refused).not.toContain("plain text given");
    expect(await stackContainers(stack.prefix)).toEqual([]);
    expect(await stackVolumes(stack.prefix)).toEqual([]);
  });

  it("a preview for Docker loads the Docker provider's package, and not that of AWS", async () => {
    const loaded = await stack.loadedModules();
    expect(loaded.some((file) => file.includes("/@pulumi/docker/"))).toBe(true);
    expect(loaded.filter((file) => file.includes("/@pulumi/aws/"))).toEqual([]);
  });

  it("make explain explains the selected stack", async () => {
    const text = await run("make", ["-s", "explain", "ARGS=--why postgres.maxConnections"], { cwd: PROJECT });
    expect(text).toMatch(/^postgres\.maxConnections = \d+ connections/);
  });

  it("pulumi config set keeps the line that names the JSON Schema", async () => {
    const modeline = readFileSync(path.join(PROJECT, "Pulumi.dev.yaml"), "utf8").split("\n")[0] ?? "";
    stack.restoreSettings(`${modeline}\n${stack.settingsFile()}`);
    await stack.set({ share: 0.5 });
    expect(stack.settingsFile().split("\n")[0]).toBe(modeline);
  });
});
