import { beforeAll, describe, expect, it, vi } from "vitest";
import { registeredHardware } from "../../components/platform/ec2/hardware";
import { Postgres } from "../../components/postgres";
import type { Settings } from "../../components/settings/schema";
import { parseMemory, type SizingPlan, TIERS } from "../../components/sizing";
import { CERTIFICATE, factsOf, PREFIX, planOf, REGION, registerEc2, settingsWith, VPC } from "./ec2-system";
import { isSecret, type Registrations } from "./mocks";

// A hundred resources under mocks take a second, and several on a machine that does other things.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const TASK = "aws:ecs/taskDefinition:TaskDefinition";
const SERVICE = "aws:ecs/service:Service";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";

interface Definition {
  readonly name: string;
  readonly cpu: number;
  readonly memory: number;
  /** Below the limit only; without it the limit is reserved. */
  readonly memoryReservation?: number;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly secrets: readonly { readonly name: string; readonly valueFrom: string }[];
  readonly portMappings: readonly { readonly containerPort: number; readonly hostPort: number }[];
  readonly stopTimeout?: number;
  readonly healthCheck?: Readonly<Record<"interval" | "timeout" | "retries" | "startPeriod", number>>;
}

const all = ({ registered }: Registrations, type: string) => registered.filter((each) => each.type === type);
const ofAws = ({ registered }: Registrations) => registered.filter(({ type }) => type.startsWith("aws:"));
const names = ({ registered }: Registrations) => registered.map(({ type, name }) => `${type} ${name}`).sort();

function definitions(made: Registrations): Definition[] {
  return all(made, TASK).map(({ inputs }) => {
    expect(isSecret(inputs.containerDefinitions)).toBe(false);
    const [container, ...further]: Definition[] = JSON.parse(String(inputs.containerDefinitions));
    expect(further).toEqual([]);
    if (!container) throw new Error("a task without a container");
    return container;
  });
}

/** What ECS takes of a container, by its API reference. */
function withinLimits({ healthCheck, memory, memoryReservation, name }: Definition): void {
  expect(memoryReservation ?? 0).toBeLessThan(memory);
  if (name === "migration") return;
  expect(healthCheck).toBeDefined();
  const { interval = 0, timeout = 0, retries = 0, startPeriod = 0 } = healthCheck ?? {};
  expect(interval).toBeGreaterThanOrEqual(5);
  expect(interval).toBeLessThanOrEqual(300);
  expect(timeout).toBeGreaterThanOrEqual(2);
  expect(timeout).toBeLessThanOrEqual(60);
  expect(retries).toBeGreaterThanOrEqual(1);
  expect(retries).toBeLessThanOrEqual(10);
  expect(startPeriod).toBeLessThanOrEqual(300);
}

/** Everything that may run on a host at once is placed there: by memory, and by CPU. */
function fitsItsHosts(made: Registrations, settings: Settings, plan: SizingPlan): void {
  const { types } = factsOf(settings);
  const found = new Map(definitions(made).map((each) => [each.name, each]));
  const load = (copies: Record<string, number>) =>
    Object.entries(copies).reduce(
      (sum, [name, count]) => ({
        memory: sum.memory + count * (found.get(name)?.memoryReservation ?? found.get(name)?.memory ?? 0),
        cpu: sum.cpu + count * (found.get(name)?.cpu ?? 0),
      }),
      { memory: 0, cpu: 0 },
    );
  const app = {
    backend: plan.rolloutFactor * plan.backend.instances,
    celery: plan.rolloutFactor * plan.celery.replicas,
    "celery-beat": 1,
    migration: 1,
  };
  const data = { postgres: 1, redis: 1 };
  const hosts =
    settings.topology === "single-host"
      ? [{ type: types.app, ...load({ ...app, ...data }) }]
      : [
          { type: types.app, ...load(app) },
          { type: types.data, ...load(data) },
        ];
  for (const { type, memory, cpu } of hosts) {
    expect(memory).toBeLessThanOrEqual(parseMemory(registeredHardware(type).memory));
    expect(cpu).toBeLessThanOrEqual(1024 * type.vCpus);
  }
}

const NETWORKS = {
  "a NAT gateway": { egress: "nat" },
  endpoints: { egress: "endpoints" },
  "a given VPC": { egress: "existing", vpc: VPC },
} as const;
/** Tiers, topologies and networks in full; TLS with every second, so that every pair of choices occurs. */
const CASES = TIERS.flatMap((tier) =>
  (["single-host", "app-and-data"] as const).flatMap((topology) =>
    Object.entries(NETWORKS).map(([net, network]) => ({ tier, topology, net, network })),
  ),
).map((each, index) => ({ ...each, secure: (index + Math.floor(index / 6)) % 2 === 0 }));
const TLS = { certificateArn: CERTIFICATE, domain: "shop.example" };

describe.each(CASES)("$tier on $topology with $net, TLS $secure", ({ tier, topology, network, secure }) => {
  const several = topology === "app-and-data";
  let settings: Settings;
  let plan: SizingPlan;
  let made: Registrations;
  beforeAll(async () => {
    settings = settingsWith({ tier, topology, celery: { beat: true }, ec2: { ...network, ...(secure && TLS) } });
    plan = planOf(settings);
    made = await registerEc2(settings);
  });

  it("is open to the world at the load balancer's ports alone", () => {
    const open = all(made, INGRESS).filter(({ inputs }) => inputs.cidrIpv4 === "0.0.0.0/0" || inputs.cidrIpv6);
    expect(open.map(({ inputs }) => [inputs.fromPort, inputs.toPort, inputs.securityGroupId])).toEqual(
      (secure ? [80, 443] : [80]).map((port) => [port, port, "load-balancer-id"]),
    );
    for (const { inputs } of all(made, "aws:ec2/securityGroup:SecurityGroup")) expect(inputs.ingress).toBeUndefined();
    const [listener, ...further] = all(made, "aws:lb/listener:Listener").sort(
      (a, b) => Number(b.inputs.port) - Number(a.inputs.port),
    );
    expect(listener?.inputs).toMatchObject(
      secure ? { port: 443, certificateArn: CERTIFICATE } : { port: 80, protocol: "HTTP" },
    );
    expect(listener?.inputs.defaultActions).toMatchObject([{ type: "forward" }]);
    expect(further.map(({ inputs }) => inputs.defaultActions)).toMatchObject(
      secure ? [[{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }]] : [],
    );
  });

  it("allows each role what it needs, on named resources", () => {
    for (const { inputs } of all(made, "aws:iam/rolePolicy:RolePolicy")) {
      const { Statement }: { Statement: { Action: string[]; Resource: string[] }[] } = JSON.parse(
        String(inputs.policy),
      );
      for (const { Action, Resource } of Statement) {
        const everywhere = Resource.includes("*");
        // AWS has no ARN for a registry's token.
        expect(everywhere).toBe(Action.includes("ecr:GetAuthorizationToken"));
        if (everywhere) expect(Action).toEqual(["ecr:GetAuthorizationToken"]);
        for (const action of Action) expect(action).not.toContain("*");
      }
    }
  });

  it("has secrets in Secrets Manager, and their names alone in task definitions", () => {
    const versions = all(made, "aws:secretsmanager/secretVersion:SecretVersion");
    expect(versions.length).toBe(3);
    for (const { inputs } of versions) expect(isSecret(inputs.secretString)).toBe(true);
    for (const { environment, secrets, name } of definitions(made)) {
      expect(JSON.stringify(environment)).not.toMatch(/-secret|_FILE/);
      expect(secrets.every(({ valueFrom }) => /^arn:.*:::.+-version$/.test(valueFrom))).toBe(true);
      expect(secrets.length).toBe({ postgres: 1, redis: 1 }[name] ?? 3);
      const variables = environment.map((each) => each.name);
      expect(variables).toEqual(variables.toSorted());
      expect(variables).toContain("AWS_REGION");
    }
  });

  it("gives every task room on its host", () => fitsItsHosts(made, settings, plan));

  it("publishes PostgreSQL and Redis on ports of their own, the rest on free ones", () => {
    const ports = definitions(made).flatMap(({ portMappings }) => portMappings);
    expect(ports.map(({ containerPort, hostPort }) => [containerPort, hostPort]).sort()).toEqual([
      [5432, 5432],
      [6379, 6379],
      [8000, 0],
    ]);
  });

  it("keeps within what ECS takes, and reserves for the data services all they may use", () => {
    for (const definition of definitions(made)) {
      withinLimits(definition);
      const { name, memoryReservation } = definition;
      if (name === "postgres" || name === "redis") expect(memoryReservation).toBeUndefined();
    }
  });

  it("places each service where its hosts, or its data, are", () => {
    for (const { name, inputs } of all(made, SERVICE)) {
      const data = name === "postgres" || name === "redis";
      expect(inputs.placementConstraints).toEqual([
        {
          type: "memberOf",
          expression: data
            ? "attribute:sized-stack.data == data-id"
            : `attribute:sized-stack.role == ${several ? "app" : "data"}`,
        },
      ]);
      const managed = several && !data;
      expect(inputs.launchType).toBe(managed ? undefined : "EC2");
      expect(inputs.capacityProviderStrategies).toEqual(
        managed ? [{ capacityProvider: "app-hosts-1234567", weight: 1 }] : undefined,
      );
    }
    expect(made.find(TASK, "migration").inputs.placementConstraints).toEqual([
      { type: "memberOf", expression: `attribute:sized-stack.role == ${several ? "app" : "data"}` },
    ]);
  });

  it("runs beat beside the workers, without a volume: what it remembers goes with its container", () => {
    const { inputs } = made.find(TASK, "celery-beat");
    expect(inputs.volumes).toEqual([]);
    expect(JSON.parse(String(inputs.containerDefinitions))[0].mountPoints).toEqual([]);
  });

  it("rolls each service as its room allows, and takes back what does not become healthy", () => {
    for (const { name, inputs } of all(made, SERVICE)) {
      const oneAtATime = ["postgres", "redis", "celery-beat"].includes(name);
      const gapless = plan.rolloutFactor === 2 && !oneAtATime;
      expect(inputs).toMatchObject({
        deploymentMinimumHealthyPercent: gapless ? 100 : several && !oneAtATime ? 50 : 0,
        deploymentMaximumPercent: gapless ? 200 : 100,
        deploymentCircuitBreaker: { enable: true, rollback: true },
        waitForSteadyState: true,
        forceDelete: true,
      });
    }
  });

  it("leaves the number of tasks to what scales them, and only there", () => {
    const ignoring = all(made, SERVICE).map(({ name }) => {
      const { options } = made.find(SERVICE, name);
      return [name, options.ignoreChanges];
    });
    const scaled = several ? ["backend", "celery"] : [];
    for (const [name, ignored] of ignoring) {
      expect(ignored).toEqual(scaled.includes(String(name)) ? ["desiredCount"] : []);
    }
    expect(
      all(made, "aws:appautoscaling/target:Target")
        .map(({ name }) => name)
        .sort(),
    ).toEqual(scaled);
  });

  it("encrypts every volume, and lets nobody but the host read its credentials", () => {
    expect(made.find("aws:ebs/volume:Volume", "data").inputs).toMatchObject({ encrypted: true, type: "gp3" });
    const { inputs } = made.find("aws:ec2/instance:Instance", "data-host");
    expect(inputs.rootBlockDevice).toMatchObject({ encrypted: true });
    const hosts = [inputs, ...all(made, "aws:ec2/launchTemplate:LaunchTemplate").map((each) => each.inputs)];
    expect(hosts.length).toBe(several ? 2 : 1);
    for (const { metadataOptions } of hosts) {
      expect(metadataOptions).toMatchObject({ httpTokens: "required", httpPutResponseHopLimit: 1 });
    }
    for (const template of hosts.slice(1)) {
      expect(template.blockDeviceMappings).toMatchObject([{ ebs: { encrypted: "true" } }]);
    }
  });

  it("keeps logs for as long as the setting says, under names that tell the service", () => {
    const groups = all(made, "aws:cloudwatch/logGroup:LogGroup");
    expect(groups.map(({ inputs }) => inputs.name).sort()).toEqual(
      ["backend", "celery", "celery-beat", "migration", "postgres", "redis"].map((n) => `/sized-stack/${PREFIX}/${n}`),
    );
    for (const { inputs } of groups) expect(inputs.retentionInDays).toBe(30);
  });

  it("drains in less than a container has to stop, and never reuses a connection that closes", () => {
    const { inputs: group } = made.find("aws:lb/targetGroup:TargetGroup", "backend");
    const backend = definitions(made).find(({ name }) => name === "backend");
    expect(group.deregistrationDelay).toBeLessThan(backend?.stopTimeout ?? 0);
    expect(group.healthCheck).toMatchObject({
      path: "/api/health",
      matcher: "200",
      interval: 15,
      unhealthyThreshold: 10,
    });
    const { inputs: balancer } = made.find("aws:lb/loadBalancer:LoadBalancer", "load-balancer");
    expect(balancer.idleTimeout).toBeLessThan(plan.backend.timeoutKeepAlive);
  });

  it("makes every resource a child of a component", () => {
    for (const { type, name } of ofAws(made)) {
      const { options } = made.find(type, name);
      const { parent } = options;
      expect(parent && "registerOutputs" in parent, `${type} ${name}`).toBe(true);
    }
  });

  it("names nothing longer than AWS takes", () => {
    // Pulumi puts - and seven characters behind a name of its own.
    for (const { type, name, inputs } of ofAws(made)) {
      const made = typeof inputs.name === "string" ? inputs.name : `${name}-1234567`;
      if (/^aws:lb\//.test(type)) expect(made.length).toBeLessThanOrEqual(32);
      if (type === "aws:iam/role:Role") expect(made.length).toBeLessThanOrEqual(64);
      expect(made.length).toBeLessThanOrEqual(255);
    }
  });
});

describe.each(Object.entries(NETWORKS))("with %s", (_, network) => {
  it.each(["single-host", "app-and-data"])(
    "a preview of %s shows what an update makes, in the same words",
    async (topology) => {
      const settings = settingsWith({ topology, celery: { beat: true }, ec2: network });
      const [made, again, preview] = [
        await registerEc2(settings),
        await registerEc2(settings),
        await registerEc2(settings, { preview: true }),
      ];
      expect(names(preview)).toEqual(names(made));
      const texts = (of: Registrations) => all(of, TASK).map(({ name, inputs }) => [name, inputs.containerDefinitions]);
      expect(new Map(texts(again) as [])).toEqual(new Map(texts(made) as []));
    },
  );
});

describe("a network that is made", () => {
  it.each(["nat", "endpoints"])(
    "has its data host's zone, and all that its agent needs, a way out by %s among it, before a host starts",
    async (egress) => {
      const made = await registerEc2(settingsWith({ ec2: { egress } }));
      const { dependsOn = [] } = made.find("aws:ec2/instance:Instance", "data-host").options;
      const needed = [dependsOn].flat().map((resource) => (resource as unknown as { __name: string }).__name);
      const ways = ["public-internet", "public-1", "public-2", "private-1", "private-2", "data-host-out"];
      const policies = [
        "amazonec2containerserviceforec2role",
        "amazonssmmanagedinstancecore",
        "cloudwatchagentserverpolicy",
      ];
      expect(needed).toEqual(expect.arrayContaining([...ways, ...policies.map((policy) => `instance-${policy}`)]));
      const out = egress === "nat" ? ["private-nat"] : ["endpoints-https", "ecs", "ecs-agent", "ecr-api", "logs", "s3"];
      expect(needed).toEqual(expect.arrayContaining(out));
      const [first] = all(made, "aws:ec2/subnet:Subnet").filter(({ name }) => name === "private-1");
      expect(first?.inputs.availabilityZone).toBe(made.find("aws:ebs/volume:Volume", "data").inputs.availabilityZone);
    },
  );
});

describe("the data", () => {
  const VOLUME = "aws:ebs/volume:Volume";
  it("outlives the stack, protected or not", async () => {
    for (const protect of [true, false]) {
      const { options } = (await registerEc2(settingsWith({ ec2: { data: { protect } } }))).find(VOLUME, "data");
      expect(options).toMatchObject({ retainOnDelete: true, protect });
    }
  });

  it("is snapshotted every day by its tag, also on a volume that was there", async () => {
    const dlm = (made: Registrations) =>
      made.find("aws:dlm/lifecyclePolicy:LifecyclePolicy", "snapshots").inputs.policyDetails;
    const made = await registerEc2(settingsWith({ ec2: { data: { snapshotDays: 3 } } }));
    expect(dlm(made)).toMatchObject({
      targetTags: { "sized-stack:data": PREFIX },
      schedules: [{ retainRule: { count: 3 } }],
    });
    expect(made.find(VOLUME, "data").inputs.tags).toMatchObject({ "sized-stack:data": PREFIX });

    const settings = settingsWith({ ec2: { data: { volumeId: "vol-0123456789abcdef0" } } });
    const adopted = await registerEc2(settings, { facts: factsOf(settings, { volumeZone: `${REGION}b` }) });
    expect(all(adopted, VOLUME)).toEqual([]);
    expect(adopted.find("aws:ec2/tag:Tag", "data").inputs).toEqual({
      resourceId: "vol-0123456789abcdef0",
      key: "sized-stack:data",
      value: PREFIX,
    });
    expect(adopted.find("aws:ec2/networkInterface:NetworkInterface", "data-host").inputs.subnetId).toBe("private-2-id");
    expect(adopted.find(SERVICE, "postgres").inputs.placementConstraints).toMatchObject([
      { expression: "attribute:sized-stack.data == vol-0123456789abcdef0" },
    ]);
  });

  it("moves from the old host to the new one, never to two", async () => {
    const made = await registerEc2(settingsWith());
    const host = made.find("aws:ec2/instance:Instance", "data-host");
    expect(host.options).toMatchObject({ deleteBeforeReplace: true });
    expect(host.inputs).toMatchObject({ userDataReplaceOnChange: true });
    const attachment = made.find("aws:ec2/volumeAttachment:VolumeAttachment", "data");
    expect(attachment.options.deleteBeforeReplace).toBe(true);
    expect(attachment.inputs).toMatchObject({ stopInstanceBeforeDetaching: true, volumeId: "data-id" });
  });

  it("is reached under a name, by the application's hosts alone", async () => {
    const made = await registerEc2(settingsWith({ topology: "app-and-data" }));
    for (const [name, port] of [
      ["postgres", 5432],
      ["redis", 6379],
    ] as const) {
      expect(made.find("aws:route53/record:Record", name).inputs).toMatchObject({
        name: `${name}.${PREFIX}.internal`,
        records: ["10.20.128.10"],
      });
      expect(made.find(INGRESS, `${name}-${port}`).inputs).toMatchObject({
        securityGroupId: "data-host-id",
        referencedSecurityGroupId: "app-host-id",
        fromPort: port,
        toPort: port,
      });
    }
    expect(made.find(INGRESS, "from-load-balancer").inputs).toMatchObject({
      securityGroupId: "app-host-id",
      referencedSecurityGroupId: "load-balancer-id",
      fromPort: 32_768,
      toPort: 65_535,
    });
  });
});

describe("hosts", () => {
  const INSTANCE = "aws:ec2/instance:Instance";
  const TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate";
  const several = { topology: "app-and-data" } as const;

  it("boot from the AMI that was recommended first, of their own architecture, until one is set", async () => {
    const ec2 = { instanceType: "m7g.2xlarge", dataInstanceType: "r7i.xlarge" };
    const made = await registerEc2(settingsWith({ ...several, ec2 }));
    const ami = (folder: string) => `ami-of-/aws/service/ecs/optimized-ami/${folder}/recommended/image_id`;
    expect(made.find(INSTANCE, "data-host").inputs.ami).toBe(ami("amazon-linux-2023"));
    expect(made.find(TEMPLATE, "app-hosts").inputs.imageId).toBe(ami("amazon-linux-2023/arm64"));
    for (const architecture of ["arm64", "x86-64"]) {
      expect(made.find("pulumi:index:Stash", `ami-${architecture}`).options.ignoreChanges).toEqual(["input"]);
    }
    expect(made.find(INSTANCE, "data-host").options.ignoreChanges).toBeUndefined();
    const platform = (name: string) => made.find(TASK, name).inputs.runtimePlatform;
    expect(platform("backend")).toMatchObject({ cpuArchitecture: "ARM64" });
    expect(platform("postgres")).toMatchObject({ cpuArchitecture: "X86_64" });

    const set = await registerEc2(settingsWith({ ...several, ec2: { amiId: "ami-0123456789abcdef0" } }));
    expect(set.find(INSTANCE, "data-host").inputs.ami).toBe("ami-0123456789abcdef0");
    expect(set.find(TEMPLATE, "app-hosts").inputs.imageId).toBe("ami-0123456789abcdef0");
    expect(set.registered.filter(({ name }) => name.startsWith("ami-"))).toEqual([]);
  });

  it("carry the stack's tags with what AWS launches for them, the data volume its own alone", async () => {
    const made = await registerEc2(settingsWith({ ...several, ec2: { tags: { team: "shop" } } }));
    const tags = { team: "shop", "sized-stack": PREFIX, Name: `${PREFIX}-app` };
    expect(made.find(TEMPLATE, "app-hosts").inputs.tagSpecifications).toEqual([
      { resourceType: "instance", tags },
      { resourceType: "volume", tags },
    ]);
    const group = made.find("aws:autoscaling/group:Group", "app-hosts");
    expect(group.inputs.tags).toEqual(
      Object.entries({ ...tags, AmazonECSManaged: "true" }).map(([key, value]) => ({
        key,
        value,
        propagateAtLaunch: true,
      })),
    );
    const { inputs } = made.find(INSTANCE, "data-host");
    expect(inputs.rootBlockDevice).toMatchObject({ tags: { Name: `${PREFIX}-data` } });
    expect(inputs.volumeTags).toBeUndefined();
  });

  it("of the application come and go with its tasks, and are emptied first", async () => {
    const made = await registerEc2(settingsWith({ ...several, ec2: { appHosts: { min: 3, max: 6 } } }));
    const group = made.find("aws:autoscaling/group:Group", "app-hosts");
    expect(group.inputs).toMatchObject({ minSize: 3, maxSize: 6, protectFromScaleIn: true, forceDelete: true });
    expect(group.inputs.vpcZoneIdentifiers).toEqual(["private-1-id", "private-2-id"]);
    expect(group.options.ignoreChanges).toEqual(["desiredCapacity"]);
    const { inputs } = made.find("aws:ecs/capacityProvider:CapacityProvider", "app-hosts");
    expect(inputs.autoScalingGroupProvider).toMatchObject({
      managedDraining: "ENABLED",
      managedTerminationProtection: "ENABLED",
      managedScaling: { status: "ENABLED" },
    });
    expect(made.find(SERVICE, "backend").inputs).toMatchObject({
      desiredCount: 3,
      deploymentMinimumHealthyPercent: 100,
    });
    expect(made.find("aws:appautoscaling/target:Target", "backend").inputs).toMatchObject({
      minCapacity: 3,
      maxCapacity: 6,
    });
  });
});

describe("the migration", () => {
  const KIND = "pulumi:index:Stash";
  it("runs when the data services are up and named, and the application waits for it", async () => {
    const made = await registerEc2(settingsWith());
    const dependencies = ({ options }: { options: { dependsOn?: unknown } }) =>
      [options.dependsOn ?? []].flat().map((one) => (one as { __name: string }).__name);
    const gate = made.find(KIND, "migration");
    expect(gate.inputs).toMatchObject({ input: { argv: ["alembic", "upgrade", "head"] } });
    expect(dependencies(gate)).toEqual(expect.arrayContaining(["postgres", "postgres-5432", "redis", "redis-6379"]));
    expect(dependencies(made.find(SERVICE, "backend"))).toEqual(expect.arrayContaining(["migration", "http"]));
  });
});

describe("alarms", () => {
  it.each([
    ["single-host", ["data"]],
    ["app-and-data", ["app", "data"]],
  ])("of %s tell of every host there is", async (topology, roles) => {
    const topic = `arn:aws:sns:${REGION}:123456789012:alarms`;
    const made = await registerEc2(settingsWith({ topology, ec2: { alarmTopicArn: topic } }));
    const alarms = all(made, "aws:cloudwatch/metricAlarm:MetricAlarm");
    for (const { inputs, name } of alarms) {
      expect(inputs).toMatchObject({ name: `${PREFIX}-${name}`, alarmActions: [topic], okActions: [topic] });
    }
    expect(
      alarms
        .map(({ name }) => name)
        .filter((name) => name.endsWith("-memory"))
        .sort(),
    ).toEqual(roles.map((role) => `${role}-memory`));
  });
});

describe("a component alone", () => {
  it("runs on the platform, and transform has the last word on its service", async () => {
    const made = await registerEc2(settingsWith(), {
      program: (platform, inputs, options) => {
        const transform = { container: (args: object) => ({ ...args, enableExecuteCommand: true }) };
        new Postgres("postgres", { ...inputs, platform, password: "given", transform }, options);
      },
    });
    expect(all(made, SERVICE).map(({ name }) => name)).toEqual(["postgres"]);
    expect(made.find(SERVICE, "postgres").inputs).toMatchObject({ enableExecuteCommand: true, name: "postgres" });
  });

  it("is not built: an image must have been pushed", async () => {
    const built = registerEc2(settingsWith(), {
      program: (platform, inputs, options) => {
        new Postgres("postgres", { ...inputs, platform, password: "given", image: { context: "." } }, options);
      },
    });
    await expect(built).rejects.toThrow("postgres: ECS builds no images; push one to a registry and name its digest.");
  });
});
