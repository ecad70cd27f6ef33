import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { isSecretSetting, settingsSchema } from "../components/settings/schema";
import { PROJECT } from "./toolchain/versions";

const PREFIX = "sized-stack:";
const HEAD = `# Settings

Set them with \`pulumi config set <key> <value>\`, parts of a map with \`--path\` (\`pulumi config set --path
sized-stack:backend.workerMemory 256MiB\`), or write them into \`Pulumi.<stack>.yaml\`, where an editor with YAML
support completes them. \`target\` and \`tier\` must be set; everything else has a default. A wrong setting is answered
with all mistakes at once before anything is created; what fits the machine is checked next, still before.

Secrets: \`pulumi config set --secret <key>\`. This page is made from \`components/settings/schema.ts\`: \`npm run
generate\`.
`;

const OVERRIDES = `## Overrides

They replace derived numbers, feed every rule that reads them, and show in \`make explain\` beside the number they
replace. One outside its bounds is refused with the bound, never bent.
`;

type Json = z.core.JSONSchema.BaseSchema;

/** The settings as JSON Schema, input side: what a person may write. */
const inputSchema = (): Json =>
  z.toJSONSchema(settingsSchema, {
    io: "input",
    target: "draft-07",
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });

/** JSON Schema of a stack's file, for completion and checks in editors. */
export function stackFileSchema(): string {
  const { properties = {} } = inputSchema();
  const secure = { type: "object", properties: { secure: { type: "string" } }, required: ["secure"] };
  const settings = Object.entries(properties).map(([key, schema]) => {
    if (typeof schema !== "object" || !isSecretSetting(key)) return [`${PREFIX}${key}`, schema];
    const { description, type } = schema;
    const isMap = type === "object";
    return [`${PREFIX}${key}`, isMap ? { ...schema, additionalProperties: secure } : { ...secure, description }];
  });
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Pulumi stack file of sized-stack",
    type: "object",
    properties: { config: { type: "object", properties: Object.fromEntries(settings) } },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** The reference a person reads. */
export function settingsReference(): string {
  const { properties = {}, required = [] } = inputSchema();
  const { overrides, ...settings } = properties;
  const rowsOf = (map: Json["properties"] = {}) =>
    Object.entries(map).flatMap(([key, schema]) =>
      typeof schema === "object" ? rows(key, schema, required.includes(key)) : [],
    );
  return [
    HEAD,
    ...["| key | value | default | meaning |", "|---|---|---|---|", ...rowsOf(settings), ""],
    OVERRIDES,
    ...["| key | value | meaning |", "|---|---|---|", ...rowsOf({ overrides: overrides ?? false }).map(withoutDefault)],
    "",
  ].join("\n");
}

const withoutDefault = (row: string): string => row.replace(" |  | ", " | ");

function rows(key: string, schema: Json, isRequired: boolean): string[] {
  const properties = schema.properties ?? mapAmong(schema.anyOf)?.properties;
  const nested = Object.entries(properties ?? {}).flatMap(([name, each]) =>
    typeof each === "object" ? rows(`${key}.${name}`, each, false) : [],
  );
  if (schema.properties && nested.length > 0) return nested;
  const cells = [`\`${key}\``, kind(schema), standard(schema, isRequired), schema.description ?? ""];
  return [`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`, ...nested];
}

const mapAmong = (options: Json["anyOf"]): Json | undefined => options?.find(({ properties }) => properties);

function standard(schema: Json, isRequired: boolean): string {
  if (isRequired) return "required";
  return schema.default === undefined || isEmpty(schema.default) ? "" : `\`${asYaml(schema.default)}\``;
}

const isEmpty = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.keys(value).length === 0;

const asYaml = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What may stand there, in words. */
function kind({ enum: names, anyOf, const: only, type, pattern, minimum, maximum }: Json): string {
  if (names) return names.map((name) => `\`${String(name)}\``).join(", ");
  if (anyOf) return anyOf.map(kind).join(" or ");
  if (only !== undefined) return `\`${String(only)}\``;
  if (type === "string") return pattern?.includes("MiB") ? "size: `512MiB`, `1.5GiB`" : "text";
  if (type === "array") return "list of texts";
  if (type === "object") return "map";
  if (type === "boolean") return "`true` or `false`";
  const [least, most] = [minimum, maximum].map((limit) => limit?.toLocaleString("en"));
  const range = most === undefined ? `, at least ${least}` : `, ${least} to ${most}`;
  return `${type === "integer" ? "whole number" : "number"}${range}`;
}

/** Files made from the schema, by path in the repository. */
export const generatedFiles = (): Record<string, string> => ({
  "docs/settings.md": settingsReference(),
  "docs/settings.schema.json": stackFileSchema(),
});

if (require.main === module) {
  for (const [file, content] of Object.entries(generatedFiles())) writeFileSync(path.join(PROJECT, file), content);
}
