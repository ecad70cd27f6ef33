import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { policyArguments } from "../../tools/stack/policy";
import { PROJECT } from "../../tools/toolchain/versions";
import { Ec2Stack, host, SETTINGS } from "./ec2-stack";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const PASSED = /sized-stack@v\d+\.\d+\.\d+/;
/** What is printed of a violation, and of nothing else. */
const VIOLATION = /\[(mandatory|advisory)\]/;

/** What a preview under the policies prints, and whether it succeeded. */
async function judged(
  pulumi: (...args: string[]) => Promise<string>,
  stack: string,
): Promise<{ readonly passed: boolean; readonly said: string }> {
  return pulumi("preview", ...policyArguments(stack)).then(
    (said) => ({ passed: true, said }),
    (error: Error) => ({ passed: false, said: error.message }),
  );
}

/** The system, and something beside it. */
const and = (more: string): string => `${readFileSync(path.join(PROJECT, "index.ts"), "utf8")}\n${more}`;

describe("on Docker", { timeout: 5 * MINUTE }, () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await TestStack.create();
  }, MINUTE);
  afterAll(() => stack?.remove(), MINUTE);

  it("a preview of the system keeps to every rule", async () => {
    for (const level of ["dev", "a-stack-without-a-file"]) {
      const { passed, said } = await judged((...args) => stack.pulumi(...args), level);
      expect(said).toMatch(PASSED);
      expect(said).not.toMatch(VIOLATION);
      expect(passed).toBe(true);
    }
  });

  const OPEN = `
    import { DockerPlatform } from "./components/platform";
    import { Postgres } from "./components/postgres";
    new Postgres("db", {
      hardware: { threads: 1, memory: "2GiB" },
      tier: "low",
      platform: new DockerPlatform("docker", { prefix: "policy-test" }),
      password: "of a test",
      transform: {
        container: (args) => ({
          ...args,
          ports: [{ internal: 5432, external: 5432 }],
          envs: [...args.envs, "BACKUP_TOKEN=never shown"],
          destroyGraceSeconds: undefined,
          memoryReservation: 4096,
        }),
      },
    });`;
  const SENTENCES = [
    'db (docker:Container) publishes port 5432 on 0.0.0.0: every network of the machine reaches it, past its firewall. Set ip: "127.0.0.1"',
    "pulumi config set --secret --path secrets.BACKUP_TOKEN",
    "db (docker:Container) has no time to stop: it is killed in the middle of its work. Set destroyGraceSeconds.",
    "The Docker engine has 2,048 MiB for containers, and promises 4,096 MiB: db 4,096.",
  ];

  it("a preview that breaks rules fails with the remedies in prod, and goes on with them in dev", async () => {
    const preview = stack.withProgram(OPEN);
    const inProd = await judged(preview, "prod");
    const inDev = await judged(preview, "dev");
    for (const sentence of SENTENCES) {
      expect(inProd.said).toContain(sentence);
      expect(inDev.said).toContain(sentence);
    }
    expect(inProd.said).not.toContain("never shown");
    expect([inProd.passed, inDev.passed]).toEqual([false, true]);
  });
});

describe("on EC2", { timeout: 10 * MINUTE }, () => {
  let ec2: Ec2Stack;
  let stack: TestStack;
  const pulumi = (...args: string[]) => stack.pulumi(...args);

  beforeAll(async () => {
    ec2 = await Ec2Stack.create({ ...SETTINGS, tier: "high", "ec2.data.protect": "true" });
    ec2.aws.hosts = [host(ec2.aws, "m7i.2xlarge", "data")];
    stack = ec2.stack;
  }, MINUTE);
  afterAll(() => ec2?.remove(), MINUTE);

  it("the system keeps to every rule: in its first preview, while it is made, and once all is known", async () => {
    const first = await judged(pulumi, "prod");
    const made = await stack.pulumi("up", "--yes", "--skip-preview", "--suppress-outputs", ...policyArguments("prod"));
    const second = await judged(pulumi, "prod");
    for (const said of [first.said, made, second.said]) {
      expect(said).toMatch(PASSED);
      expect(said).not.toMatch(VIOLATION);
    }
    expect([first.passed, second.passed]).toEqual([true, true]);
  });

  it("what the workflows' scripts make of pulumi is right: nothing to do, something to do, drift, an error", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "workflow-"));
    const script = async (name: string, of = stack.name) => {
      const outputs = path.join(folder, "outputs");
      writeFileSync(outputs, "");
      const env = { GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: path.join(folder, "summary") };
      const ended = await stack.program(path.join(PROJECT, "tools", "ci", name), [of, folder], env).then(
        () => "",
        () => "failed",
      );
      return readFileSync(outputs, "utf8").trim() + ended;
    };
    expect([await script("preview.sh"), await script("drift.sh")]).toEqual(["changes=false", "drift=none"]);
    const group = ec2.aws.resource("aws:cloudwatch/logGroup:LogGroup", "backend");
    ec2.aws.change(group, { retentionInDays: 1 });
    expect([await script("preview.sh"), await script("drift.sh")]).toEqual(["changes=false", "drift=found"]);
    ec2.aws.change(group, { retentionInDays: group.props.retentionInDays });
    const right = stack.settingsFile();
    await stack.set({ "ec2.logDays": 7 });
    expect(await script("preview.sh")).toBe("changes=true");
    stack.restoreSettings(right);
    expect([await script("preview.sh", "nobody"), await script("drift.sh", "nobody")]).toEqual(["failed", "failed"]);
    rmSync(folder, { recursive: true });
  });

  it("a data volume without protection is refused in prod", async () => {
    const right = stack.settingsFile();
    await stack.set({ "ec2.data.protect": "false" });
    const { passed, said } = await judged(pulumi, "prod");
    stack.restoreSettings(right);
    expect(passed).toBe(false);
    expect(said).toContain("data (aws:Volume) is not protected");
    expect(said).toContain("Set ec2.data.protect: true");
  });

  it("so are a database open to everybody, and a container without limits under a name that may change", async () => {
    const { passed, said } = await judged(
      stack.withProgram(
        and(`
        import * as aws from "@pulumi/aws";
        const group = new aws.ec2.SecurityGroup("mine", { description: "of a test" });
        new aws.vpc.SecurityGroupIngressRule("postgres-for-all", {
          securityGroupId: group.id, cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp", fromPort: 5432, toPort: 5432,
        });
        new aws.ecs.TaskDefinition("loose", {
          family: "loose",
          containerDefinitions: JSON.stringify([{ name: "app", image: "shop:latest", memory: 64 }]),
        });`),
      ),
      "prod",
    );
    expect(passed).toBe(false);
    for (const sentence of [
      "postgres-for-all (aws:SecurityGroupIngressRule) opens port 5432 to 0.0.0.0/0, which is everybody. Only the load balancer's group may",
      "loose (aws:TaskDefinition): container app runs shop:latest",
      "Name shop:latest@sha256:…",
      "container app has no health check",
    ]) {
      expect(said).toContain(sentence);
    }
  });
});
