import { describe, expect, it } from "vitest";
import { parseSettings, sizingInputs } from "../../components/settings/parse";

const right = { target: "docker", tier: "low" };
const DATABASE = { host: "shop.abc.eu-west-1.rds.amazonaws.com", maxConnections: 400 };
const CACHE = { host: "10.0.3.7", maxClients: 65_000 };
const PASSWORDS = { postgresPassword: "of the server", redisPassword: "of-the-server" };

const answer = (given: Record<string, unknown>, unread: readonly string[] = []): string => {
  try {
    parseSettings({ ...right, ...given }, "dev", [], { unreadSecrets: unread });
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe("an existing server", () => {
  it("is reached encrypted at the usual port, and its connections are what is sized for", () => {
    const settings = parseSettings(
      { ...right, ...PASSWORDS, postgres: { user: "shop", external: DATABASE }, redis: { external: CACHE } },
      "dev",
    );
    expect(settings.postgres).toMatchObject({ user: "shop", external: { ...DATABASE, port: 5432, tls: true } });
    expect(settings.redis).toMatchObject({ external: { ...CACHE, port: 6379, tls: true } });
    expect(sizingInputs(settings, { threads: 4, memory: "8GiB" })).toMatchObject({
      externalPostgresConnections: 400,
      externalRedisConnections: 65_000,
    });
  });

  it("whose password is set and not read is accepted", () => {
    expect(answer({ postgres: { external: DATABASE } }, ["postgresPassword"])).toBe("accepted");
    expect(answer({ redis: { external: CACHE } }, ["postgresPassword"])).toContain("redisPassword: is missing");
  });

  it("is answered with every setting that is about a container, and the password it needs", () => {
    const message = answer({
      images: { postgres: "postgres:17", redis: "redis:8" },
      postgres: { external: DATABASE, extensions: ["citext"], parameters: { jit: "on" }, diskGiB: 20 },
      redis: { external: CACHE, parameters: { save: "" } },
    });
    expect(message.split("\n").filter((line) => /external/.test(line))).toEqual([
      "  images.postgres: is about a container, and with postgres.external PostgreSQL runs elsewhere; the server has its own version, and remove this setting",
      "  postgres.extensions: is about a container, and with postgres.external PostgreSQL runs elsewhere; create them on the server, in the migration for instance, and remove this setting",
      "  postgres.parameters: is about a container, and with postgres.external PostgreSQL runs elsewhere; set them on the server, for RDS in its parameter group, and remove this setting",
      "  postgres.diskGiB: is about a container, and with postgres.external PostgreSQL runs elsewhere; the server has its own disk, and remove this setting",
      "  postgresPassword: is missing; a server that exists has its password (postgres.external): pulumi config set --secret postgresPassword",
      "  images.redis: is about a container, and with redis.external Redis runs elsewhere; the server has its own version, and remove this setting",
      "  redis.parameters: is about a container, and with redis.external Redis runs elsewhere; set them on the server, for ElastiCache in its parameter group, and remove this setting",
      "  redisPassword: is missing; a server that exists has its password (redis.external): pulumi config set --secret redisPassword",
    ]);
  });

  it("lets the other one keep its container's settings", () => {
    expect(
      answer({
        ...PASSWORDS,
        images: { redis: "redis:7" },
        redis: { parameters: { save: "1 1" } },
        postgres: { external: DATABASE },
      }),
    ).toBe("accepted");
  });

  it.each<[Record<string, unknown>, string]>([
    [{ maxConnections: 400 }, "postgres.external.host: is missing; a text is needed"],
    [{ host: "db" }, "postgres.external.maxConnections: is missing; a number is needed"],
    [{ host: "db", maxConnections: 12 }, "postgres.external.maxConnections: 12 given; at least 20 is needed"],
    [{ host: "db", maxConnections: 400, prot: 1 }, "postgres.external.prot: is no setting; did you mean port?"],
    ...["localhost", "127.0.0.1", "postgres://db", "db:5432"].map((host): [Record<string, unknown>, string] => [
      { host, maxConnections: 400 },
      `postgres.external.host: "${host}" given; a name or an IPv4 address that containers reach (localhost is the container itself), without a protocol or port, is needed`,
    ]),
  ])("%j is answered with what is allowed", (external, mistake) => {
    expect(answer({ ...PASSWORDS, postgres: { external } })).toContain(`  ${mistake}\n`);
  });
});
