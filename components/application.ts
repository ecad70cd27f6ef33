import { type Input, interpolate, type Resource } from "@pulumi/pulumi";
import type { PostgresEndpoint } from "./postgres";
import type { RedisEndpoint } from "./redis";

/** What an application container is told about the data services, and the user's own settings for it. */
export interface ApplicationArgs {
  readonly postgres: PostgresEndpoint;
  readonly redis: RedisEndpoint;
  /** What must be done before the application starts, beside the data services being up: a migration. */
  readonly after?: readonly Resource[];
  /** The application's own settings. The names of docs/application.md are the platform's and win. */
  readonly env?: Readonly<Record<string, Input<string>>>;
  /** The application's own secrets, delivered as files. */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
}

/** Numeric user of application containers. */
export const APPLICATION_UID = 1000;

/** The variables of docs/application.md that backend and Celery share. */
export function applicationEnv(
  { postgres, redis, env }: ApplicationArgs,
  pools: { poolSize: number; maxOverflow: number; poolTimeoutSeconds: number; redisMaxConnections: number },
): Record<string, Input<string | number>> {
  return {
    ...env,
    POSTGRES_HOST: postgres.host,
    POSTGRES_PORT: postgres.port,
    POSTGRES_DB: postgres.database,
    POSTGRES_USER: postgres.user,
    ...(postgres.tls ? { POSTGRES_SSLMODE: "require" } : {}),
    REDIS_HOST: redis.host,
    REDIS_PORT: redis.port,
    ...(redis.tls ? { REDIS_TLS: "true" } : {}),
    DB_POOL_SIZE: pools.poolSize,
    DB_MAX_OVERFLOW: pools.maxOverflow,
    DB_POOL_TIMEOUT: pools.poolTimeoutSeconds,
    REDIS_MAX_CONNECTIONS: pools.redisMaxConnections,
  };
}

/**
 * PGOPTIONS: time limits of PostgreSQL, in seconds, on the connections of this container alone. In `postgresql.conf` they
 * would end tasks, migrations and psql. What the user's own PGOPTIONS say comes after them, and wins. Nothing where the
 * server may not take them.
 */
export function startupOptions(
  { postgres, env = {} }: Pick<ApplicationArgs, "postgres" | "env">,
  limits: Readonly<Record<string, number>>,
): Record<string, Input<string>> {
  if (!postgres.takesStartupOptions) return {};
  const own = Object.entries(limits)
    .map(([name, seconds]) => `-c ${name}=${seconds}s`)
    .join(" ");
  return { PGOPTIONS: env.PGOPTIONS === undefined ? own : interpolate`${own} ${env.PGOPTIONS}` };
}

export function applicationSecrets({ postgres, redis, secrets }: ApplicationArgs): Record<string, Input<string>> {
  return { ...secrets, POSTGRES_PASSWORD: postgres.password, REDIS_PASSWORD: redis.password };
}

/** An application starts when the data services are up. */
export function applicationDependencies({ postgres, redis, after = [] }: ApplicationArgs): Resource[] {
  return [...(postgres.dependsOn ?? []), ...(redis.dependsOn ?? []), ...after];
}
