import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Backend } from "./components/backend";
import { CeleryFleet } from "./components/celery-fleet";
import { LoadBalancer } from "./components/load-balancer";
import { Migration } from "./components/migration";
import { password } from "./components/password";
import { DockerPlatform } from "./components/platform";
import { BuildError, localBuild } from "./components/platform/docker/build";
import { dockerHardware, EngineError } from "./components/platform/docker/engine";
import { localImages } from "./components/platform/docker/local-images";
import { Postgres, type PostgresEndpoint } from "./components/postgres";
import { UVICORN_PORT } from "./components/programs/uvicorn";
import { Redis, type RedisEndpoint } from "./components/redis";
import { loadSettings, SettingsError, sizingInputs } from "./components/settings";
import { SizingRefusal, sizingPlan } from "./components/sizing";

export = async () => {
  try {
    return await system();
  } catch (error) {
    throw forPeople(error);
  }
};

async function system() {
  const settings = loadSettings();
  if (settings.target === "ec2") {
    throw new SettingsError(
      "target: ec2 is not available yet; this version runs on target: docker. Nothing was created or changed.",
    );
  }
  const { images, env, secrets } = settings;
  const hardware = await dockerHardware(settings.hardware);
  const inputs = sizingInputs(settings, hardware);
  const { capacity, advisories } = sizingPlan(inputs);
  const image = localImages(path.join(__dirname, ".local", "images.json"));
  const app = typeof images.app === "string" ? image(images.app) : localBuild(images.app, image);

  const platform = new DockerPlatform("docker", {
    prefix: `${pulumi.getProject()}-${pulumi.getStack()}`,
    port: settings.port,
    haproxyImage: image(images.haproxy),
  });
  const sized = { ...inputs, platform };

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
    image: app,
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

  return { url: loadBalancer.url, capacity, advisories };
}

/** What is the user's to change ends in its own words, without a stack trace. */
function forPeople(error: unknown): unknown {
  if (error instanceof SizingRefusal) return runError(`${error.message}\nNothing was created or changed.`);
  if (error instanceof SettingsError || error instanceof EngineError || error instanceof BuildError)
    return runError(error.message);
  return error;
}

/** Pulumi formats the stack of an error it never shows; that alone took ten seconds. */
const runError = (message: string): Error => Object.assign(new pulumi.RunError(message), { stack: message });
