import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { Backend } from "../../components/backend";
import { CeleryFleet } from "../../components/celery-fleet";
import { Migration } from "../../components/migration";
import { DockerPlatform } from "../../components/platform";
import { Postgres, type PostgresEndpoint } from "../../components/postgres";
import { Redis, type RedisEndpoint } from "../../components/redis";
import { sizingPlan } from "../../components/sizing";
import { type Registrations, register } from "./mocks";

const CONTAINER = "docker:index/container:Container";
const INPUTS = {
  hardware: { threads: 8, memory: "16GiB" },
  tier: "high",
  externalPostgresConnections: 100,
  externalRedisConnections: 300,
} as const;
const DATABASE: PostgresEndpoint = {
  host: "db.example",
  port: 5433,
  database: "shop",
  user: "shop",
  password: pulumi.secret("p-secret"),
  tls: true,
};
const CACHE: RedisEndpoint = { host: "cache.example", port: 6380, password: pulumi.secret("r-secret"), tls: true };

const application =
  (postgres = DATABASE, redis = CACHE) =>
  (options: pulumi.ComponentResourceOptions) => {
    const platform = new DockerPlatform("docker", { prefix: "sized-stack-test" }, options);
    const wiring = { ...INPUTS, platform, image: "app:1", postgres, redis };
    const migration = new Migration("migration", { ...wiring, argv: ["migrate"] }, options);
    new Backend("backend", { ...wiring, after: [migration.done] }, options);
    new CeleryFleet("celery", { ...wiring, after: [migration.done] }, options);
  };

describe("with PostgreSQL and Redis elsewhere", () => {
  const plan = sizingPlan(INPUTS);
  let made: Registrations;
  beforeAll(async () => {
    made = await register(application());
  });

  it("makes nothing for them", () => {
    const names = made.registered
      .map(({ type, name }) => `${type} ${name}`)
      .filter((each) => /postgres|redis/i.test(each));
    expect(names).toEqual([]);
  });

  it.each(["backend-1", "celery-1"])("tells %s where they are, and that it must encrypt", (name) => {
    expect(made.find(CONTAINER, name).inputs.envs).toEqual(
      expect.arrayContaining([
        "POSTGRES_HOST=db.example",
        "POSTGRES_PORT=5433",
        "POSTGRES_DB=shop",
        "POSTGRES_USER=shop",
        "POSTGRES_SSLMODE=require",
        "REDIS_HOST=cache.example",
        "REDIS_PORT=6380",
        "REDIS_TLS=true",
      ]),
    );
  });

  it("says nothing of encryption where there is none", async () => {
    const plain = await register(application({ ...DATABASE, tls: false }, { ...CACHE, tls: false }));
    expect(JSON.stringify(plain.find(CONTAINER, "backend-1").inputs.envs)).not.toMatch(/SSLMODE|TLS/);
  });

  it("sizes the pools for their connections", () => {
    const { backend } = plan;
    expect(made.find(CONTAINER, "backend-1").inputs.envs).toEqual(
      expect.arrayContaining([
        `DB_POOL_SIZE=${backend.poolSize}`,
        `DB_MAX_OVERFLOW=${backend.maxOverflow}`,
        `REDIS_MAX_CONNECTIONS=${backend.redisMaxConnectionsPerWorker}`,
      ]),
    );
    const here = sizingPlan({ hardware: INPUTS.hardware, tier: INPUTS.tier }).backend;
    expect(backend.poolSize + backend.maxOverflow).toBeLessThan(here.poolSize + here.maxOverflow);
  });

  it("registers the same plan, and what it follows from, with each component", () => {
    for (const [name, part] of [
      ["backend", plan.backend],
      ["celery", plan.celery],
    ] as const) {
      const component = made.registered.find((one) => one.name === name && one.type.startsWith("sized-stack:index:"));
      expect(component?.inputs).toEqual({ sizing: INPUTS, plan: JSON.parse(JSON.stringify(part)) });
    }
  });

  it("refuses to run a container of what runs elsewhere", async () => {
    await register((options) => {
      const platform = new DockerPlatform("docker", { prefix: "sized-stack-test" }, options);
      const args = { ...INPUTS, platform, password: "given-to-it" };
      expect(() => new Postgres("postgres", args, options)).toThrow("externalPostgresConnections is given");
      expect(() => new Redis("redis", args, options)).toThrow("externalRedisConnections is given");
    });
  });
});
