import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Backend } from "./components/backend";
import { CeleryFleet } from "./components/celery-fleet";
import { LoadBalancer } from "./components/load-balancer";
import { Migration } from "./components/migration";
import { password } from "./components/password";
import type { Target } from "./components/platform/contract/target";
import { BuildError } from "./components/platform/docker/build";
import { EngineError } from "./components/platform/docker/engine";
import { dockerTarget } from "./components/platform/docker/target";
import { Ec2Error } from "./components/platform/ec2/error";
import { Postgres, type PostgresEndpoint } from "./components/postgres";
import { Redis, type RedisEndpoint } from "./components/redis";
import { UVICORN_PORT } from "./components/services/backend";
import { type LoadedSettings, loadSettings, SettingsError } from "./components/settings";
import { SizingRefusal, sizingPlan } from "./components/sizing";

export = async () => {
  try {
    const settings = loadSettings();
    return system(settings, await targetOf(settings));
  } catch (error) {
    throw forPeople(error);
  }
};

async function targetOf(settings: LoadedSettings): Promise<Target> {
  const prefix = `${pulumi.getProject()}-${pulumi.getStack()}`;
  if (settings.target === "docker") {
    return dockerTarget(settings, prefix, path.join(__dirname, ".local", "images.json"));
  }
  // Loaded here: a stack on Docker need not wait for the AWS package.
  const { ec2Target } = await import("./components/platform/ec2");
  return ec2Target(settings, prefix, pulumi.getStack());
}

function system(settings: LoadedSettings, target: Target) {
  const { images, env, secrets } = settings;
  const { inputs, image } = target;
  const plan = planFor(target);
  const sized = { ...inputs, plan, platform: target.platform(plan) };

  const database = { ...settings.postgres, password: password("postgres-password", settings.postgresPassword) };
  const postgres: PostgresEndpoint = database.external
    ? { ...database, ...database.external }
    : new Postgres("postgres", { ...sized, ...database, image: image(images.postgres) }).endpoint;
  const broker = { ...settings.redis, password: password("redis-password", settings.redisPassword) };
  const redis: RedisEndpoint = broker.external
    ? { ...broker, ...broker.external }
    : new Redis("redis", { ...sized, ...broker, image: image(images.redis) }).endpoint;
  const application = {
    ...sized,
    image: image(images.app),
    env,
    secrets,
    postgres,
    redis,
    after: [] as pulumi.Resource[],
  };
  if (settings.migration.length > 0) {
    const migration = new Migration("migration", { ...application, argv: settings.migration });
    application.after.push(migration.done);
  }
  const loadBalancer = new LoadBalancer("load-balancer", {
    ...sized,
    backendHost: "backend",
    backendPort: UVICORN_PORT,
  });
  new Backend("backend", { ...application, ...settings.backend, behind: loadBalancer.entrance });
  new CeleryFleet("celery", { ...application, ...settings.celery });

  const { url, hostName } = loadBalancer.entrance;
  return {
    url,
    ...(hostName === undefined ? {} : { loadBalancerHostName: hostName }),
    capacity: plan.capacity,
    advisories: plan.advisories,
  };
}

function planFor({ inputs, refusal }: Target) {
  try {
    return sizingPlan(inputs);
  } catch (error) {
    if (error instanceof SizingRefusal) throw runError(`${refusal(error)}\nNothing was created or changed.`);
    throw error;
  }
}

/** What is the user's to change ends in its own words, without a stack trace. */
function forPeople(error: unknown): unknown {
  const own = [SettingsError, EngineError, BuildError, Ec2Error];
  return error instanceof Error && own.some((kind) => error instanceof kind) ? runError(error.message) : error;
}

/** Pulumi formats the stack of an error it never shows; that alone took ten seconds. */
const runError = (message: string): Error => Object.assign(new pulumi.RunError(message), { stack: message });
