import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Backend } from "./components/backend";
import { CeleryFleet } from "./components/celery-fleet";
import { LoadBalancer } from "./components/load-balancer";
import { password } from "./components/password";
import { DockerPlatform } from "./components/platform";
import { dockerHardware } from "./components/platform/docker/engine";
import { localImages } from "./components/platform/docker/local-images";
import { Postgres } from "./components/postgres";
import { Redis } from "./components/redis";
import { loadSettings, sizingInputs } from "./components/settings";
import { type SizingInputs, type SizingPlan, SizingRefusal, sizingPlan } from "./components/sizing";

export = async () => {
  const settings = loadSettings();
  if (settings.target === "ec2") {
    throw new pulumi.RunError(
      "target: ec2 is not available yet; this version runs on target: docker. Nothing was created or changed.",
    );
  }
  const { images, env } = settings;
  const hardware = await dockerHardware(settings.hardware);
  const inputs = sizingInputs(settings, hardware);
  const { capacity, advisories } = planOrRefusal(inputs);
  const image = localImages(path.join(__dirname, ".local", "images.json"));

  const platform = new DockerPlatform("docker", { prefix: `${pulumi.getProject()}-${pulumi.getStack()}` });
  const sized = { ...inputs, platform };

  const postgres = new Postgres("postgres", {
    ...sized,
    image: image(images.postgres),
    password: password("postgres-password", settings.postgresPassword),
  });
  const redis = new Redis("redis", {
    ...sized,
    image: image(images.redis),
    password: password("redis-password", settings.redisPassword),
  });
  const application = { ...sized, image: image(images.app), env, postgres: postgres.endpoint, redis: redis.endpoint };
  const backend = new Backend("backend", { ...application, app: settings.backend.app });
  new CeleryFleet("celery", { ...application, ...settings.celery });
  const loadBalancer = new LoadBalancer("load-balancer", {
    ...sized,
    image: image(images.haproxy),
    backendHost: "backend",
    backendPort: backend.port,
    port: settings.port,
  });

  return { url: loadBalancer.url, capacity, advisories };
};

/** What does not fit is the user's to change: one clear sentence, before anything is created. */
function planOrRefusal(inputs: SizingInputs): SizingPlan {
  try {
    return sizingPlan(inputs);
  } catch (error) {
    if (error instanceof SizingRefusal) throw new pulumi.RunError(`${error.message}\nNothing was created or changed.`);
    throw error;
  }
}
