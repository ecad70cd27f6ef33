import type { Mistake } from "./mistakes";

type Given = Readonly<Record<string, unknown>>;

/** A data service that may run elsewhere, and the settings that are about its container. */
interface Server {
  readonly name: string;
  readonly key: "postgres" | "redis";
  readonly password: "postgresPassword" | "redisPassword";
  /** By path: what to do instead. */
  readonly ofContainer: readonly (readonly [path: readonly [string, string], instead: string])[];
}

const SERVERS: readonly Server[] = [
  {
    name: "PostgreSQL",
    key: "postgres",
    password: "postgresPassword",
    ofContainer: [
      [["images", "postgres"], "the server has its own version"],
      [["postgres", "extensions"], "create them on the server, in the migration for instance"],
      [["postgres", "parameters"], "set them on the server, for RDS in its parameter group"],
      [["postgres", "diskGiB"], "the server has its own disk"],
    ],
  },
  {
    name: "Redis",
    key: "redis",
    password: "redisPassword",
    ofContainer: [
      [["images", "redis"], "the server has its own version"],
      [["redis", "parameters"], "set them on the server, for ElastiCache in its parameter group"],
    ],
  },
];

/**
 * What is wrong beside `postgres.external` or `redis.external`.
 * @param unreadSecrets Secrets that are set, and whose values are not among the given.
 */
export const externalMistakes = (given: Given, unreadSecrets: readonly string[]): Mistake[] =>
  SERVERS.filter(({ key }) => valueAt(given, [key, "external"]) !== undefined).flatMap(
    ({ name, key, password, ofContainer }) => [
      ...ofContainer
        .filter(([path]) => valueAt(given, path) !== undefined)
        .map(([path, instead]) => ({
          path,
          message: `is about a container, and with ${key}.external ${name} runs elsewhere; ${instead}, and remove this setting`,
        })),
      ...(given[password] === undefined && !unreadSecrets.includes(password)
        ? [
            {
              path: [password],
              message: `is missing; a server that exists has its password (${key}.external): pulumi config set --secret ${password}`,
            },
          ]
        : []),
    ],
  );

const valueAt = (given: Given, path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (map, key) =>
      typeof map === "object" && map !== null && Object.hasOwn(map, key) ? Reflect.get(map, key) : undefined,
    given,
  );
