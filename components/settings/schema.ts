import { z } from "zod";
import { DEFAULTS, isMemorySize, type Overrides, SERVICES, TIERS } from "../sizing";

const memorySize = z
  .custom<`${number}MiB`>((value) => typeof value === "string" && isMemorySize(value), {
    error: 'a size with its unit, such as "16GiB" or "512MiB"',
  })
  .describe("Memory with its unit: MiB, GiB or TiB.");

const hardware = z
  .union([z.literal("auto"), z.strictObject({ threads: z.int().min(1).max(512), memory: memorySize })])
  .describe("`auto` asks the Docker engine what it has; or `threads` and `memory` of the machine.");

/** Keys and limits are sizing's own: it answers an unknown or impossible override with all that is wrong. */
const overrides = z
  .custom<Overrides>(
    (value) =>
      isMap(value) &&
      Object.entries(value).every(([key, numbers]) => SERVICES.some((s) => s === key) && isMap(numbers)),
    {
      error: `a map with ${SERVICES.join(", ")}, each a map of numbers to replace, such as {"backend": {"workers": 4}}`,
    },
  )
  .describe("Derived numbers to replace, by service; field names as `make explain` prints them.");

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The stack's settings: `pulumi config set <key>`. Every key has a default but `target` and `tier`. */
export const settingsSchema = z.strictObject({
  target: z.enum(["docker", "ec2"]).describe("Where the containers run."),
  tier: z
    .enum(TIERS)
    .describe("Expected load: low below 1,000 concurrent users, medium to 10,000, high to 50,000, extreme above."),
  hardware: hardware.default("auto"),
  share: z.number().min(0.1).max(1).default(DEFAULTS.share).describe("Part of the machine the system may use."),
  port: z.int().min(1).max(65_535).default(8000).describe("Port on 127.0.0.1 of the Docker host."),
  images: z
    .strictObject({
      app: z.string().min(1).default("sized-stack/example-app"),
      postgres: z.string().min(1).default("postgres:17"),
      redis: z.string().min(1).default("redis:8"),
      haproxy: z.string().min(1).default("haproxy:3.0"),
    })
    .prefault({})
    .describe("Images of the application and of the services."),
  backend: z
    .strictObject({ app: z.string().min(1).default("app.main:app") })
    .prefault({})
    .describe("`app`: the ASGI application, as uvicorn names it."),
  celery: z
    .strictObject({ app: z.string().min(1).default("app.celery_app"), queues: z.array(z.string().min(1)).default([]) })
    .prefault({})
    .describe("`app`: the Celery application, as `celery -A` names it. `queues`: those the workers serve."),
  env: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .default({})
    .describe("The application's own environment variables. Not for secrets."),
  overrides: overrides.default({}),
  postgresPassword: z.string().min(8).optional().describe("Secret. Generated and kept when not set."),
  redisPassword: z
    .string()
    .regex(/^[\x21\x23-\x26\x28-\x5b\x5d-\x7e]{8,}$/, "at least 8 visible ASCII characters without quotes or backslash")
    .optional()
    .describe("Secret. Generated and kept when not set."),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Settings that hold secrets: their values never leave the loader in plain text. */
export const SECRET_SETTINGS = ["postgresPassword", "redisPassword"] as const;
