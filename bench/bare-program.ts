/** A resource as `pulumi stack export --show-secrets` has it. */
export interface ExportedResource {
  readonly urn: string;
  readonly type: string;
  readonly custom: boolean;
  readonly inputs?: unknown;
  readonly parent?: string;
  readonly dependencies?: readonly string[];
}

const SECRET = "4dabf18193072939515e22adb298388d";

/** What the provider's Node package calls otherwise than the provider. */
const IN_CODE: Readonly<Record<string, string>> = { networksAdvanceds: "networksAdvanced" };

/** A program in one file with the same resources, their arguments written out: what Pulumi itself costs. */
export function bareProgram(resources: readonly ExportedResource[]): string {
  const own = resources.filter(({ type }) => type !== "pulumi:pulumi:Stack" && !type.startsWith("pulumi:providers:"));
  const variables = new Map(own.map(({ urn }, index) => [urn, `r${index}`]));
  const statements = own.map(({ urn, type, custom, inputs, parent = "", dependencies = [] }) => {
    const name = JSON.stringify(urn.split("::").at(-1));
    const dependsOn = dependencies.map((each) => variables.get(each)).filter(Boolean);
    const options = [
      variables.has(parent) ? `parent: ${variables.get(parent)}` : "",
      dependsOn.length > 0 ? `dependsOn: [${dependsOn.join(", ")}]` : "",
      type === "pulumi:index:Stash" ? 'ignoreChanges: ["input"]' : "",
    ].filter(Boolean);
    const args = `${written(inputs ?? {})}, { ${options.join(", ")} }`;
    return `const ${variables.get(urn)} = ${made(type, custom)}${name}, ${args});`;
  });
  return [
    'import * as docker from "@pulumi/docker";',
    'import * as pulumi from "@pulumi/pulumi";',
    "class Component extends pulumi.ComponentResource {}",
    ...statements,
    "void docker;",
  ].join("\n");
}

function made(type: string, custom: boolean): string {
  if (!custom) return `new Component(${JSON.stringify(type)}, `;
  const kind = type.split(":").at(-1);
  return type.startsWith("docker:") ? `new docker.${kind}(` : `new pulumi.${kind}(`;
}

/** A value as source text, secrets as `pulumi.secret`. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (SECRET in value && "plaintext" in value) return `pulumi.secret(${written(JSON.parse(String(value.plaintext)))})`;
  const entries = Object.entries(value).filter(([key]) => key !== "__defaults");
  return `{${entries.map(([key, each]) => `${JSON.stringify(IN_CODE[key] ?? key)}: ${written(each)}`).join(", ")}}`;
}
