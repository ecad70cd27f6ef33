import { z } from "zod";
import { LOAD_BALANCER, POSTGRES, REDIS } from "../services";
import { ASGI_APP } from "../services/backend";
import { CELERY_APP } from "../services/celery";
import {
  DEFAULTS,
  INPUT_LIMITS,
  isMemorySize,
  type MemorySize,
  OVERRIDE_KEYS,
  type Overrides,
  SERVICES,
  type Service,
  TIERS,
  type Unit,
} from "../sizing";

/** Where a size is written: a number with MiB, GiB or TiB. */
const memorySize = z
  .custom<MemorySize>((value) => typeof value === "string" && isMemorySize(value), {
    error: 'a size with its unit, such as "16GiB" or "512MiB",',
  })
  .meta({ type: "string", pattern: "^\\d+(\\.\\d+)?(MiB|GiB|TiB)$" });

const text = z.string().min(1);
const identifier = z
  .string()
  .regex(
    /^(?!pg_|template[01]$)[a-z_][a-z0-9_]{0,62}$/,
    "a name of lower-case letters, digits and _, at most 63 characters and without pg_ in front,",
  );
/** Name of an environment variable. */
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and _");
const limited = (name: keyof typeof INPUT_LIMITS) => {
  const { least, most, whole } = INPUT_LIMITS[name];
  return (whole ? z.int() : z.number()).min(least).max(most);
};

const hardware = z
  .union(
    [
      z.literal("auto"),
      z.strictObject({
        threads: z.int().min(1).max(512).describe("Logical CPUs."),
        memory: memorySize.describe("Memory containers may use."),
      }),
    ],
    { error: 'auto, or a map with threads (1 to 512) and memory (such as "16GiB"),' },
  )
  .describe(
    "`auto` asks the Docker engine what it has; or `threads` and `memory` of the machine. On EC2 the instance type says it.",
  );

/** How to reach a server that runs elsewhere. */
const externalServer = (name: string, port: number) => ({
  host: z
    .string()
    .regex(
      /^(?!localhost$|127\.)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/,
      "a name or an IPv4 address that containers reach (localhost is the container itself), without a protocol or port,",
    )
    .describe(
      `An existing ${name}, instead of a container. Its share of the machine stays unused; what it holds, its backups and ` +
        "its settings are not managed here.",
    ),
  port: z.int().min(1).max(65_535).default(port).describe(`Port of the existing ${name}.`),
  tls: z
    .boolean()
    .default(true)
    .describe(`Whether the application must encrypt its connections to the existing ${name}.`),
});

const ONE_LINE = "a text of one line, a number or true or false";

/** A program's own parameters: `work_mem: 32MB`. Numbers and switches may stand without quotes. */
const parameters = (name: RegExp, allowed: string) =>
  z
    .record(
      z.string().regex(name, allowed),
      z.union([z.string().regex(/^[^\n]*$/, ONE_LINE), z.number(), z.boolean()], { error: ONE_LINE }),
    )
    .transform((given) => Object.fromEntries(Object.entries(given).map(([key, value]) => [key, asText(value)])))
    .prefault({});

/** A parameter's value as both PostgreSQL and Redis read it. */
export const asText = (value: unknown): string => (typeof value === "boolean" ? (value ? "yes" : "no") : String(value));

const overrideKinds: Readonly<Partial<Record<Unit, z.ZodType>>> = {
  name: text,
  switch: z.boolean(),
  threads: z.number().min(0),
  ratio: z.number().min(0),
};

/** Units that what a number is does not already say. */
const MEASURES: readonly Unit[] = ["MiB", "KiB", "bytes", "seconds"];

const overridesOf = (service: Service) =>
  z
    .strictObject(
      Object.fromEntries(
        OVERRIDE_KEYS.filter((each) => each.service === service).map(({ key, unit, about }) => {
          const kind = overrideKinds[unit] ?? z.int().min(0);
          return [key, kind.optional().describe(MEASURES.includes(unit) ? `${about}, ${unit}.` : `${about}.`)];
        }),
      ),
    )
    .optional()
    .describe(`Numbers of ${service} to replace.`);

const awsId = (kind: string, example: string) =>
  z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `an id such as ${example}`);
const subnets = (example: string) => z.array(awsId("subnet", "subnet-0a1b2c3d4e5f60718")).min(2).describe(example);

/** What only `target: ec2` reads. */
const ec2 = z
  .strictObject({
    region: z
      .string()
      .regex(
        /^(?!cn-|us-gov-)[a-z]{2}(-[a-z]+)+-\d$/,
        'an AWS region such as "eu-central-1" (not of China or GovCloud)',
      )
      .describe("AWS region."),
    instanceType: text
      .default("m7i.2xlarge")
      .describe(
        "Type of the one instance, or with `app-and-data` of an app host. Its memory and vCPUs are the hardware.",
      ),
    dataInstanceType: text.optional().describe("Type of the data host of `app-and-data`; default: as the app hosts."),
    appHosts: z
      .strictObject({
        min: z.int().min(1).max(100).default(2).describe("Hosts that always run, over the zones."),
        max: z
          .int()
          .min(1)
          .max(100)
          .default(4)
          .describe("Hosts at most: all of them together keep to max_connections."),
      })
      .prefault({})
      .describe("App hosts of `app-and-data`."),
    zones: z
      .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'a zone such as "eu-central-1a"'))
      .min(2)
      .optional()
      .describe(
        "Availability zones of the network that is made, the data host in the first; default: two of the region.",
      ),
    cidr: z
      .string()
      .regex(/^(10\.\d{1,3}|172\.(1[6-9]|2\d|3[01])|192\.168)\.0\.0\/16$/, 'a private /16 such as "10.20.0.0/16"')
      .default("10.20.0.0/16")
      .describe("Addresses of the network that is made."),
    egress: z
      .enum(["nat", "endpoints", "existing"])
      .default("nat")
      .describe(
        "How hosts reach registries and AWS: `nat` one NAT gateway, `endpoints` AWS alone (images in ECR), `existing` " +
          "as the given `vpc` has it.",
      ),
    vpc: z
      .strictObject({
        id: awsId("vpc", "vpc-0a1b2c3d4e5f60718").describe("The network to use instead of making one."),
        publicSubnetIds: subnets("Subnets of the load balancer, in two zones or more."),
        privateSubnetIds: subnets("Subnets of the hosts, in two zones or more; the data host is in the first."),
      })
      .optional()
      .describe("A network that is there. Needs `egress: existing`."),
    domain: text
      .optional()
      .describe("Name the system is reached at; needs `certificateArn`, and a DNS record of yours."),
    certificateArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/, "the ARN of an ACM certificate")
      .optional()
      .describe("Certificate for HTTPS, in the same region; HTTP then only redirects."),
    amiId: awsId("ami", "ami-0a1b2c3d4e5f60718")
      .optional()
      .describe("ECS-optimized AMI of the hosts; default: the recommended one at their creation, kept until set."),
    data: z
      .strictObject({
        sizeGiB: z.int().min(10).max(16_384).default(50).describe("Size of the data volume, GiB; it can only grow."),
        volumeId: awsId("vol", "vol-0a1b2c3d4e5f60718")
          .optional()
          .describe("A volume that is there, instead of a new one: that of a destroyed stack."),
        snapshotId: awsId("snap", "snap-0a1b2c3d4e5f60718").optional().describe("Snapshot to make a new volume from."),
        snapshotDays: z.int().min(1).max(365).default(14).describe("Days that daily snapshots are kept."),
        protect: z
          .boolean()
          .default(true)
          .describe("Whether Pulumi refuses to let go of the volume: then `pulumi destroy --exclude-protected`."),
      })
      .prefault({})
      .describe("The volume of PostgreSQL and Redis. It outlives the stack in any case."),
    celeryWaitSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(30)
      .describe("Seconds a task may wait in the queue before workers are added (`app-and-data`)."),
    logDays: z
      .union(
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731].map((days) => z.literal(days)),
        {
          error: "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731",
        },
      )
      .default(30)
      .describe("Days that logs are kept."),
    alarmTopicArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:.+$/, "the ARN of an SNS topic")
      .optional()
      .describe("SNS topic that alarms are sent to; without one they show in the console alone."),
    tags: z.record(z.string(), z.string()).default({}).describe("Tags of every resource."),
  })
  .optional()
  .describe("What only `target: ec2` reads; `region` must be set there.");

/** Whether an override keeps within the plan's bounds is sizing's to say: it depends on the machine. */
const overrides = z
  .strictObject(Object.fromEntries(SERVICES.map((service) => [service, overridesOf(service)])))
  .transform((given) => given as Overrides)
  .prefault({})
  .describe("Derived numbers to replace, by service; `make explain` prints their names. Refused outside their bounds.");

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
  hardware: hardware.default("auto"),
  share: limited("share").default(DEFAULTS.share).describe("Part of the machine the system may use."),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(8000)
    .describe("Port on 127.0.0.1 of the Docker host. On EC2 the load balancer listens on 80 and 443."),
  images: z
    .strictObject({
      app: z
        .union(
          [
            text,
            z.strictObject({
              context: text.describe("Folder to build the image from; a relative path begins at the project's folder."),
              dockerfile: text.default("Dockerfile").describe("Path of the Dockerfile in that folder."),
              args: z.record(variable, z.string()).default({}).describe("Build arguments. Not for secrets."),
            }),
          ],
          { error: "the name of an image, or a map with the context to build it from," },
        )
        .default("sized-stack/example-app")
        .describe("The application, backend and Celery workers: the name of an image, or what to build it from."),
      postgres: text.default(POSTGRES.image).describe("PostgreSQL; its tag begins with the major version."),
      redis: text.default(REDIS.image).describe("Redis; its tag begins with the major version."),
      haproxy: text.default(LOAD_BALANCER.image).describe("The load balancer."),
    })
    .prefault({})
    .describe("Images of the application and of the services."),
  backend: z
    .strictObject({
      app: text.default(ASGI_APP).describe("The ASGI application, as uvicorn names it."),
      workerMemory: memorySize.default("160MiB").describe("What one worker process may use."),
      stopGraceSeconds: limited("backendStopGraceSeconds")
        .default(DEFAULTS.backendStopGraceSeconds)
        .describe("Time a container has to stop; requests get 5 seconds less."),
      arguments: z.array(text).default([]).describe("Further arguments of uvicorn: `[--root-path, /api]`."),
    })
    .prefault({})
    .describe("The web application."),
  celery: z
    .strictObject({
      app: text.default(CELERY_APP).describe("The Celery application, as `celery -A` names it."),
      beat: z.boolean().default(DEFAULTS.beat).describe("Whether one `celery beat` sends scheduled tasks."),
      heartbeatFile: z
        .string()
        .regex(/^\/[\w./-]+$/, "an absolute path of letters, digits, _, ., / and -")
        .optional()
        .describe(
          "A file the application touches every few seconds while it reaches its broker: its age is the health check " +
            "then, instead of `celery inspect ping`, which costs half a CPU second a minute.",
        ),
      queues: z.array(text).default([]).describe("Queues the workers serve; none: the application's default queue."),
      childMemory: memorySize
        .default("128MiB")
        .describe("The most the resident memory of a child may reach before it is recycled."),
      longestTaskSeconds: limited("longestTaskSeconds")
        .optional()
        .describe(
          "The longest task: one that takes longer is ended, and a worker that stops waits this long and 10 seconds. " +
            "Default: 60 is assumed, and no task is ended.",
        ),
      longestDelaySeconds: limited("longestDelaySeconds")
        .default(DEFAULTS.longestDelaySeconds)
        .describe(
          "The longest `countdown`, `eta` or wait before a retry: the broker gives a task that waits longer to a second worker.",
        ),
      arguments: z.array(text).default([]).describe("Further arguments of `celery worker`: `[--without-gossip]`."),
    })
    .prefault({})
    .describe("The task workers."),
  postgres: z
    .strictObject({
      database: identifier.default("app").describe("The application's database; created if it is not there."),
      user: identifier.default("app").describe("Its role, a superuser; created if it is not there."),
      extensions: z
        .array(z.string().regex(/^[a-z0-9_-]+$/, "a name of lower-case letters, digits, _ and -"))
        .default([])
        .describe("Extensions to create in the database: `[pg_trgm, citext]`. The image must have them."),
      diskGiB: limited("diskGiB").default(DEFAULTS.diskGiB).describe("Disk for the database, GiB; bounds its WAL."),
      external: z
        .strictObject({
          ...externalServer("PostgreSQL", 5432),
          maxConnections: limited("externalPostgresConnections").describe(
            "Its `max_connections`, or the part this system may use: pools are sized for it.",
          ),
        })
        .optional()
        .describe("An existing PostgreSQL, such as Amazon RDS; needs `postgresPassword`. Default: a container."),
      parameters: parameters(/^[a-z_][a-z0-9_.]*$/, "lower-case letters, digits, _ and .").describe(
        "Further parameters of postgresql.conf. One the plan derives counts as an override: `work_mem: 32MB`.",
      ),
    })
    .prefault({})
    .describe("The database."),
  redis: z
    .strictObject({
      external: z
        .strictObject({
          ...externalServer("Redis", 6379),
          maxClients: limited("externalRedisConnections").describe(
            "Its `maxclients`, or the part this system may use: pools are sized for it.",
          ),
        })
        .optional()
        .describe("An existing Redis, such as Amazon ElastiCache; needs `redisPassword`. Default: a container."),
      parameters: parameters(/^[a-z][a-z0-9-]*$/, "lower-case letters, digits and -").describe(
        "Further settings of redis.conf. One the plan derives counts as an override: `maxmemory: 900mb`.",
      ),
    })
    .prefault({})
    .describe("Broker, result store and cache."),
  rollout: z
    .enum(["auto", "gapless", "recreate"])
    .default(DEFAULTS.rollout)
    .describe("What a deploy needs room for: `gapless` old and new side by side, `recreate` one, `auto` what fits."),
  oversubscribe: z
    .boolean()
    .default(DEFAULTS.oversubscribe)
    .describe("Whether the sum of all limits may exceed the machine."),
  cpuEnforcement: z
    .enum(["quota", "weight"])
    .default(DEFAULTS.cpuEnforcement)
    .describe("`quota`: CPU limits and shares. `weight`: shares alone, so that idle CPU is anybody's."),
  hostNofile: limited("hostNofile").default(DEFAULTS.hostNofile).describe("Open files the host grants a container."),
  migration: z
    .array(text)
    .default([])
    .describe(
      "Command that brings the database to what the image needs: `[alembic, upgrade, head]`. Runs before the " +
        "containers of each new image start; where it fails, the old ones go on.",
    ),
  env: z
    .record(variable, z.string())
    .default({})
    .describe("The application's own environment variables. Not for secrets."),
  secrets: z
    .record(variable, z.string())
    .default({})
    .describe(
      "Secrets of the application by name: `pulumi config set --secret --path secrets.STRIPE_KEY`. It finds the value " +
        "of `STRIPE_KEY` in the file that `STRIPE_KEY_FILE` names.",
    ),
  ec2,
  overrides,
  postgresPassword: z
    .string()
    .min(8)
    .optional()
    .describe("Secret. Generated and kept when not set; that of the existing server with `postgres.external`."),
  redisPassword: z
    .string()
    .regex(/^[\x21\x23-\x26\x28-\x5b\x5d-\x7e]{8,}$/, "at least 8 visible ASCII characters without quotes or backslash")
    .optional()
    .describe("Secret. Generated and kept when not set; that of the existing server with `redis.external`."),
});

export type Settings = z.infer<typeof settingsSchema>;

/** Settings that hold secrets: their values never leave the loader in plain text. */
export const SECRET_SETTINGS = ["secrets", "postgresPassword", "redisPassword"] as const;
export const isSecretSetting = (key: string): boolean => SECRET_SETTINGS.some((secret) => secret === key);
