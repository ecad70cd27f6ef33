import { describe, expect, it } from "vitest";
import { postgresArgv, postgresConf } from "../../components/services/postgres";
import { redisArgv, redisConf, redisStart } from "../../components/services/redis";
import { parseSettings } from "../../components/settings";
import { settingsSchema } from "../../components/settings/schema";
import { planWith } from "../sizing/machines";

const { redis, postgres } = planWith();

const parsed = (service: "redis" | "postgres", parameters: Record<string, unknown>) =>
  parseSettings({ target: "docker", tier: "low", [service]: { parameters } }, "dev")[service].parameters;

describe("a value of redis.parameters", () => {
  it.each([
    ["", [""], '""'],
    ['""', [""], '""'],
    ["''", [""], '""'],
    ["3600 1 300 100", ["3600", "1", "300", "100"], "3600 1 300 100"],
    [
      "normal 0 0 0  pubsub 32mb 8mb 60",
      ["normal", "0", "0", "0", "pubsub", "32mb", "8mb", "60"],
      "normal 0 0 0 pubsub 32mb 8mb 60",
    ],
    [true, ["yes"], "yes"],
    [false, ["no"], "no"],
    [10, ["10"], "10"],
    [String.raw`"{title} \"x\""`, ['{title} "x"'], String.raw`"{title} \"x\""`],
    [String.raw`'it\'s'`, ["it's"], `"it's"`],
    ["#no", ["#no"], '"#no"'],
  ])("%j is the words %j, and in redis.conf %s", (given, words, line) => {
    const parameters = parsed("redis", { save: given });
    const argv = redisArgv(redis, parameters);
    const at = argv.indexOf("--save") + 1;
    if (words.includes("")) {
      expect([at, redisStart(redis, parameters).split("\n").includes(`save ${line}`)]).toEqual([0, true]);
    } else {
      expect(argv.slice(at, at + words.length)).toEqual(words);
      expect(argv.slice(at + words.length)[0] ?? "--").toMatch(/^--/);
    }
    expect(redisConf(redis, parameters).split("\n")).toContain(`save ${line}`);
  });
});

describe("a value of postgres.parameters", () => {
  it.each([
    ["", "", "''"],
    ["''", "", "''"],
    ["pg_stat_statements, auto_explain", "pg_stat_statements, auto_explain", "'pg_stat_statements, auto_explain'"],
    ["'iso, mdy'", "iso, mdy", "'iso, mdy'"],
    ["'it''s'", "it's", "'it''s'"],
    [`"$user", public`, `"$user", public`, `'"$user", public'`],
    ["'a', 'b'", "'a', 'b'", "'''a'', ''b'''"],
    [String.raw`%m \x`, String.raw`%m \x`, String.raw`'%m \\x'`],
    [true, "yes", "'yes'"],
    [0.5, "0.5", "'0.5'"],
  ])("%j is %j on the command line, and in postgresql.conf %s", (given, value, line) => {
    const parameters = parsed("postgres", { search_path: given });
    expect(postgresArgv(postgres, parameters)).toContain(`search_path=${value}`);
    expect(postgresConf(postgres, parameters).split("\n")).toContain(`search_path = ${line}`);
  });
});

it.each(["redis", "postgres"] as const)("%s takes values of one line alone, and says so", (service) => {
  expect(() => parsed(service, { name: "a\nb" })).toThrow(
    String.raw`${service}.parameters.name: "a\nb" given; a text of one line, a number or true or false is needed`,
  );
});

interface Schema {
  readonly _zod: { readonly def: Readonly<Record<string, unknown>> };
}

/** Paths of texts that must match a pattern, and whether words say what is needed. */
function patterns(schema: Schema, path: string): [path: string, words: boolean][] {
  const { def } = schema._zod;
  const checks = (def.checks ?? []) as Schema[];
  const own = checks
    .filter(({ _zod }) => _zod.def.format === "regex")
    .map(({ _zod }): [string, boolean] => [path, _zod.def.error !== undefined]);
  const inner = [
    ...Object.entries({ ...(def.shape as object) }).map(([key, each]) => [`${path}.${key}`, each] as const),
    ...((def.options ?? []) as unknown[]).map((each) => [path, each] as const),
    ...["innerType", "in", "element", "keyType", "valueType"].map((key) => [path, def[key]] as const),
  ];
  return [...own, ...inner.flatMap(([at, each]) => (each ? patterns(each as Schema, at) : []))];
}

it("no setting that must match a pattern is answered with that pattern", () => {
  const found = patterns(settingsSchema as unknown as Schema, "settings");
  expect(found.length).toBeGreaterThan(15);
  expect(found.filter(([, words]) => !words)).toEqual([]);
});
