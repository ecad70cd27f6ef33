import { describe, expect, it } from "vitest";
import { meets, unplaced } from "./stub-provider/placement";
import { InitializationError, StubAws } from "./stub-provider/stub-aws";

const VPC = "aws:ec2/vpc:Vpc";
const VOLUME = "aws:ebs/volume:Volume";
const INSTANCE = "aws:ec2/instance:Instance";
const SERVICE = "aws:ecs/service:Service";
const TARGET_GROUP = "aws:lb/targetGroup:TargetGroup";

const replaced = (type: string, olds: object, news: object) =>
  new StubAws().diff(type, { ...olds }, { ...news }).changes.map(({ path, replaces }) => [path, replaces]);

describe("the stub of AWS", () => {
  it("replaces what the provider replaces, and updates the rest in place", () => {
    expect(replaced(INSTANCE, { ami: "ami-1", instanceType: "a" }, { ami: "ami-2", instanceType: "b" })).toEqual([
      ["ami", true],
      ["instanceType", false],
    ]);
    expect(replaced(VOLUME, { size: 1, encrypted: false }, { size: 2, encrypted: true })).toEqual([
      ["encrypted", true],
      ["size", false],
    ]);
    expect(replaced(SERVICE, { taskDefinition: "a:1", cluster: "a" }, { taskDefinition: "a:2" })).toEqual([
      ["cluster", true],
      ["taskDefinition", false],
    ]);
    const definition = "aws:ecs/taskDefinition:TaskDefinition";
    expect(replaced(definition, { cpu: "1" }, { cpu: "2", tags: { a: "b" } })).toEqual([
      ["cpu", true],
      ["tags", false],
    ]);
    const group = (arn: string) => ({ autoScalingGroupProvider: { autoScalingGroupArn: arn, managedDraining: arn } });
    expect(replaced("aws:ecs/capacityProvider:CapacityProvider", group("a"), group("b"))).toEqual([
      ["autoScalingGroupProvider.autoScalingGroupArn", true],
      ["autoScalingGroupProvider.managedDraining", false],
    ]);
  });

  it("replaces an instance for other user data only where that is wanted", () => {
    expect(replaced(INSTANCE, { userData: "a" }, { userData: "b" })).toEqual([["userData", false]]);
    expect(replaced(INSTANCE, { userData: "a" }, { userData: "b", userDataReplaceOnChange: true }).slice(0, 1)).toEqual(
      [["userData", true]],
    );
  });

  it("sees no difference in the order of plain lists, in formatting of JSON, and in what is absent", () => {
    const policy = (text: string, subnets: string[]) => ({ policy: text, subnets, extra: undefined });
    expect(replaced(VPC, policy('{"a":1,"b":[1]}', ["x", "y"]), policy('{ "b": [1], "a": 1 }', ["y", "x"]))).toEqual(
      [],
    );
    expect(replaced(VPC, policy('{"command":["a","b"]}', []), policy('{"command":["b","a"]}', []))).toHaveLength(1);
  });

  it("makes up a name and keeps it, and deletes first where a given name would be taken twice", () => {
    const aws = new StubAws();
    const { inputs } = aws.check(TARGET_GROUP, "web", {}, { port: 80 });
    expect(inputs.name).toMatch(/^web-[0-9a-f]{7}$/);
    expect(aws.check(TARGET_GROUP, "web", inputs, { port: 81 }).inputs.name).toBe(inputs.name);
    expect(aws.diff(TARGET_GROUP, inputs, { ...inputs, port: 81 }).deleteBeforeReplace).toBe(false);
    const given = { name: "web", port: 80 };
    expect(aws.diff(TARGET_GROUP, given, { ...given, port: 81 }).deleteBeforeReplace).toBe(true);
  });

  it("knows before AWS is asked that a name is too long and a retention does not exist", () => {
    const mistakes = (type: string, inputs: object) => new StubAws().check(type, "it", {}, { ...inputs }).mistakes;
    expect(mistakes(TARGET_GROUP, { name: "t".repeat(33) })[0]?.reason).toContain("range (1 - 32)");
    expect(mistakes("aws:lb/loadBalancer:LoadBalancer", { name: "a_b" })[0]?.property).toBe("name");
    expect(mistakes("aws:cloudwatch/logGroup:LogGroup", { retentionInDays: 31 })[0]?.property).toBe("retentionInDays");
    expect(mistakes("aws:iam/rolePolicy:RolePolicy", { policy: "allow all" })[0]?.property).toBe("policy");
    expect(mistakes("aws:ecs/taskDefinition:TaskDefinition", { family: "a b" })).toHaveLength(2);
  });

  it("says which types and data sources it does not know", () => {
    expect(() => new StubAws().check("aws:s3/bucket:Bucket", "it", {}, {})).toThrow(
      "does not know aws:s3/bucket:Bucket",
    );
    expect(() => new StubAws().invoke("aws:s3/getBucket:getBucket", {})).toThrow("no answer for aws:s3/getBucket");
  });

  it("lets a volume grow, not shrink", () => {
    const aws = new StubAws();
    const inputs = { availabilityZone: "eu-central-1a", size: 20, type: "gp3" };
    const { id } = aws.create(VOLUME, "data", inputs);
    expect(aws.update(VOLUME, "data", id, inputs, { ...inputs, size: 30 }, false)).toMatchObject({ size: 30 });
    expect(() => aws.update(VOLUME, "data", id, inputs, inputs, false)).toThrow("cannot be smaller than existing size");
    expect(aws.calls.map(({ op, refused }) => [op, refused !== undefined])).toEqual([
      ["create", false],
      ["update", false],
      ["update", true],
    ]);
  });

  it("reports the old task definition of a deployment that was taken back, noticed or not", () => {
    for (const how of ["unnoticed", "reported"] as const) {
      const aws = new StubAws();
      const definition = () =>
        aws.create("aws:ecs/taskDefinition:TaskDefinition", "it", {
          family: "it",
          containerDefinitions: JSON.stringify([{ name: "it", memory: 64 }]),
        }).properties.arn;
      const cluster = aws.create("aws:ecs/cluster:Cluster", "main", { name: "main" }).id;
      const first = { name: "it", cluster, taskDefinition: definition() };
      const { id } = aws.create(SERVICE, "it", first);
      const second = { ...first, taskDefinition: definition() };
      aws.faults.rolledBack[`${SERVICE} it`] = how;
      const update = () => aws.update(SERVICE, "it", id, first, second, false);
      if (how === "reported") expect(update).toThrow(InitializationError);
      else update();
      const reported = { serviceName: "it", clusterArn: cluster };
      const ask = () => aws.invoke("aws:ecs/getService:getService", reported).taskDefinition;
      expect(ask()).toBe(first.taskDefinition);
      aws.faults.rolledBack = {};
      aws.update(SERVICE, "it", id, second, second, false);
      expect(ask()).toBe(first.taskDefinition);
      aws.update(SERVICE, "it", id, first, second, false);
      expect(ask()).toBe(second.taskDefinition);
    }
  });

  it("asks for room for a second copy where an update keeps the old one running", () => {
    const update = (percents: object) => {
      const aws = new StubAws();
      aws.hosts = [{ name: "host", cpu: 2048, memory: 1000 }];
      const definition = () =>
        aws.create("aws:ecs/taskDefinition:TaskDefinition", "it", {
          family: "it",
          containerDefinitions: JSON.stringify([{ name: "it", memory: 600 }]),
        }).properties.arn;
      const cluster = aws.create("aws:ecs/cluster:Cluster", "main", { name: "main" }).id;
      const olds = { name: "it", cluster, taskDefinition: definition(), desiredCount: 1, ...percents };
      const { id } = aws.create(SERVICE, "it", olds);
      return () => aws.update(SERVICE, "it", id, olds, { ...olds, taskDefinition: definition() }, false);
    };
    expect(update({})).toThrow("insufficient memory available");
    expect(update({ deploymentMinimumHealthyPercent: 50, deploymentMaximumPercent: 100 })).toThrow(
      "deployment blocked",
    );
    expect(update({ deploymentMinimumHealthyPercent: 0, deploymentMaximumPercent: 100 })).not.toThrow();
  });

  it("a change behind the engine's back shows in what is read, and a lost resource is gone", () => {
    const aws = new StubAws();
    const { id, properties } = aws.create(VPC, "main", { cidrBlock: "10.0.0.0/16" });
    aws.change(aws.resource(VPC, "main"), { enableDnsHostnames: false });
    expect(aws.read(VPC, "main", id, properties)?.inputs).toEqual({
      cidrBlock: "10.0.0.0/16",
      enableDnsHostnames: false,
    });
    aws.lose(aws.resource(VPC, "main"));
    expect(aws.read(VPC, "main", id, properties)).toBeUndefined();
  });
});

describe("placement", () => {
  const host = { name: "host", cpu: 2048, memory: 1000, attributes: { role: "app" } };
  const task = {
    service: "it",
    cpu: 256,
    memory: 400,
    hostPorts: [],
    expressions: [],
    distinctInstance: false,
    scaled: false,
  };

  it("places tasks while there is room, daemons first", () => {
    expect(unplaced([task, task], [], [host])).toBeUndefined();
    expect(unplaced([task, task, task], [], [host])).toContain("insufficient memory");
    expect(unplaced([task, task, task], [], [{ ...host, count: 2 }])).toBeUndefined();
    expect(unplaced([task, task], [task], [host])).toContain("insufficient memory");
  });

  it("keeps tasks of one host apart where that is asked, and to the hosts of a capacity provider", () => {
    expect(
      unplaced(
        [task, task].map((each) => ({ ...each, distinctInstance: true })),
        [],
        [host],
      ),
    ).toBeDefined();
    expect(unplaced([{ ...task, scaled: true }], [], [host])).toContain("missing an attribute");
    expect(unplaced([{ ...task, scaled: true }], [], [{ ...host, scaled: true }])).toBeUndefined();
  });

  it.each([
    ["attribute:role == app", true],
    ["attribute:role != app", false],
    ["attribute:role == data", false],
    ["attribute:role exists and attribute:gpu !exists", true],
    ["!attribute:role == app", false],
  ])("%s: %s", (expression, expected) => {
    expect(meets({ role: "app" }, expression)).toBe(expected);
  });

  it("says so where it does not understand a constraint", () => {
    expect(() => meets({}, "attribute:role in [a, b]")).toThrow("does not understand");
  });
});
