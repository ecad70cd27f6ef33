import { z } from "zod";
import { DEFAULTS } from "../../sizing";
import { limited } from "./values";

const identifier = z
  .string()
  .regex(
    /^(?!pg_|template[01]$)[a-z_][a-z0-9_]{0,62}$/,
    "a name of lower-case letters, digits and _, at most 63 characters and without pg_ in front,",
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

export const postgres = z
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
  .describe("The database.");

export const redis = z
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
  .describe("Broker, result store and cache.");

export const postgresPassword = z
  .string()
  .min(8)
  .optional()
  .describe("Secret. Generated and kept when not set; that of the existing server with `postgres.external`.");

export const redisPassword = z
  .string()
  .regex(/^[\x21\x23-\x26\x28-\x5b\x5d-\x7e]{8,}$/, "at least 8 visible ASCII characters without quotes or backslash")
  .optional()
  .describe("Secret. Generated and kept when not set; that of the existing server with `redis.external`.");
