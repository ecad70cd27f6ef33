import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PR_COMMENT, Runner } from "./runner";

const MINUTE = 60_000;
let runner: Runner;
beforeEach(() => {
  runner = new Runner();
});
afterEach(() => runner.remove());

describe("a deploy", { timeout: MINUTE }, () => {
  const commit = "a".repeat(40);
  beforeEach(() => {
    runner.fake("git", `echo ${commit}`);
    runner.fake("pulumi", 'echo "updated"');
    runner.fake("gh", `echo ${commit}`);
  });
  const deploy = (previewed = commit) =>
    runner.run("deploy.sh", ["prod"], { PREVIEWED_COMMIT: previewed, GITHUB_REF_NAME: "main", GH_TOKEN: "t" });
  const updates = () => runner.calls().filter((call) => call.startsWith("pulumi"));

  it("of the commit that was previewed updates the stack, held to the policies", async () => {
    expect((await deploy()).code).toBe(0);
    expect(updates()).toEqual([
      expect.stringMatching(
        /^pulumi up --stack prod --yes --non-interactive --policy-pack \S+\/policy --policy-pack-config \S+\/prod.json$/,
      ),
    ]);
    expect(runner.calls()).toContain("gh api repos/team/shop/commits/main --jq .sha");
  });

  it("of another commit is refused", async () => {
    expect((await deploy("0".repeat(40))).code).toBe(1);
    expect(runner.read("summary")).toContain("was previewed");
    expect(updates()).toEqual([]);
  });

  it("that was approved after a newer commit came is refused", async () => {
    runner.fake("gh", `echo ${"f".repeat(40)}`);
    expect((await deploy()).code).toBe(1);
    expect(runner.read("summary")).toContain("Approve the run of that commit");
    expect(updates()).toEqual([]);
  });

  it("that fails fails the job", async () => {
    runner.fake("pulumi", "exit 255");
    expect((await deploy()).code).toBe(255);
  });
});

describe("drift", { timeout: MINUTE }, () => {
  const look = () => runner.run("drift.sh", ["prod", runner.file("drift")]);
  beforeEach(() => runner.fake("npm", PR_COMMENT));

  it("is looked for in what runs, without changing anything", async () => {
    runner.fake("pulumi", "echo '{}'");
    expect((await look()).code).toBe(0);
    expect(runner.calls()).toEqual([
      expect.stringMatching(/^pulumi preview --refresh --expect-no-changes --stack prod --json /),
    ]);
    expect(runner.read("outputs")).toBe("drift=none\n");
  });

  it("that is found is described, and is no failure of the job", async () => {
    runner.fake("pulumi", "echo '{}'; exit 7");
    expect((await look()).code).toBe(0);
    expect(runner.read("outputs")).toBe("drift=found\n");
    expect(runner.read("drift/comment.md")).toContain("the comment");
  });

  it("that could not be looked for fails the job, and is not taken for none", async () => {
    runner.fake("pulumi", 'echo "error: no credentials" >&2; exit 1');
    const { code, said } = await look();
    expect(code).toBe(1);
    expect(said).toContain("no credentials");
    expect(runner.read("outputs")).toBe("");
  });
});

describe("the issue on drift", () => {
  const issue = (number: number, title: string, is_bot: boolean) => ({ number, title, author: { is_bot } });
  const keep = (drift: string) =>
    runner.run("drift-issue.sh", ["prod", drift, runner.file("drift")], { GH_TOKEN: "t" });
  const given = (...issues: object[]) =>
    runner.fake("gh", `[[ $* == "issue list"* ]] && echo '${JSON.stringify(issues)}'; true`);
  const writes = () => runner.calls().filter((call) => !call.startsWith("gh issue list"));
  const mine = issue(12, "Drift in prod", true);
  const others = [issue(3, "Drift in prod", false), issue(4, "Drift in staging", true)];
  beforeEach(() => runner.write("drift/comment.md", "<!-- sized-stack:preview:prod -->\nport 22 is open"));

  it("is opened, whatever others have opened", async () => {
    given(...others);
    expect((await keep("found")).code).toBe(0);
    expect(writes()).toEqual([
      `gh issue create --repo team/shop --title Drift in prod --body-file ${runner.file("drift/issue.md")}`,
    ]);
    expect(runner.read("drift/issue.md")).toMatch(/Pulumi\.prod\.yaml[\s\S]*port 22 is open[\s\S]*run\/1/);
  });

  it("is rewritten where it is open", async () => {
    given(...others, mine);
    await keep("found");
    expect(writes()).toEqual([`gh issue edit 12 --repo team/shop --body-file ${runner.file("drift/issue.md")}`]);
  });

  it("is closed when there is none left, and then left alone", async () => {
    given(...others, mine);
    await keep("none");
    expect(writes()).toEqual([expect.stringMatching(/^gh issue close 12 --repo team\/shop --comment /)]);
    runner.forget();
    given(...others);
    expect((await keep("none")).code).toBe(0);
    expect(writes()).toEqual([]);
  });
});
