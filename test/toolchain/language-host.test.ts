import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../../tools/toolchain/command";
import { pulumiEnvironment } from "../../tools/toolchain/environment";
import { meet } from "../../tools/toolchain/need";
import { pulumiCli } from "../../tools/toolchain/pulumi-cli";
import { FROM_PACKAGES, PROJECT } from "../../tools/toolchain/versions";

const folder = mkdtempSync(path.join(tmpdir(), "language-host-"));
const bin = path.join(folder, "bin");
let env: Record<string, string>;

const PROGRAM = `
const { writeFileSync } = require("node:fs");
const pulumi = require("@pulumi/pulumi");
const hook = new pulumi.ResourceHook("note", () => writeFileSync("hook-ran", ""));
if (new pulumi.Config().getBoolean("fail")) throw new pulumi.RunError("this program fails on purpose");
const kept = new pulumi.Stash("kept", { input: new pulumi.Config().require("word") }, { hooks: { beforeCreate: [hook] } });
exports.word = kept.output;
`;

const POLICIES = `
const { PolicyPack } = require("@pulumi/policy");
const validateResource = ({ name }, report) => name === "kept" && report("words are kept elsewhere");
const policies = [{ name: "words", description: "Words.", enforcementLevel: "mandatory", validateResource }];
new PolicyPack("pack", { policies });
`;

beforeAll(async () => {
  await meet(pulumiCli, { say: () => {}, detail: () => {} });
  mkdirSync(bin);
  const host = path.join(bin, "pulumi-language-nodejs");
  copyFileSync(path.join(FROM_PACKAGES, "language-host", "pulumi-language-nodejs.js"), host);
  chmodSync(host, 0o755);
  symlinkSync(path.join(PROJECT, "node_modules"), path.join(folder, "node_modules"));
  writeFileSync(path.join(folder, "Pulumi.yaml"), "name: trial\nruntime: nodejs\nmain: index.js\n");
  writeFileSync(path.join(folder, "package.json"), '{ "name": "trial", "main": "index.js" }\n');
  writeFileSync(path.join(folder, "index.js"), PROGRAM);
  const found = await pulumiEnvironment();
  env = {
    ...found,
    // In front of an official host that the machine may have.
    PATH: [bin, found.PATH ?? process.env.PATH].join(path.delimiter),
    PULUMI_BACKEND_URL: `file://${folder}`,
    PULUMI_CONFIG_PASSPHRASE: "of a test",
  };
  await run("pulumi", ["stack", "init", "trial"], { cwd: folder, env });
  await run("pulumi", ["config", "set", "word", "hello"], { cwd: folder, env });
}, 1_800_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("runs a program and its hook", { timeout: 120_000 }, async () => {
  await run("pulumi", ["up", "--yes", "--skip-preview"], { cwd: folder, env });
  expect(await run("pulumi", ["stack", "output", "word"], { cwd: folder, env })).toBe("hello\n");
  expect(existsSync(path.join(folder, "hook-ran"))).toBe(true);
});

it("hands on what a failing program says", { timeout: 120_000 }, async () => {
  await run("pulumi", ["config", "set", "fail", "true"], { cwd: folder, env });
  const up = run("pulumi", ["up", "--yes", "--skip-preview"], { cwd: folder, env });
  await expect(up).rejects.toThrow("this program fails on purpose");
});

it("runs a policy pack in the pack's own folder, where the project's way of compiling does not reach it", {
  timeout: 120_000,
}, async () => {
  const pack = path.join(folder, "pack");
  mkdirSync(pack);
  writeFileSync(path.join(pack, "PulumiPolicy.yaml"), "runtime: nodejs\n");
  writeFileSync(path.join(pack, "package.json"), '{ "name": "pack", "version": "1.0.0", "main": "index.js" }\n');
  writeFileSync(path.join(pack, "index.js"), POLICIES);
  // As this project's own: run-policy-pack refuses to start with it.
  const compiled = { transpileOnly: true, transpiler: path.join(PROJECT, "tools", "transpiler.js") };
  writeFileSync(path.join(folder, "tsconfig.json"), JSON.stringify({ "ts-node": compiled }));
  await run("pulumi", ["config", "set", "fail", "false"], { cwd: folder, env });
  const preview = run("pulumi", ["preview", "--policy-pack", pack], { cwd: folder, env });
  await expect(preview).rejects.toThrow("words are kept elsewhere");
});
