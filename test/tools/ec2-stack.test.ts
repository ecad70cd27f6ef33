import { describe, expect, it } from "vitest";
import { DOCKER_COMMANDS, ec2Arguments, insteadOnEc2 } from "../../tools/stack/ec2";
import { planSummary } from "../../tools/stack/plan-summary";
import { stackPlan, stackTarget } from "../../tools/stack/settings";
import { run } from "../../tools/toolchain/command";
import { PROJECT } from "../../tools/toolchain/versions";

describe("a stack on EC2", { timeout: 60_000 }, () => {
  it("is told from one on Docker without its settings being right", () => {
    expect(["prod", "dev", "nowhere"].map(stackTarget)).toEqual(["ec2", "docker", "docker"]);
  });

  it("is explained offline, by its instance type and without HAProxy", async () => {
    const text = await run("make", ["-s", "explain", "STACK=prod"], { cwd: PROJECT, env: { AWS_PROFILE: "nobody" } });
    expect(text).toMatch(/^m7i\.2xlarge: 8 vCPU, 32,768 MiB, of which Amazon ECS registers 30,074 MiB\n/);
    expect(text).toContain("Tier high, single-host, 8 threads");
    expect(text).toContain("CPU is a weight there, no limit");
    expect(text).not.toMatch(/HAProxy|hostNofile|with the load balancer/);
  });

  it("has a plan without a container for the load balancer", async () => {
    const plan = await stackPlan("prod");
    expect(plan.rolloutFactor).toBe(2);
    expect(planSummary(plan)).not.toContain("load balancer");
    expect(planSummary(plan)).toContain("shares only");
  });

  it("is deployed and removed with Pulumi's own question, and its data stays", () => {
    expect(ec2Arguments.up("prod")).toEqual(["up", "--stack", "prod"]);
    expect(ec2Arguments.down("prod")).toEqual(["destroy", "--exclude-protected", "--stack", "prod"]);
  });

  const named = { stack: "prod", prefix: "shop-prod", user: "owner", database: "orders" };
  it.each([
    ["logs", "aws logs tail /sized-stack/shop-prod/<service> --follow"],
    ["psql", "psql --username=owner orders"],
    ["clean", "make down STACK=prod"],
  ] as const)("%s says in a sentence what to use instead", (command, instead) => {
    const sentence = insteadOnEc2(command, named);
    expect(sentence).toMatch(/^Stack prod runs on EC2; .*\.$/);
    expect(sentence).toContain(instead);
  });

  it.each(DOCKER_COMMANDS)("make %s ends with that sentence", async (command) => {
    const ended = run("node_modules/.bin/tsx", ["tools/cli.ts", "--stack", "prod", command], { cwd: PROJECT });
    await expect(ended).rejects.toThrow("Stack prod runs on EC2; ");
  });

  it("logs names the service that was asked for", () => {
    expect(insteadOnEc2("logs", { ...named, service: "celery" })).toContain("/sized-stack/shop-prod/celery ");
  });
});
