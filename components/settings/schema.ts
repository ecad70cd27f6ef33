import { z } from "zod";
import { DEFAULTS, TIERS } from "../sizing";
import { backend, celery, env, images, migration, secrets } from "./schema/application";
import { postgres, postgresPassword, redis, redisPassword } from "./schema/data-services";
import { ec2 } from "./schema/ec2";
import { entrance } from "./schema/entrance";
import { cpuEnforcement, hardware, hostNofile, oversubscribe, share } from "./schema/hardware";
import { overrides } from "./schema/overrides";

/**
 * The stack's settings: `pulumi config set <key>`. Every key has a default but `target` and `tier`. The reference in
 * docs/settings.md and the JSON Schema for editors are made from it: `npm run generate`.
 */
export const settingsSchema = z.strictObject({
  target: z.enum(["docker", "ec2"]).describe("Where the containers run."),
  tier: z
    .enum(TIERS)
    .describe("Expected load: low below 1,000 concurrent users, medium to 10,000, high to 50,000, extreme above."),
  topology: z
    .enum(["single-host", "app-and-data"])
    .default(DEFAULTS.topology)
    .describe("`single-host`: all services on one machine. `app-and-data`: app hosts and a data host, on EC2 alone."),
  hardware,
  share,
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(8000)
    .describe("Port on 127.0.0.1 of the Docker host. On EC2 the load balancer listens on 80 and 443."),
  images,
  entrance,
  backend,
  celery,
  postgres,
  redis,
  rollout: z
    .enum(["auto", "gapless", "recreate"])
    .default(DEFAULTS.rollout)
    .describe("What a deploy needs room for: `gapless` old and new side by side, `recreate` one, `auto` what fits."),
  oversubscribe,
  cpuEnforcement,
  hostNofile,
  migration,
  env,
  secrets,
  ec2,
  overrides,
  postgresPassword,
  redisPassword,
});

export type Settings = z.infer<typeof settingsSchema>;

/** Settings that hold secrets: their values never leave the loader in plain text. */
export const SECRET_SETTINGS = ["secrets", "postgresPassword", "redisPassword"] as const;
export const isSecretSetting = (key: string): boolean => SECRET_SETTINGS.some((secret) => secret === key);
