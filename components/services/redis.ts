import { formatMemory, type RedisPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";
import type { ServiceDescriptor } from "./descriptor";
import { elsewhere } from "./elsewhere";

/** Settings of redis.conf that the plan derives. */
export const REDIS_SETTINGS = {
  maxmemory: "maxMemoryMiB",
  "maxmemory-policy": "maxMemoryPolicy",
  maxclients: "maxClients",
  "io-threads": "ioThreads",
  "io-threads-do-reads": "ioThreadsDoReads",
  "oom-score-adj": "oomScoreAdj",
} as const satisfies DerivedSettings<RedisPlan>;

/** A queue must outlive a restart: every write is on disk within a second. */
const DURABLE = { appendonly: "yes", appendfsync: "everysec" };

/** Every setting the server is started with: those of the plan, and further ones. */
export const redisParameters = (
  plan: RedisPlan,
  further: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...derivedValues(REDIS_SETTINGS, plan, { mebibytes: "mb", on: "yes", off: "no" }),
  ...DURABLE,
  ...further,
});

/** Words of a value are arguments of their own, as in redis.conf. */
export const redisArgv = (plan: RedisPlan, further?: Readonly<Record<string, string>>): string[] =>
  Object.entries(redisParameters(plan, further)).flatMap(([name, value]) => [`--${name}`, ...value.split(" ")]);

/** As lines of redis.conf. */
export const redisConf = (plan: RedisPlan, further?: Readonly<Record<string, string>>): string =>
  Object.entries(redisParameters(plan, further))
    .map(([name, value]) => `${name} ${value}`)
    .join("\n");

export const REDIS = {
  name: "redis",
  title: "Redis",
  section: "redis",
  component: "sized-stack:index:Redis",
  image: "redis:8",
  volumePath: () => "/data",
  replacement: "only-one",
  restart: "about 1 s when idle",
  running: ({ redis, external }) =>
    redis
      ? {
          containers: 1,
          ...redis,
          inShort: `${formatMemory(redis.maxMemoryMiB)} of data, ${redis.maxClients} clients`,
        }
      : elsewhere(`${external?.redisConnections} clients`),
  program: {
    service: "redis",
    takes: "parameters",
    derived: REDIS_SETTINGS,
    reserved: {
      port: "other containers expect the default",
      dir: "the data is on its volume",
      requirepass: "set the secret redisPassword",
    },
    emitted: { format: "redis.conf", text: ({ redis }) => redis && redisConf(redis) },
  },
} as const satisfies ServiceDescriptor;
