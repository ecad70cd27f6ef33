import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { Backend } from "../../components/backend";
import { CeleryFleet, type CeleryFleetArgs } from "../../components/celery-fleet";
import { LoadBalancer } from "../../components/load-balancer";
import { Migration } from "../../components/migration";
import { password } from "../../components/password";
import { DockerPlatform } from "../../components/platform";
import { cpusText } from "../../components/platform/docker/container-args";
import { Postgres } from "../../components/postgres";
import { Redis } from "../../components/redis";
import { TIERS, type Tier } from "../../components/sizing";
import { type PlanHere, planHere } from "../sizing/machines";
import { isSecret, type Registrations, register } from "./mocks";

const hardware = { threads: 8, memory: "16GiB" } as const;
const PREFIX = "sized-stack-test";
const CONTAINER = "docker:index/container:Container";
const VOLUME = "docker:index/volume:Volume";
const COMPONENTS = ["backend", "celery", "postgres", "redis", "load-balancer"];

const system = (tier: Tier) => (options: pulumi.ComponentResourceOptions) => {
  const platform = new DockerPlatform("docker", { prefix: PREFIX }, options);
  const sized = { hardware, tier, platform };
  const postgres = new Postgres("postgres", { ...sized, password: pulumi.secret("p-secret") }, options);
  const redis = new Redis("redis", { ...sized, password: pulumi.secret("r-secret") }, options);
  const application = { ...sized, image: "app", postgres: postgres.endpoint, redis: redis.endpoint };
  const { entrance: behind } = new LoadBalancer(
    "load-balancer",
    { ...sized, backendHost: "backend", backendPort: 8000 },
    options,
  );
  new Backend("backend", { ...application, env: { GREETING: "hello" }, behind }, options);
  new CeleryFleet("celery", { ...application, queues: ["mail", "default"] }, options);
};

const names = ({ registered }: Registrations) => registered.map(({ type, name }) => `${type} ${name}`).sort();
const argv = (r: Registrations, name: string) => (r.find(CONTAINER, name).inputs.command as string[]).join(" ");

describe.each(TIERS)("at tier %s", (tier) => {
  let made: Registrations;
  let plan: PlanHere;
  beforeAll(async () => {
    made = await register(system(tier));
    plan = planHere({ hardware, tier });
  });
  const containers = () => made.registered.filter(({ type }) => type === CONTAINER);

  it("makes the same resources in a preview as in an update", async () => {
    expect(names(await register(system(tier), { preview: true }))).toEqual(names(made));
  });

  it("runs as many containers as the plan says", () => {
    const count = (service: string) => containers().filter(({ name }) => name.startsWith(service)).length;
    expect([count("backend"), count("celery"), count("postgres"), count("redis"), count("load-balancer")]).toEqual([
      plan.backend.instances,
      plan.celery.replicas,
      1,
      1,
      1,
    ]);
  });

  it("puts the plan's numbers on the command lines", () => {
    const { backend, celery, postgres, redis } = plan;
    expect(argv(made, "backend-1")).toMatch(/^python \S+ 8405 2 uvicorn /);
    expect(argv(made, "backend-1")).toContain(`--workers ${backend.workersPerInstance} `);
    expect(argv(made, "backend-1")).toContain(`--limit-concurrency ${backend.limitConcurrency} `);
    expect(argv(made, "celery-1")).toContain(`--concurrency=${celery.concurrency} `);
    expect(argv(made, "celery-1")).toContain("--queues=mail,default");
    expect(argv(made, "postgres")).toContain(`-c max_connections=${postgres.maxConnections} `);
    expect(argv(made, "postgres")).toContain(`-c shared_buffers=${postgres.sharedBuffersMiB}MB `);
    expect(argv(made, "redis")).toContain(`--maxmemory ${redis.maxMemoryMiB}mb `);
    expect(argv(made, "redis")).toContain("--oom-score-adj yes");
  });

  it.each([
    ["backend-1", (p: PlanHere) => p.backend],
    ["celery-1", (p: PlanHere) => p.celery],
    ["postgres", (p: PlanHere) => p.postgres],
    ["redis", (p: PlanHere) => p.redis],
  ])("limits %s as planned, without swap", (name, partOf) => {
    const part = partOf(plan);
    expect(made.find(CONTAINER, name).inputs).toMatchObject({
      memory: part.memoryLimitMiB,
      memorySwap: part.memoryLimitMiB,
      memoryReservation: part.memoryReservationMiB,
      cpuShares: part.cpuShares,
      cpus: cpusText(part.cpuQuota ?? 0),
      destroyGraceSeconds: part.stopGraceSeconds,
    });
  });

  it("gives every container a health check that is waited for, a grace to stop, and rotated logs", () => {
    for (const { inputs } of containers()) {
      expect(inputs).toMatchObject({ wait: true, restart: "always", logDriver: "json-file" });
      expect(inputs).toMatchObject({ capabilities: { drops: ["ALL"] }, securityOpts: ["no-new-privileges"] });
      expect(inputs.user).toMatch(/^[1-9]\d*$/);
      expect(inputs.healthcheck).toHaveProperty("tests");
      expect(inputs.destroyGraceSeconds).toBeGreaterThanOrEqual(30);
      // The provider refuses an empty argument.
      expect((inputs.command as string[]).filter((argument) => argument === "")).toEqual([]);
    }
  });

  it("keeps every secret out of the environment and delivers it as a file, in a secret input", () => {
    for (const { name, inputs } of containers()) {
      expect(JSON.stringify(inputs.envs ?? [])).not.toContain("-secret");
      expect(isSecret(inputs.envs)).toBe(false);
      expect(isSecret(inputs.uploads)).toBe(name !== "load-balancer");
      const uploads = (isSecret(inputs.uploads) ? inputs.uploads.value : inputs.uploads) as { file: string }[];
      const named = ((inputs.envs ?? []) as string[])
        .filter((line) => line.includes("_FILE="))
        .map((line) => line.split("=")[1]);
      expect(uploads.map(({ file }) => file)).toEqual(expect.arrayContaining(named));
      expect(named.length > 0).toBe(name !== "load-balancer");
    }
  });

  it.each(COMPONENTS)("registers the plan and the sizing inputs of %s as its own inputs, without secrets", (name) => {
    const component = made.registered.find((one) => one.name === name && one.type.startsWith("sized-stack:index:"));
    expect(component?.inputs).toMatchObject({ sizing: { hardware, tier } });
    expect(component?.inputs.plan).toBeDefined();
    expect(JSON.stringify(component?.inputs)).not.toMatch(/secret/);
  });
});

describe("resource options", () => {
  let made: Registrations;
  beforeAll(async () => {
    made = await register(system("extreme"));
  });

  it("keeps the volumes, under names that a later stack finds again", () => {
    for (const service of ["postgres", "redis"]) {
      const { inputs, options } = made.find(VOLUME, service);
      expect(inputs.name).toBe(`${PREFIX}-${service}`);
      expect(options.retainOnDelete).toBe(true);
    }
  });

  it.each([
    ["backend-1", false],
    ["celery-1", false],
    ["postgres", true],
    ["redis", true],
    ["load-balancer", true],
  ])("%s: deleted before its replacement is made: %s", (name, deleteBeforeReplace) => {
    const { options, inputs } = made.find(CONTAINER, name);
    expect(options.deleteBeforeReplace).toBe(deleteBeforeReplace);
    expect(options.replaceOnChanges).toEqual(["healthcheck", "tmpfs"]);
    // Two containers side by side cannot have one name.
    expect(inputs.name === undefined).toBe(!deleteBeforeReplace);
  });

  it("has a new image before the old one goes, and with it the containers", () => {
    const images = made.seen.filter(({ type }) => type === "docker:index/remoteImage:RemoteImage");
    expect(images.map(({ options }) => options.deleteBeforeReplace)).toEqual(COMPONENTS.map(() => false));
  });

  it("makes each container a child of its component", () => {
    for (const component of COMPONENTS) {
      const { options } = made.seen.find(({ name, type }) => type === CONTAINER && name.startsWith(component)) ?? {};
      expect(options?.parent).toMatchObject({ __name: component });
    }
  });

  it("publishes one port, on the load balancer, to this machine alone", () => {
    const published = made.registered.flatMap(({ name, inputs }) =>
      Array.isArray(inputs.ports) ? inputs.ports.map((port) => ({ name, port })) : [],
    );
    expect(published).toEqual([{ name: "load-balancer", port: { internal: 8000, external: 8000, ip: "127.0.0.1" } }]);
  });
});

it("the load balancer's container is the same at every tier", async () => {
  const inputs: unknown[] = [];
  for (const tier of TIERS) inputs.push((await register(system(tier))).find(CONTAINER, "load-balancer").inputs);
  expect(new Set(inputs.map((one) => JSON.stringify(one))).size).toBe(1);
});

it.each([
  [17, "/var/lib/postgresql/data"],
  [18, "/var/lib/postgresql"],
])("mounts the volume of PostgreSQL %i where its official image keeps data", async (postgresMajor, containerPath) => {
  const made = await register((options) => {
    const platform = new DockerPlatform("docker", { prefix: PREFIX }, options);
    const image = `postgres:${postgresMajor}`;
    new Postgres("db", { hardware, tier: "low", platform, image, postgresMajor, password: "given" }, options);
  });
  const { inputs } = made.find(CONTAINER, "db");
  expect(inputs.volumes).toEqual([{ volumeName: `${PREFIX}-db`, containerPath }]);
  expect(inputs.envs).toContain(`POSTGRES_MAJOR=${postgresMajor}`);
});

it("a component works alone, and transform has the last word", async () => {
  const made = await register((options) => {
    const platform = new DockerPlatform("docker", { prefix: PREFIX }, options);
    const transform = { container: (args: Record<string, unknown>) => ({ ...args, hostname: "mine" }) };
    new Postgres("db", { hardware, tier: "medium", platform, password: "given", transform }, options);
  });
  expect(made.find(CONTAINER, "db").inputs).toMatchObject({ hostname: "mine", name: `${PREFIX}-db` });
});

describe("the application", () => {
  const application = (further: Partial<CeleryFleetArgs>) => (options: pulumi.ComponentResourceOptions) => {
    const platform = new DockerPlatform("docker", { prefix: PREFIX }, options);
    const sized = { hardware, tier: "medium" as const, platform };
    const postgres = new Postgres("postgres", { ...sized, password: pulumi.secret("p-secret") }, options);
    const redis = new Redis("redis", { ...sized, password: pulumi.secret("r-secret") }, options);
    const wiring = { ...sized, image: "app:1", postgres: postgres.endpoint, redis: redis.endpoint };
    const secrets = { STRIPE_KEY: pulumi.secret("s-secret") };
    const migration = new Migration("migration", { ...wiring, secrets, argv: ["alembic", "upgrade", "head"] }, options);
    const after = [migration.done];
    new Backend("backend", { ...wiring, secrets, after }, options);
    new CeleryFleet("celery", { ...wiring, secrets, after, ...further }, options);
  };
  const dependencies = ({ options }: { options: pulumi.CustomResourceOptions }) =>
    [options.dependsOn ?? []].flat().map((resource) => (resource as unknown as { __name: string }).__name);

  it("starts after its migration, which runs once for each image and command", async () => {
    const made = await register(application({}));
    const gate = made.find("pulumi:index:Stash", "migration");
    expect(gate.inputs).toEqual({ input: { image: "app:1", argv: ["alembic", "upgrade", "head"] } });
    expect(dependencies(gate)).toEqual(expect.arrayContaining(["postgres", "redis"]));
    const { beforeCreate = [], beforeUpdate = [] } = gate.options.hooks ?? {};
    expect([beforeCreate.length, beforeUpdate.length]).toEqual([1, 1]);
    for (const name of ["backend-1", "celery-1"]) {
      expect(dependencies(made.find(CONTAINER, name))).toContain("migration");
    }
  });

  it("finds its own secrets in files", async () => {
    const { inputs } = (await register(application({}))).find(CONTAINER, "backend-1");
    expect(inputs.envs).toContain("STRIPE_KEY_FILE=/run/secrets/stripe_key");
    expect(JSON.stringify(inputs.envs)).not.toContain("s-secret");
  });

  it("is asked for its heartbeat where it has one, by `celery inspect ping` otherwise", async () => {
    const check = async (further: Partial<CeleryFleetArgs>) =>
      (await register(application(further))).find(CONTAINER, "celery-1").inputs.healthcheck;
    expect(await check({})).toMatchObject({
      interval: "1m0s",
      tests: expect.arrayContaining([expect.stringContaining("inspect ping")]),
    });
    const beating = (await check({ heartbeatFile: "/tmp/beat" })) as { interval: string; tests: string[] };
    expect(beating.interval).toBe("5s");
    expect(beating.tests.at(-1)).toContain('find "/tmp/beat" -mmin -0.5');
  });

  it("has one beat, which never runs beside another", async () => {
    const { inputs, options } = (await register(application({ beat: true }))).find(CONTAINER, "celery-beat");
    expect((inputs.command as string[]).slice(4, 7)).toEqual(["celery", "--app=app.celery_app", "beat"]);
    expect(inputs).toMatchObject({ memory: 128, cpuShares: 128, name: `${PREFIX}-celery-beat` });
    expect(options.deleteBeforeReplace).toBe(true);
  });

  it("keeps what beat remembers on a volume that outlives it, where its user may write", async () => {
    const made = await register(application({ beat: true }));
    const { inputs } = made.find(CONTAINER, "celery-beat");
    expect(inputs.volumes).toEqual([{ volumeName: `${PREFIX}-celery-beat`, containerPath: "/tmp" }]);
    expect(made.find(VOLUME, "celery-beat").options.retainOnDelete).toBe(true);
    expect((inputs.command as string[]).join(" ")).toContain("--schedule=/tmp/");
  });
});

describe("the plan of a system", () => {
  const sized = { hardware, tier: "low" } as const;
  const redis = (args: object) => (options: pulumi.ComponentResourceOptions) => {
    const platform = new DockerPlatform("docker", { prefix: PREFIX }, options);
    new Redis("redis", { ...sized, platform, password: pulumi.secret("r-secret"), ...args }, options);
  };

  it("is run as it is handed on, and not computed again", async () => {
    const plan = planHere(sized);
    const handed = { ...plan, redis: { ...plan.redis, maxClients: 4321 } };
    expect(argv(await register(redis({ plan: handed })), "redis")).toContain("--maxclients 4321 ");
  });

  it("is refused by a component of other inputs", async () => {
    await expect(register(redis({ plan: planHere(sized), tier: "high" }))).rejects.toThrow(
      "plan is that of other inputs",
    );
  });
});

describe("a password", () => {
  it("that is not configured is kept as it was first generated", async () => {
    const made = await register(() => void password("postgres-password", undefined));
    const kept = made.find("pulumi:index:Stash", "postgres-password");
    expect(isSecret(kept.inputs.input)).toBe(true);
  });

  it("that is configured is used as it is", async () => {
    const made = await register(() => void password("postgres-password", pulumi.secret("mine")));
    expect(made.registered.filter(({ type }) => type === "pulumi:index:Stash")).toEqual([]);
  });
});

it.each([
  [1, "1.0"],
  [2, "2.0"],
  [1.67, "1.67"],
  [6.66, "6.66"],
  [10, "10."],
  [20.5, "20.5"],
  [128, "128.0"],
])("%s threads are written as the provider reads them back: %s", (threads, text) => {
  expect(cpusText(threads)).toBe(text);
});
