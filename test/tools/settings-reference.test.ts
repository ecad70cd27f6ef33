import { readFileSync } from "node:fs";
import * as path from "node:path";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generatedFiles } from "../../tools/settings-reference";
import { PROJECT } from "../../tools/toolchain/versions";

const read = (file: string): string => readFileSync(path.join(PROJECT, file), "utf8");

it.each(Object.entries(generatedFiles()))("%s is up to date (npm run generate)", (file, content) => {
  expect(read(file)).toBe(content);
});

describe("the JSON Schema of a stack's file", () => {
  const accepts = new Ajv({ strict: false }).compile(JSON.parse(read("docs/settings.schema.json")));
  const stack = (settings: Record<string, unknown>) => ({
    config: Object.fromEntries(Object.entries(settings).map(([key, value]) => [`sized-stack:${key}`, value])),
  });

  it.each(["dev", "prod"])("is named by Pulumi.%s.yaml, and accepts it", (name) => {
    const text = read(`Pulumi.${name}.yaml`);
    expect(text).toMatch(/^# yaml-language-server: \$schema=docs\/settings\.schema\.json\n/);
    expect(accepts(parse(text))).toBe(true);
  });

  it.each([
    { hardware: { threads: 8, memory: "16GiB" } },
    { overrides: { postgres: { workMemMiB: 8 } } },
    { postgres: { parameters: { jit: true, statement_timeout: "30s" } } },
    { postgresPassword: { secure: "v1:abc" } },
  ])("accepts %j", (settings) => {
    expect(accepts(stack(settings))).toBe(true);
  });

  it.each([
    { tier: "hihg" },
    { hardware: { threads: 8, memory: "16" } },
    { backend: { workers: 4 } },
    { overrides: { postgres: { workMem: 8 } } },
    { port: 0 },
    { postgresPassword: "plain text" },
  ])("marks %j", (settings) => {
    expect(accepts(stack(settings))).toBe(false);
  });
});
