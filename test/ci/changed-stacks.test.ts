import { afterAll, beforeAll, expect, it } from "vitest";
import { Runner, repository } from "./runner";

const home = new Runner();
const clone = home.file("clone");
const runner = new Runner(clone);
let commit: Awaited<ReturnType<typeof repository>>;

beforeAll(async () => {
  commit = await repository(clone);
  await commit({
    "index.ts": "",
    "Pulumi.yaml": "name: shop\n",
    "Pulumi.dev.yaml": "config:\n  shop:target: docker\n",
    "Pulumi.prod.yaml": "config:\n  shop:target: ec2\n",
    "Pulumi.staging.yaml": "config:\n  shop:tier: low\n",
  });
});
afterAll(() => {
  for (const each of [home, runner]) each.remove();
});

const ALL = 'docker=["dev","staging"]\nshared=["prod"]\n';

it.each<[string, Record<string, string | undefined>, string]>([
  ["the program", { "index.ts": "//\n" }, ALL],
  ["a rule", { "components/sizing/machine/cpu.ts": "//\n" }, ALL],
  ["the packages", { "package-lock.json": "{}\n" }, ALL],
  ["the project's settings", { "Pulumi.yaml": "# more\n" }, ALL],
  ["a file nobody knows", { "app/Dockerfile": "FROM scratch\n" }, ALL],
  ["a policy", { "policy/rules/data-protected.ts": "//\n" }, ALL],
  ["one stack's settings", { "Pulumi.dev.yaml": "  shop:tier: low\n" }, 'docker=["dev"]\nshared=[]\n'],
  ["what one stack is held to", { "policy/config/prod.json": "{}\n" }, 'docker=[]\nshared=["prod"]\n'],
  [
    "two stacks and documentation",
    { "Pulumi.dev.yaml": "#\n", "Pulumi.prod.yaml": "#\n", "README.md": "#\n" },
    'docker=["dev"]\nshared=["prod"]\n',
  ],
  [
    "documentation, tests and workflows",
    { "docs/explain.md": "#\n", "test/a.test.ts": "//\n", ".github/workflows/ci.yml": "#\n" },
    "docker=[]\nshared=[]\n",
  ],
  ["a stack that is new", { "Pulumi.eu.yaml": "config:\n  shop:target: ec2\n" }, 'docker=[]\nshared=["eu"]\n'],
  ["a stack that goes", { "Pulumi.eu.yaml": undefined }, "docker=[]\nshared=[]\n"],
  ["a file that is named to be run", { "Pulumi.$(touch x).yaml": "#\n" }, "docker=[]\nshared=[]\n"],
])("a change of %s touches its stacks", async (_, files, stacks) => {
  await commit(files);
  expect(await runner.run("changed-stacks.sh", ["HEAD^1", "HEAD"])).toEqual({ code: 0, said: stacks });
});

it("a commit that is not there is an error, not a change of nothing", async () => {
  expect((await runner.run("changed-stacks.sh", ["nowhere", "HEAD"])).code).not.toBe(0);
});
