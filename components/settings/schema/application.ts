import { z } from "zod";
import { LOAD_BALANCER, POSTGRES, REDIS } from "../../services";
import { ASGI_APP } from "../../services/backend";
import { CELERY_APP } from "../../services/celery";
import { DEFAULTS } from "../../sizing";
import { limited, memorySize, text, variable } from "./values";

export const images = z
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
  .describe("Images of the application and of the services.");

export const backend = z
  .strictObject({
    app: text.default(ASGI_APP).describe("The ASGI application, as uvicorn names it."),
    workerMemory: memorySize.default("160MiB").describe("What one worker process may use."),
    stopGraceSeconds: limited("backendStopGraceSeconds")
      .default(DEFAULTS.backendStopGraceSeconds)
      .describe("Time a container has to stop; requests get 5 seconds less."),
    statementTimeoutSeconds: limited("statementTimeoutSeconds")
      .default(DEFAULTS.statementTimeoutSeconds)
      .describe(
        "Time PostgreSQL works on one statement of the backend, or lets its transaction idle, before it ends it; 0: " +
          "without a limit. Tasks, migrations and `make psql` have none.",
      ),
    arguments: z.array(text).default([]).describe("Further arguments of uvicorn: `[--root-path, /api]`."),
  })
  .prefault({})
  .describe("The web application.");

export const celery = z
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
  .describe("The task workers.");

export const migration = z
  .array(text)
  .default([])
  .describe(
    "Command that brings the database to what the image needs: `[alembic, upgrade, head]`. Runs before the " +
      "containers of each new image start; where it fails, the old ones go on.",
  );

export const env = z
  .record(variable, z.string())
  .default({})
  .describe("The application's own environment variables. Not for secrets.");

export const secrets = z
  .record(variable, z.string())
  .default({})
  .describe(
    "Secrets of the application by name: `pulumi config set --secret --path secrets.STRIPE_KEY`. It finds the value " +
      "of `STRIPE_KEY` in the file that `STRIPE_KEY_FILE` names.",
  );
