import { existsSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PR_COMMENT, Runner, repository } from "./runner";

const MINUTE = 60_000;
let runner: Runner;
beforeEach(() => {
  runner = new Runner();
});
afterEach(() => runner.remove());

const changing = (ops: string) => `echo '{"changeSummary":{${ops}}}'`;

describe("the preview of a shared stack", { timeout: MINUTE }, () => {
  const preview = () =>
    runner.run("preview.sh", ["prod", runner.file("preview")], { PULUMI_BACKEND_URL: "s3://state" });

  it("is held to the policies, becomes the comment and the summary, and says whether anything changes", async () => {
    runner.fake("npm", PR_COMMENT);
    runner.fake("pulumi", changing('"same":3,"update":1'));
    expect((await preview()).code).toBe(0);
    const [pulumi, npm] = runner.calls();
    expect(pulumi).toMatch(
      /^pulumi preview --stack prod --json .*--policy-pack \S+\/policy --policy-pack-config \S+\/prod.json$/,
    );
    expect(npm).toMatch(/ \S+\/preview.json --events \S+\/events.jsonl --log \S+\/log --stack prod --full /);
    expect(runner.read("preview/comment.md")).toBe("<!-- sized-stack:preview:prod -->\nthe comment\n");
    expect(runner.read("summary")).toBe("everything\n");
    expect(runner.read("outputs")).toBe("changes=true\n");
  });

  it("without changes says so", async () => {
    runner.fake("npm", PR_COMMENT);
    runner.fake("pulumi", changing('"same":3'));
    await preview();
    expect(runner.read("outputs")).toBe("changes=false\n");
  });

  it("that fails leaves its comment, prints why and fails", async () => {
    runner.fake("npm", PR_COMMENT);
    runner.fake("pulumi", 'echo "error: no stack named prod" >&2; exit 6');
    const { code, said } = await preview();
    expect(code).toBe(6);
    expect(said).toContain("no stack named prod");
    expect(runner.read("preview/comment.md")).toContain("the comment");
    expect(runner.read("outputs")).toBe("");
  });

  it("leaves the log as its comment where nothing better can be made", async () => {
    runner.fake("npm", 'echo "pr-comment is broken" >&2; exit 1');
    runner.fake("pulumi", "echo 'error: ```no stack' >&2; exit 6");
    expect((await preview()).code).toBe(6);
    const comment = runner.read("preview/comment.md");
    expect(comment).toMatch(/^<!-- sized-stack:preview:prod -->\n### `prod`: the preview failed\n/);
    expect(comment).toContain("error: no stack\npr-comment is broken\n```");
    expect(runner.read("summary")).toBe(comment);
  });
});

describe("the preview of a Docker stack", { timeout: MINUTE }, () => {
  const before = {
    "Pulumi.dev.yaml": "#\n",
    "package-lock.json": "1\n",
    "node_modules/some/index.js": "",
    ".gitignore": "/node_modules\n",
  };
  /** Which settings were explained where; the base is a work tree beside. */
  const EXPLAIN = `
if [[ "$*" == *explain* ]]; then
  [[ -e broken ]] && { echo "4 GiB is too little" >&2; exit 1; }
  echo "{\\"settings\\":\\"$(tr '\\n' ' ' < Pulumi.dev.yaml)\\",\\"packages\\":\\"$(ls node_modules)\\"}"
fi${PR_COMMENT}`;
  let home: Runner;
  let commit: Awaited<ReturnType<typeof repository>>;
  beforeEach(async () => {
    home = new Runner();
    commit = await repository(home.file("clone"));
    runner.remove();
    runner = new Runner(home.file("clone"));
    runner.fake("npm", EXPLAIN);
  });
  afterEach(() => home.remove());
  const preview = () => runner.run("plan-preview.sh", ["dev", runner.file("preview")]);
  const comments = () => runner.calls().filter((call) => call.includes("pr-comment"));

  it("compares the plans of base and head, and asks neither pulumi nor GitHub", async () => {
    await commit(before);
    await commit({ "Pulumi.dev.yaml": "more\n" });
    runner.fake("pulumi", "exit 1");
    runner.fake("gh", "exit 1");
    expect(await preview()).toEqual({ code: 0, said: "" });
    expect(JSON.parse(runner.read("preview/base.json"))).toEqual({ settings: "# ", packages: "some" });
    expect(JSON.parse(runner.read("preview/head.json")).settings).toBe("# more ");
    expect(comments()[0]).toMatch(/--head \S+\/head.json --base \S+\/base.json --stack dev/);
    expect(runner.calls().filter((call) => /^(pulumi|gh)/.test(call))).toEqual([]);
    expect(existsSync(runner.file("preview/base"))).toBe(false);
  });

  it("installs the base's packages where they are others", async () => {
    await commit(before);
    await commit({ "package-lock.json": "2\n" });
    await preview();
    expect(runner.calls()).toContain("npm ci --ignore-scripts --loglevel=error");
  });

  it.each([
    ["a stack that is new", { "README.md": "#\n" }, { ...before }],
    ["a base that explained nothing", { ...before, broken: "" }, { broken: undefined }],
  ])("of %s has no base", async (_, first, second) => {
    await commit(first);
    await commit(second);
    expect((await preview()).code).toBe(0);
    expect(comments()[0]).not.toContain("--base");
  });

  it("that is refused fails with the reason, in the comment too", async () => {
    await commit(before);
    await commit({ broken: "" });
    runner.fake("npm", EXPLAIN.replace("*pr-comment* ]]; then", "*pr-comment* ]]; then\n  exit 1"));
    const { code, said } = await preview();
    expect(code).toBe(1);
    expect(said).toContain("4 GiB is too little");
    expect(runner.read("preview/comment.md")).toContain(
      "### `dev`: the preview failed\n\n```text\n4 GiB is too little\n",
    );
  });
});

describe("the comment in the pull request", () => {
  const MARKER = "<!-- sized-stack:preview:prod -->";
  const comment = (id: number, login: string, body: string) => ({ id, user: { login }, body });
  const BOT = "github-actions[bot]";
  const post = () =>
    runner.run("sticky-comment.sh", ["prod", runner.file("preview")], { PULL_REQUEST: "7", GH_TOKEN: "t" });
  const writes = () => runner.calls().filter((call) => call.includes("--method"));
  beforeEach(() => runner.write("preview/comment.md", `${MARKER}\nnew`));

  it("is made where there is none; comments of others do not count, nor of other stacks", async () => {
    const pages = [
      [comment(1, "somebody", `${MARKER}\nmine`), comment(2, BOT, "<!-- sized-stack:preview:dev -->\nof dev")],
      [comment(3, BOT, `I quote ${MARKER}`)],
    ];
    runner.fake("gh", `[[ $* == *--slurp* ]] && echo '${JSON.stringify(pages)}'; true`);
    expect((await post()).code).toBe(0);
    expect(writes()).toEqual([
      `gh api --silent --method POST repos/team/shop/issues/7/comments --field body=@${runner.file("preview/comment.md")}`,
    ]);
  });

  it("is written over where there is one, on whatever page", async () => {
    const pages = [
      [comment(1, BOT, "hello")],
      [comment(8, BOT, `${MARKER}\nold`), comment(9, BOT, `${MARKER}\nolder`)],
    ];
    runner.fake("gh", `[[ $* == *--slurp* ]] && echo '${JSON.stringify(pages)}'; true`);
    await post();
    expect(writes()).toEqual([
      `gh api --silent --method PATCH repos/team/shop/issues/comments/8 --field body=@${runner.file("preview/comment.md")}`,
    ]);
  });

  it("says where to look where there was no preview at all", async () => {
    runner.write("preview/comment.md", "");
    runner.fake("gh", "[[ $* == *--slurp* ]] && echo '[[]]'; true");
    await post();
    expect(runner.read("preview/comment.md")).toMatch(/^<!-- sized-stack:preview:prod -->\n[\s\S]*run\/1/);
  });

  it("fails where GitHub does not answer", async () => {
    runner.fake("gh", 'echo "HTTP 502" >&2; exit 1');
    expect((await post()).code).not.toBe(0);
    expect(writes()).toEqual([]);
  });
});

describe("a stack that is not previewed", () => {
  const say = (env: Record<string, string>, stacks = '["prod"]') => runner.run("not-previewed.sh", [stacks], env);
  it.each([
    [
      "for a fork",
      { TRUSTED: "false", PULUMI_BACKEND_URL: "s3://state" },
      "a pull request from a fork gets no credentials",
    ],
    ["without a backend", { TRUSTED: "true" }, "PULUMI_BACKEND_URL of the repository is not set"],
  ])("%s is named in the summary, with the reason", async (_, env, words) => {
    await say(env);
    expect(runner.read("summary")).toContain(`Not previewed: ["prod"], because`);
    expect(runner.read("summary")).toContain(words);
  });
  it("is not spoken of where there is none, or it is previewed", async () => {
    await say({ TRUSTED: "false" }, "[]");
    await say({ TRUSTED: "true", PULUMI_BACKEND_URL: "s3://state" });
    expect(runner.read("summary")).toBe("");
  });
});
