import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { run } from "../../tools/toolchain/command";
import { meet } from "../../tools/toolchain/need";
import { PROJECT } from "../../tools/toolchain/versions";
import { actionlint } from "./actionlint";

const FOLDER = path.join(PROJECT, ".github", "workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly if?: string;
  readonly steps: readonly Step[];
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const names = readdirSync(FOLDER);
const text = (name: string): string => readFileSync(path.join(FOLDER, name), "utf8");
const workflow = (name: string): Workflow => parse(text(name));
const jobs = (name: string): Job[] => Object.values(workflow(name).jobs);
const job = (file: string, name: string): Job => {
  const found = workflow(file).jobs[name];
  if (!found) throw new Error(`${file} has no job ${name}`);
  return found;
};

describe("actionlint", () => {
  let program: string;
  beforeAll(async () => {
    program = (await meet(actionlint, { say: () => {}, detail: () => {} })).result;
  }, 600_000);

  it("has nothing to say", { timeout: 60_000 }, async () => {
    // What the steps run is in tools/ci, where shellcheck reads it.
    const files = names.map((name) => path.join(FOLDER, name));
    expect(await run(program, ["-shellcheck=", "-pyflakes=", ...files], { cwd: PROJECT })).toBe("");
  });
});

describe.each(names)("%s", (name) => {
  it("takes every action by its commit, and says which version that is", () => {
    const lines = text(name)
      .split("\n")
      .filter((line) => line.includes("uses:"));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("starts with no permission but to read, and knows no secret", () => {
    for (const permission of Object.values(workflow(name).permissions)) expect(permission).toBe("read");
    expect(text(name)).not.toMatch(/secrets\./);
    for (const { permissions = {} } of jobs(name)) expect(permissions.contents ?? "read").toBe("read");
  });

  it("leaves no token behind in the clone", () => {
    const checkouts = text(name).split("actions/checkout@").slice(1);
    for (const checkout of checkouts) expect(checkout.split("- uses:")[0]).toContain("persist-credentials: false");
  });

  it("runs scripts of the repository alone, with nothing of an event in their text", () => {
    const commands = jobs(name).flatMap(({ steps }) =>
      steps.flatMap((step) => (step.run === undefined ? [] : [step.run])),
    );
    for (const command of commands) {
      expect(command).toMatch(/^(tools\/ci\/[\w-]+\.sh|\.ci\/run(-long)?)( |$)/);
      expect(command).not.toContain("${{");
      expect(() => accessSync(path.join(PROJECT, command.split(" ")[0] ?? ""), constants.X_OK)).not.toThrow();
    }
  });

  it("gives GitHub's token only to the step that needs it", () => {
    for (const { steps } of jobs(name)) {
      for (const { env = {}, run: command = "" } of steps) {
        if ("GH_TOKEN" in env) expect(command).toMatch(/sticky-comment|drift-issue|deploy/);
      }
    }
    expect(text(name).split("steps:")[0]).not.toContain("GH_TOKEN");
  });
});

describe("a pull request", () => {
  it("never runs with the rights of the base", () => {
    for (const name of names) expect(Object.keys(workflow(name).on)).not.toContain("pull_request_target");
  });

  it("of a fork gets no credentials and no comment: its summary has the plan", () => {
    expect(job("preview.yml", "preview").if).toContain("needs.changes.outputs.trusted == 'true'");
    const plan = job("preview.yml", "plan");
    expect(plan.if).not.toContain("trusted");
    expect(plan.permissions).not.toHaveProperty("id-token");
    expect(plan.steps.find((step) => step.run?.includes("sticky-comment"))?.if).toContain("trusted == 'true'");
    expect(text("preview.yml")).toMatch(
      /trusted: \$\{\{ github\.event\.pull_request\.head\.repo\.full_name == github\.repository &&/,
    );
  });

  it("gets its comment also where the preview failed", () => {
    for (const name of ["plan", "preview"]) {
      const comment = job("preview.yml", name).steps.find((step) => step.run?.includes("sticky-comment"));
      expect(comment?.if).toContain("!cancelled()");
    }
  });
});

describe("what takes too long for each change", () => {
  it("runs every night, all of it", () => {
    expect(workflow("long-tests.yml").on).toHaveProperty("schedule");
    expect(job("long-tests.yml", "test").steps.at(-1)?.run).toBe(".ci/run-long");
    expect(readFileSync(path.join(PROJECT, ".ci", "run-long"), "utf8")).toMatch(/^make test-long$/m);
    const { scripts } = JSON.parse(readFileSync(path.join(PROJECT, "package.json"), "utf8"));
    const long = Object.keys(scripts).filter((name) => name.startsWith("test:"));
    const recipe = readFileSync(path.join(PROJECT, "Makefile"), "utf8").split(/^test-long:.*\n/m)[1] ?? "";
    expect([...recipe.matchAll(/npm run (test:\S+)/g)].map(([, name]) => name)).toEqual(long);
  });
});

describe("production", () => {
  it("is deployed after somebody approved, on the commit that was previewed", () => {
    const deploy = job("deploy.yml", "deploy");
    expect(deploy.environment).toBe("prod");
    expect(text("deploy.yml")).toMatch(/ref: \$\{\{ needs\.preview\.outputs\.commit \}\}/);
    expect(job("deploy.yml", "preview").environment).toBeUndefined();
  });

  it("is changed by the deploy's role, and looked at with another", () => {
    expect(text("preview.yml")).not.toContain("DEPLOY_ROLE");
    expect(text("drift.yml")).not.toContain("DEPLOY_ROLE");
    expect(text("deploy.yml").match(/DEPLOY_ROLE/g)).toHaveLength(1);
  });
});
