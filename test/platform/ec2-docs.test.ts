import { readFileSync } from "node:fs";
import * as path from "node:path";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { monthlyCost, PRICE_BASIS } from "../../components/platform/ec2/cost";
import { parseSettings, SettingsError } from "../../components/settings/parse";
import { PROJECT } from "../../tools/toolchain/versions";
import { PREFIX, registerEc2, settingsWith } from "../components/ec2-system";

const read = (file: string): string => readFileSync(path.join(PROJECT, file), "utf8");
const page = read("docs/ec2.md");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "gms"))].map(([, block = ""]) => block);

/** Settings as they stand in a stack's file, keys without the project's name. */
const settingsOf = (yaml: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(parse(yaml) as Record<string, unknown>).map(([key, value]) => [
      key.replace("sized-stack:", ""),
      value,
    ]),
  );
const examples = blocks("yaml").filter((block) => block.includes("region: us-east-1"));

/** Rows of the table, by what the resources are: several of a kind are one row. */
const ROWS: Readonly<Record<string, (inputs: Readonly<Record<string, unknown>>, count: number) => string>> = {
  "aws:ec2/instance:Instance": ({ instanceType }) => `Data host, ${instanceType}, with its root disk`,
  "aws:autoscaling/group:Group": ({ desiredCapacity }) => `App hosts, ${desiredCapacity}, with their root disks`,
  "aws:ebs/volume:Volume": ({ size }) => `Data volume, ${size} GiB`,
  "aws:ec2/natGateway:NatGateway": () => "NAT gateway",
  "aws:ec2/eip:Eip": () => "Its public address",
  "aws:lb/loadBalancer:LoadBalancer": () => "Load balancer and its public addresses",
  "aws:cloudwatch/metricAlarm:MetricAlarm": (_, count) => `Alarms, ${count}`,
  "aws:secretsmanager/secret:Secret": (_, count) => `Secrets, ${count}`,
  "aws:route53/zone:Zone": () => "Private DNS zone",
};

/** The table as the page should have it. */
async function costTable(yaml: string): Promise<string> {
  const { registered } = await registerEc2(settingsWith(settingsOf(yaml)), { preview: true });
  // The page counts what every system has, not the application's own secret.
  const { lines, totalUsd, complete } = monthlyCost(registered.filter(({ name }) => name !== "stripe-key"));
  expect(complete).toBe(true);
  const rows = Object.entries(ROWS).flatMap(([type, about]) => {
    const inputs = registered.find((one) => one.type === type)?.inputs;
    const priced = lines.filter((line) => line.type === type);
    const usd = priced.reduce((sum, line) => sum + (line.usd ?? 0), 0);
    return inputs ? [`| ${about(inputs, priced.length)} | ${usd.toFixed(2)} |`] : [];
  });
  expect(lines.filter(({ type }) => ROWS[type] === undefined)).toEqual([]);
  return ["| resource | USD a month |", "|---|---|", ...rows, `| **Together** | **${totalUsd.toFixed(2)}** |`].join(
    "\n",
  );
}

describe("docs/ec2.md", () => {
  it("has two examples of what a month costs, one of each topology", () => {
    expect(examples.map((example) => settingsOf(example).topology ?? "single-host")).toEqual([
      "single-host",
      "app-and-data",
    ]);
  });

  it.each(examples)("names for %s what cost.ts computes of its resources", { timeout: 30_000 }, async (example) => {
    const [, after = ""] = page.split(example);
    const [next = ""] = after.split("```yaml");
    expect(next).toContain(await costTable(example));
  });

  it("says where its prices are from, and when they were read", () => {
    expect(page).toContain(
      `of ${PRICE_BASIS.region} in ${PRICE_BASIS.currency}, the oldest read on ${PRICE_BASIS.asOf}`,
    );
  });

  it("names every alarm there is, and no other", { timeout: 30_000 }, async () => {
    const { registered } = await registerEc2(
      settingsWith({ tier: "high", topology: "app-and-data", ec2: { region: "us-east-1" } }),
      { preview: true },
    );
    const made = registered
      .filter(({ type }) => type === "aws:cloudwatch/metricAlarm:MetricAlarm")
      .map(({ inputs }) => String(inputs.name).replace(`${PREFIX}-`, ""));
    const [, table = ""] = page.split("| alarm | means |");
    const [rows = ""] = table.split("\n\n");
    const named = rows
      .split("\n")
      .map((row) => row.split("|")[1] ?? "")
      .flatMap((cell) => [...cell.matchAll(/`([\w-]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual(made.sort());
  });
});

describe("every setting that the EC2 page, the README's section and Pulumi.prod.yaml name", () => {
  const prod = read("Pulumi.prod.yaml");
  const { properties } = JSON.parse(read("docs/settings.schema.json")).properties.config;

  /** Whether the schema has a key at the end of this path; below a map with keys of its own any will do. */
  const isSetting = (keys: readonly string[]): boolean => {
    const [top = "", ...rest] = keys;
    let node = properties[`sized-stack:${top}`];
    for (const key of rest) {
      const options: Schema[] = [node, ...(node?.anyOf ?? [])].filter(Boolean);
      node = options.map((each) => each.properties?.[key] ?? each.additionalProperties).find(Boolean);
    }
    return Boolean(node);
  };
  interface Schema {
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly additionalProperties?: unknown;
  }
  const pathsIn = (value: unknown, above: readonly string[] = []): string[] =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...above, key]))
      : [above.join(".")];

  const TOPS = Object.keys(properties).map((key) => key.replace("sized-stack:", ""));
  const inline = [...`${page}\n${read("README.md")}`.matchAll(/`([a-zA-Z]\w*(?:\.[a-zA-Z]\w*)+)(?::[^`]*)?`/g)]
    .map(([, setting = ""]) => setting)
    .filter((setting) => TOPS.includes(setting.split(".")[0] ?? ""));
  const commands = [...page.matchAll(/pulumi config (?:set|rm) (?:--path |--secret )*([\w.]+)/g)].map(
    ([, setting = ""]) => setting,
  );
  const given = [...blocks("yaml"), prod].flatMap((yaml) => pathsIn(settingsOf(yaml.replace(/^config:\n/m, ""))));
  /** Commented keys of Pulumi.prod.yaml, as they read once the mark is taken away. */
  const commented = pathsIn(settingsOf(uncommented(prod)));

  it.each([...new Set([...inline, ...commands, ...given, ...commented])].sort())("%s is one", (setting) => {
    expect(isSetting(setting.split("."))).toBe(true);
  });

  it("Pulumi.prod.yaml is a stack's file with all of its keys taken up, too", () => {
    const accepts = new Ajv({ strict: false }).compile(JSON.parse(read("docs/settings.schema.json")));
    expect(accepts(parse(`config:\n${uncommented(prod)}`))).toBe(true);
  });

  it("Pulumi.prod.yaml is refused for the digests it cannot know, and for nothing else", () => {
    const refused = () => parseSettings(settingsOf(prod.replace(/^config:\n/m, "")), "prod");
    expect(refused).toThrow(SettingsError);
    expect(refused).toThrow(
      /^The settings .*\n {2}images\.app: .* a digest is needed.*\n {2}images\.postgres: .*postgres:17@sha256:….*\n {2}images\.redis: .*\nNothing was created or changed\.$/,
    );
  });

  it("there are many", () => {
    expect(new Set(inline).size).toBeGreaterThan(25);
    expect(new Set(commands).size).toBeGreaterThan(6);
    expect(commented.length).toBeGreaterThan(given.length / 2);
  });

  it("a word that is none is found", () => {
    expect(isSetting(["ec2", "instanceTypes"])).toBe(false);
    expect(isSetting(["overrides", "postgres", "workMem"])).toBe(false);
    expect(isSetting(["env", "ANYTHING"])).toBe(true);
  });
});

/** `#key: value` is a key to take the mark from; `# words` are words. */
function uncommented(yaml: string): string {
  return yaml.replace(/^config:\n/m, "").replace(/^(\s*)#(?=[\w-])/gm, "$1");
}
