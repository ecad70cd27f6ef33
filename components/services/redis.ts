import { formatMemory, type RedisPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";
import type { ServiceDescriptor } from "./descriptor";
import { elsewhere } from "./elsewhere";
import { redisMebibytes } from "./notation";
import { redisLine, redisWords } from "./quotes";

/** Settings of redis.conf that the plan derives. */
export const REDIS_SETTINGS = {
  maxmemory: "maxMemoryMiB",
  "maxmemory-policy": "maxMemoryPolicy",
  maxclients: "maxClients",
  "io-threads": "ioThreads",
  "io-threads-do-reads": "ioThreadsDoReads",
  "oom-score-adj": "oomScoreAdj",
} as const satisfies DerivedSettings<RedisPlan>;

/**
 * A queue must outlive a restart: every write is on disk within a second. No snapshots beside that: where the kernel
 * kills the process that writes one, Redis refuses every write (MISCONF).
 */
const DURABLE = { appendonly: "yes", appendfsync: "everysec", save: "" };

/** Every setting the server is started with: those of the plan, and further ones. */
export const redisParameters = (
  plan: RedisPlan,
  further: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...derivedValues(REDIS_SETTINGS, plan, { mebibytes: "mb", on: "yes", off: "no" }),
  ...DURABLE,
  ...further,
});

type Words = readonly [name: string, words: readonly string[]];
const wordsOf = (plan: RedisPlan, further?: Readonly<Record<string, string>>): Words[] =>
  Object.entries(redisParameters(plan, further)).map(([name, value]) => [name, redisWords(value)]);
const hasEmpty = ([, words]: Words): boolean => words.includes("");

/**
 * Words of a value are arguments of their own, as in redis.conf; quotes are no part of them. Without settings that have
 * an empty word: the Docker provider refuses an empty argument. They are in `redisStart`.
 */
export const redisArgv = (plan: RedisPlan, further?: Readonly<Record<string, string>>): string[] =>
  wordsOf(plan, further)
    .filter((each) => !hasEmpty(each))
    .flatMap(([name, words]) => [`--${name}`, ...words]);

/** The password, from the file that is named or else from the variable. */
export const REDIS_PASSWORD = `\${REDIS_PASSWORD_FILE:+$(cat "$REDIS_PASSWORD_FILE")}\${REDIS_PASSWORD-}`;

/**
 * A script for `sh` that starts the server with the arguments it is given, and has it read what these leave out. The
 * password reaches it that way: the command line does not show it.
 */
export const redisStart = (plan: RedisPlan, further?: Readonly<Record<string, string>>): string =>
  [
    "set -eu",
    'exec redis-server "$@" - <<EOF',
    `requirepass ${REDIS_PASSWORD}`,
    ...wordsOf(plan, further)
      .filter(hasEmpty)
      // What the shell would replace in the text stays as it is.
      .map(([name, words]) => `${name} ${redisLine(words).replace(/[\\$`]/g, "\\$&")}`),
    "EOF",
    "",
  ].join("\n");

/** As lines of redis.conf. */
export const redisConf = (plan: RedisPlan, further?: Readonly<Record<string, string>>): string =>
  wordsOf(plan, further)
    .map(([name, words]) => `${name} ${redisLine(words)}`)
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
    mebibytes: redisMebibytes,
    sizes: 'a size such as "900mb" or "1gb"',
    reserved: {
      port: "other containers expect the default",
      dir: "the data is on its volume",
      requirepass: "set the secret redisPassword",
      bind: "other containers must reach it",
      daemonize: "the container ends with the process it started",
      "cluster-enabled": "Celery's broker is one server",
      replicaof: "Celery's broker must take writes",
    },
    emitted: { format: "redis.conf", text: ({ redis }) => redis && redisConf(redis) },
  },
} as const satisfies ServiceDescriptor;
