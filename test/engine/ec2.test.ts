import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { REGION } from "../ec2/stub-provider/stub-aws";
import { digest, Ec2Stack, host, SERVICE, SETTINGS, SHOP, VOLUME } from "./ec2-stack";

const MINUTE = 60_000;

describe("a single host on EC2, under the real engine", { timeout: 10 * MINUTE }, () => {
  let ec2: Ec2Stack;
  let volume: string;

  beforeAll(async () => {
    ec2 = await Ec2Stack.create(SETTINGS);
    ec2.aws.hosts = [host(ec2.aws, "m7i.2xlarge", "data")];
  }, MINUTE);
  afterAll(() => ec2?.remove(), MINUTE);

  it("comes up with its migration run first, and a second preview is quiet", async () => {
    await ec2.stack.up();
    volume = ec2.aws.resource(VOLUME, "data").id;
    expect(ec2.ecs.runs).toHaveLength(1);
    expect(ec2.ecs.runs[0]).toMatch(/:task-definition\/\S+-migration:\d+$/);
    const services = ec2.done().filter((each) => /create Service/.test(each));
    expect(services.sort()).toEqual(["backend", "celery", "postgres", "redis"].map((name) => `create Service ${name}`));
    await ec2.stack.pulumi("preview", "--expect-no-changes");
  });

  it("holds no secret in clear in state, task definitions or logged calls", () => {
    const secrets = ec2.aws
      .all("aws:secretsmanager/secretVersion:SecretVersion")
      .map(({ props }) => props.secretString);
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) {
      expect(String(secret)).toMatch(/^[\w-]{32}$/);
      expect(ec2.stack.stateFile()).not.toContain(secret);
      expect(JSON.stringify(ec2.aws.all("aws:ecs/taskDefinition:TaskDefinition"))).not.toContain(secret);
    }
  });

  it("a new image runs the migration, and makes new task definitions for the application alone", async () => {
    await ec2.stack.set({ "images.app": `${SHOP}${digest("d")}` });
    expect(await ec2.previewed()).toEqual({
      replace: ["TaskDefinition backend", "TaskDefinition celery", "TaskDefinition migration"],
      update: ["Service backend", "Service celery", "Stash migration"],
    });
    await ec2.stack.up();
    expect(ec2.ecs.runs).toHaveLength(2);
  });

  it("a failing migration leaves the services as they are, says its last lines, and fails again until corrected", async () => {
    ec2.done();
    ec2.ecs.end = { exitCode: 3, lines: ["column exists already"] };
    await ec2.stack.set({ "images.app": `${SHOP}${digest("e")}` });
    for (const said of [await ec2.failure(), await ec2.failure()]) {
      expect(said).toContain("The migration (alembic upgrade) ended with exit code 3");
      expect(said).toContain("column exists already");
    }
    expect(ec2.done().filter((each) => / Service /.test(each))).toEqual([]);
    ec2.ecs.end = { exitCode: 0, lines: [] };
    await ec2.stack.up();
    expect(
      ec2
        .done()
        .filter((each) => / Service /.test(each))
        .sort(),
    ).toEqual(["update Service backend", "update Service celery"]);
  });

  it("another tier changes task definitions and services, and no host", async () => {
    await ec2.stack.set({ tier: "high" });
    const operations = await ec2.previewed();
    expect(operations).toEqual({
      replace: ["TaskDefinition backend", "TaskDefinition celery", "TaskDefinition postgres"],
      update: ["Service backend", "Service celery", "Service postgres"],
    });
    await ec2.stack.up();
  });

  it("another instance type replaces the host and its attachment, and keeps the volume", async () => {
    await ec2.stack.set({ "ec2.instanceType": "m7i.4xlarge" });
    const { replace = [], delete: deleted = [] } = await ec2.previewed();
    expect(replace).toEqual(expect.arrayContaining(["Instance data-host", "VolumeAttachment data"]));
    expect([...replace, ...deleted].filter((each) => /^Volume |NetworkInterface|Record/.test(each))).toEqual([]);
    ec2.aws.hosts = [host(ec2.aws, "m7i.4xlarge", "data")];
    ec2.done();
    await ec2.stack.up();
    expect(ec2.done().filter((each) => /Instance|VolumeAttachment/.test(each))).toEqual([
      "delete VolumeAttachment data",
      "delete Instance data-host",
      "create Instance data-host",
      "create VolumeAttachment data",
    ]);
    expect(ec2.aws.resource(VOLUME, "data").id).toBe(volume);
  });

  it("a newly published AMI changes nothing until it is set", async () => {
    ec2.aws.imageRelease++;
    expect(await ec2.previewed()).toEqual({});
    await ec2.stack.set({ "ec2.amiId": "ami-0a1b2c3d4e5f60718" });
    const { replace = [] } = await ec2.previewed();
    expect(replace.filter((each) => /Instance|Volume/.test(each))).toEqual([
      "Instance data-host",
      "VolumeAttachment data",
    ]);
    await ec2.stack.up();
    expect(ec2.aws.resource(VOLUME, "data").id).toBe(volume);
  });

  it("a larger volume grows in place", async () => {
    await ec2.stack.set({ "ec2.data.sizeGiB": 80 });
    expect(await ec2.previewed()).toEqual({ update: ["Volume data"] });
    await ec2.stack.up();
  });

  it.each(["reported", "unnoticed"] as const)(
    "a rollout that ECS takes back, %s by the provider, fails the update",
    async (how) => {
      ec2.aws.faults.rolledBack[`${SERVICE} backend`] = how;
      await ec2.stack.set({ "env.RELEASE": how });
      expect(await ec2.failure()).toMatch(/backend.*(took the rollout back|circuit breaker)/is);
      delete ec2.aws.faults.rolledBack[`${SERVICE} backend`];
      await ec2.stack.set({ "env.RELEASE": `${how}, corrected` });
      await ec2.stack.up();
    },
  );

  it("destroy takes everything in one go but the volume, which a later stack can be given", async () => {
    await ec2.stack.down();
    const left = new Set(ec2.aws.everything().map(({ type }) => type));
    expect([...left].sort()).toEqual([VOLUME, "aws:secretsmanager/secretVersion:SecretVersion"]);
    expect(ec2.aws.calls.filter(({ op, type }) => op === "delete" && type === VOLUME)).toEqual([]);
    await ec2.stack.set({ "ec2.data.volumeId": volume });
    await ec2.stack.up();
    expect(ec2.aws.all(VOLUME).map(({ id }) => id)).toEqual([volume]);
    expect(ec2.aws.resource("aws:ec2/volumeAttachment:VolumeAttachment", "data").props.volumeId).toBe(volume);
  });
});

describe("app hosts and a data host, under the real engine", { timeout: 10 * MINUTE }, () => {
  let ec2: Ec2Stack;
  beforeAll(async () => {
    ec2 = await Ec2Stack.create({
      ...SETTINGS,
      topology: "app-and-data",
      "ec2.appHosts.min": 2,
      "ec2.appHosts.max": 4,
      "ec2.dataInstanceType": "r7i.large",
    });
    ec2.aws.hosts = [host(ec2.aws, "r7i.large", "data"), host(ec2.aws, "m7i.2xlarge", "app", 2)];
  }, MINUTE);
  afterAll(() => ec2?.remove(), MINUTE);

  it("comes up, and is quiet whatever number of hosts and tasks scaling has chosen", async () => {
    await ec2.stack.up();
    await ec2.stack.pulumi("preview", "--expect-no-changes");
    for (const service of ["backend", "celery"])
      ec2.aws.change(ec2.aws.resource(SERVICE, service), { desiredCount: 7 });
    await ec2.stack.pulumi("preview", "--refresh", "--expect-no-changes");
  });

  it("destroy leaves the volume alone", async () => {
    await ec2.stack.down();
    expect(ec2.aws.calls.filter(({ op, type }) => op === "delete" && type === VOLUME)).toEqual([]);
  });
});

describe("PostgreSQL and Redis that run elsewhere", { timeout: 10 * MINUTE }, () => {
  it("leave a host that comes back by itself, without a data volume", async () => {
    const ec2 = await Ec2Stack.create({
      ...SETTINGS,
      "postgres.external.host": "shop.abc123.eu-central-1.rds.amazonaws.com",
      "postgres.external.maxConnections": 400,
      "redis.external.host": "master.shop.abc123.euc1.cache.amazonaws.com",
      "redis.external.maxClients": 65_000,
    });
    try {
      for (const name of ["postgresPassword", "redisPassword"]) {
        await ec2.stack.pulumi("config", "set", "--secret", `sized-stack:${name}`, "of-the-server-elsewhere");
      }
      await ec2.stack.pulumi("config", "rm", "--path", "sized-stack:images.postgres");
      await ec2.stack.pulumi("config", "rm", "--path", "sized-stack:images.redis");
      ec2.aws.hosts = [host(ec2.aws, "m7i.2xlarge", "app", 1)];
      await ec2.stack.up();
      await ec2.stack.pulumi("preview", "--expect-no-changes");
      expect(
        ec2.aws
          .all(SERVICE)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(["backend", "celery"]);
      expect([...ec2.aws.all(VOLUME), ...ec2.aws.all("aws:ec2/instance:Instance")]).toEqual([]);
      const group = ec2.aws.resource("aws:autoscaling/group:Group", "app-hosts").props;
      expect([group.minSize, group.maxSize]).toEqual([1, 1]);
    } finally {
      await ec2.remove();
    }
  });
});

describe("what is wrong is said before anything is made", { timeout: 4 * MINUTE }, () => {
  let ec2: Ec2Stack;
  let right: string;
  beforeAll(async () => {
    ec2 = await Ec2Stack.create(SETTINGS);
    right = ec2.stack.settingsFile();
  }, MINUTE);
  afterEach(() => ec2.stack.restoreSettings(right));
  afterAll(() => ec2?.remove(), MINUTE);

  // Each kind of wrong setting is shown in test/settings and test/platform, without the engine.
  it.each<[string, Record<string, string>, readonly RegExp[]]>([
    ["settings alone", { "images.app": `${SHOP}:latest` }, [/images\.app: .*a digest is needed/]],
    [
      "an unknown instance type",
      { "ec2.instanceType": "m7i.2xlrage" },
      [/"m7i\.2xlrage" is not known here.*Did you mean/s],
    ],
    [
      "a type too small for the tier",
      { "ec2.instanceType": "t3.micro" },
      [/The smallest t3 instance type that fits is/],
    ],
    [
      "what AWS says: a zone that is not there, another architecture than the image's",
      {
        ...{ "ec2.zones[0]": `${REGION}a`, "ec2.zones[1]": `${REGION}z` },
        ...{ "ec2.instanceType": "m7g.2xlarge", "images.redis": `redis:8-amd64${digest("f")}` },
      },
      [/ec2\.zones: .*"eu-central-1z" given/, /images\.redis: .* is for x86_64, m7g\.2xlarge is arm64/],
    ],
  ])("%s", async (_, settings, expected) => {
    await ec2.stack.set(settings);
    const said = await ec2.failure();
    for (const sentence of expected) expect(said).toMatch(sentence);
    expect(ec2.done()).toEqual([]);
  });
});
