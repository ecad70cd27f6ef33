import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, REFUSED, system, UNDETERRED, WRONG_NETWORK_MODE } from "../ec2/stub-provider/programs";
import { type Serving, serve } from "../ec2/stub-provider/server";
import { StubAws } from "../ec2/stub-provider/stub-aws";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const INSTANCE = "aws:ec2/instance:Instance";
const VOLUME = "aws:ebs/volume:Volume";
const SERVICE = "aws:ecs/service:Service";

describe("the stub of AWS under the real engine", { timeout: 5 * MINUTE }, () => {
  const aws = new StubAws();
  let serving: Serving;
  let stack: TestStack;
  let seen = 0;
  /** What was made, changed and deleted since the last time this was asked. */
  const done = (): string[] => {
    const since = aws.calls.slice(seen);
    seen = aws.calls.length;
    return since
      .filter(({ op, refused }) => /create|update|delete/.test(op) && !refused)
      .map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`);
  };
  const output = async (): Promise<{ deployed?: string; wanted?: string }> =>
    JSON.parse(await stack.pulumi("stack", "output", "--json"));
  const failure = (attempt: Promise<string>): Promise<string> =>
    attempt.then(
      (said) => `it succeeded: ${said}`,
      (error: Error) => error.message,
    );
  const deployment = `${SERVICE} backend`;

  beforeAll(async () => {
    serving = await serve(aws);
    stack = await TestStack.create({ settings: {}, env: serving.environment });
  }, MINUTE);
  afterAll(async () => {
    await stack?.remove();
    serving?.stop();
  }, MINUTE);

  it("makes what a program asks for; then preview and refresh find nothing to do", async () => {
    aws.hosts = HOSTS;
    await stack.upWith(system("1"));
    expect(done()).toHaveLength(aws.everything().length);
    const { deployed, wanted } = await output();
    expect(wanted).toMatch(/^arn:aws:ecs:eu-central-1:123456789012:task-definition\/backend:\d+$/);
    expect(deployed).toBe(wanted);
    await stack.withProgram(system("1"))("preview", "--refresh", "--expect-no-changes");
    expect(done()).toEqual([]);
  });

  it("knows secrets in clear, and logs none", () => {
    const type = "aws:secretsmanager/secretVersion:SecretVersion";
    expect(aws.resource(type, "password").props.secretString).toBe("of a test");
    expect(aws.calls.find((call) => call.type === type)?.inputs.secretString).toBe("[secret]");
    expect(JSON.stringify(aws.calls)).not.toContain("of a test");
    expect(stack.stateFile()).not.toContain("of a test");
  });

  it("a new AMI replaces the instance and its attachment, not the volume; the preview says so", async () => {
    aws.imageRelease = 2;
    const preview = JSON.parse(await stack.withProgram(system("1"))("preview", "--json"));
    const steps: { op: string; urn: string; replaceReasons?: string[] }[] = preview.steps;
    const planned = steps.map(({ op, urn, replaceReasons }) => [op, urn.split(":").at(-1), replaceReasons]);
    expect(planned.slice(1)).toEqual([
      ["update", "app", undefined],
      ["replace", "data", ["ami"]],
      ["replace", "data", undefined],
    ]);
    const before = aws.resource(VOLUME, "data").id;
    await stack.upWith(system("1"));
    expect(done().filter((each) => each.endsWith(" data"))).toEqual([
      "delete VolumeAttachment data",
      "delete Instance data",
      "create Instance data",
      "create VolumeAttachment data",
    ]);
    expect(aws.resource(VOLUME, "data").id).toBe(before);
  });

  describe("refuses", () => {
    let said: string;
    beforeAll(async () => {
      aws.secretsInDeletion.add("deleted yesterday");
      const lines = REFUSED.map(([, line]) => line).join("\n");
      said = await failure(stack.upWith(system("1", UNDETERRED + lines), "--continue-on-error"));
    }, 2 * MINUTE);

    it.each(REFUSED)("%s", (name, _, words) => {
      expect(aws.calls.find((call) => call.name === name && call.refused)?.refused).toContain(words);
      expect(said).toContain(words);
    });

    it("in a preview already, what the provider itself knows to be wrong", async () => {
      const preview = stack.withProgram(system("1", WRONG_NETWORK_MODE))("preview");
      expect(await failure(preview)).toContain("expected network_mode to be one of");
      done();
    });
  });

  it("a deployment that was taken back: the update fails, the next one deploys nothing, one after a refresh does", async () => {
    const { wanted: before } = await output();
    aws.faults.rolledBack[deployment] = "reported";
    expect(await failure(stack.upWith(system("2")))).toContain("ECS deployment circuit breaker");
    aws.faults.rolledBack = {};
    await stack.upWith(system("2"));
    const { deployed, wanted } = await output();
    expect(deployed).toBe(before);
    expect(wanted).not.toBe(before);
    await stack.upWith(system("2"), "--refresh");
    expect(await output()).toEqual({ deployed: wanted, wanted });
  });

  it("fails what a test wants to fail", async () => {
    aws.faults.failing[deployment] = "ServerException: Service Unavailable";
    expect(await failure(stack.upWith(system("3")))).toContain("ServerException: Service Unavailable");
    aws.faults.failing = {};
    done();
  });

  it("keeps what others still use, and lets go in order", async () => {
    const made = (type: string, name: string) => aws.resource(type, name);
    const vpc = made("aws:ec2/vpc:Vpc", "main").id;
    const subnetId = made("aws:ec2/subnet:Subnet", "public-0").id;
    const group = made("aws:ec2/securityGroup:SecurityGroup", "hosts").id;
    const cluster = made("aws:ecs/cluster:Cluster", "main");
    const provider = made("aws:ecs/capacityProvider:CapacityProvider", "app").props.name;
    const byHand = aws.given("aws:ec2/securityGroup:SecurityGroup", { vpcId: vpc, name: "by hand" });
    const lodger = aws.given("aws:ec2/networkInterface:NetworkInterface", { subnetId });
    const others = [
      aws.given("aws:ec2/networkInterface:NetworkInterface", { securityGroups: [group] }),
      aws.given("aws:ec2/volumeAttachment:VolumeAttachment", { volumeId: made(VOLUME, "scratch").id }),
      aws.given("aws:lb/listener:Listener", {
        defaultActions: [{ targetGroupArn: made("aws:lb/targetGroup:TargetGroup", "web").id }],
      }),
      aws.given("aws:iam/rolePolicyAttachment:RolePolicyAttachment", { role: made("aws:iam/role:Role", "host").id }),
      aws.given(INSTANCE, { userData: `echo ECS_CLUSTER=${cluster.props.name} >> /etc/ecs/ecs.config` }),
      aws.given("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", {
        clusterName: "other",
        capacityProviders: [provider],
      }),
    ];
    const destroy = () => failure(stack.pulumi("destroy", "--yes", "--skip-preview", "--continue-on-error"));
    const said = await destroy();
    for (const words of [
      `DependencyViolation: resource ${group}`,
      "VolumeInUse",
      "ResourceInUse: Target group",
      "must detach all policies first",
      "ClusterContainsContainerInstancesException",
      "ResourceInUseException: The specified capacity provider is in use",
    ]) {
      expect(said).toContain(words);
    }
    for (const other of others) aws.lose(other);
    expect(await destroy()).toContain(`DependencyViolation: The subnet '${subnetId}'`);
    aws.lose(lodger);
    expect(await destroy()).toContain(`DependencyViolation: The vpc '${vpc}'`);
    aws.lose(byHand);
    await stack.down();
    const order = done();
    for (const [first, then] of [
      ["VolumeAttachment data", "Instance data"],
      ["Instance data", "Cluster main"],
      ["Service backend", "Listener http"],
      ["Subnet public-0", "Vpc main"],
    ]) {
      expect(order.indexOf(`delete ${first}`)).toBeLessThan(order.indexOf(`delete ${then}`));
      expect(order).toContain(`delete ${then}`);
    }
    expect(order).toContain("delete Volume scratch");
    expect(order).not.toContain("delete Volume data");
    expect(aws.everything().map(({ type, name }) => `${type} ${name}`)).toEqual([`${VOLUME} data`]);
  });
});
