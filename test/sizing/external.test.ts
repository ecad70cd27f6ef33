import { describe, expect, it } from "vitest";
import { describe as inWords, type SizingInputs, sizingPlan } from "../../components/sizing";
import { planWith, REFERENCE, refusalOf } from "./machines";

const there = (inputs: Partial<SizingInputs>) => sizingPlan({ ...REFERENCE, ...inputs });
const sentenceOf = (id: string, inputs: Partial<SizingInputs>) =>
  there(inputs).advisories.find((each) => each.id === id)?.sentence;

const POSTGRES = { externalPostgresConnections: 200 } as const;
const REDIS = { externalRedisConnections: 5000 } as const;
const HOSTS = { topology: "app-and-data", dataHardware: { threads: 6, memory: "12GiB" } } as const;

describe("PostgreSQL elsewhere", () => {
  const plan = there(POSTGRES);

  it("has no numbers of a container, and one as set", () => {
    expect(plan.postgres).toBeUndefined();
    expect(plan.explanations.postgres).toEqual({});
    expect(plan.external).toEqual({ postgresConnections: 200, unusedMemoryMiB: 8192, unusedThreads: 4 });
    const explanation = plan.explanations.external.postgresConnections;
    expect(explanation).toMatchObject({ value: 200, origin: "setting" });
    expect(explanation && inWords(explanation)).toBe("As set: that server is not ours to size. With given 200.");
  });

  it("gives the pools what its connections leave", () => {
    expect(plan.connections).toMatchObject({ usable: 187, cap: 46, perWorker: Math.floor((187 - 2 * 24) / 12) });
    expect([plan.backend.poolSize, plan.backend.maxOverflow]).toEqual([11, 0]);
  });

  it("counts nothing in the totals", () => {
    const here = planWith().totals;
    expect(plan.totals).toEqual({
      cpuLimit: here.cpuLimit - 4,
      cpuReservation: here.cpuReservation - 2,
      memoryLimitMiB: here.memoryLimitMiB - 8192,
      memoryReservationMiB: here.memoryReservationMiB - 4096,
      grandMemoryLimitMiB: here.grandMemoryLimitMiB - 8192,
    });
  });

  it("has no advisory of a container that does not run", () => {
    expect(plan.advisories.map(({ id }) => id)).toEqual([
      "bounded.backend.poolSize",
      "oversubscribed.cpu",
      "celery.processes-per-cpu",
      "celery.no-time-limit",
      "celery.no-delay",
      "redis.io-threads-above-cpu",
      "redis.broker-and-cache",
      "external.unused",
      "external.statement-timeout",
    ]);
  });
});

describe("Redis elsewhere", () => {
  const plan = there(REDIS);

  it("has no numbers of a container, and one as set", () => {
    expect(plan.redis).toBeUndefined();
    expect(plan.external).toEqual({ redisConnections: 5000, unusedMemoryMiB: 4096, unusedThreads: 2 });
    expect(plan.advisories.filter(({ service }) => service === "redis")).toEqual([]);
  });

  it("gives the pools 80 % of its clients, less Celery's", () => {
    expect(plan.connections.redisPerWorker).toBe(Math.floor((4000 - 2 * (10 + 2 * 12)) / 12));
    expect(there({ externalRedisConnections: 200 }).backend.redisMaxConnectionsPerWorker).toBe(7);
  });

  it.each([
    [200, 30],
    [75, 5],
    [70, 4],
    [69, 3],
    [20, 1],
  ])(
    "of %i clients carries %i workers, and as many children in at most four replicas",
    (externalRedisConnections, cap) => {
      expect(there({ externalRedisConnections }).connections.cap).toBe(cap);
    },
  );

  it.each([
    [25, 1, 1],
    [28, 2, 1],
    [63, 2, 2],
    [64, 2, 2],
  ])("of %i clients are enough for all copies of a deploy: %i of them, %i workers", (clients, copies, cap) => {
    const plan = there({ externalRedisConnections: clients, rollout: "auto" });
    expect([plan.rolloutFactor, plan.connections.cap]).toEqual([copies, cap]);
    const { workers, redisMaxConnectionsPerWorker: each } = plan.backend;
    const ofCelery = plan.celery.replicas * (10 + 2 * plan.celery.concurrency);
    expect(copies * (workers * each + ofCelery)).toBeLessThanOrEqual(clients);
  });

  it("keeps clients for more replicas where those are overridden", () => {
    const overrides = { celery: { replicas: 8, concurrency: 1 } };
    expect(there({ externalRedisConnections: 200, overrides }).connections.cap).toBe(20);
  });

  it("bounds the workers where its clients are few, and says what lifts it", () => {
    const inputs = { externalRedisConnections: 75 };
    expect(there(inputs).backend.workers).toBe(5);
    expect(sentenceOf("bounded.backend.workers", inputs)).toBe(
      "backend.workers: asked 12 processes, bounded to 5 processes by connections " +
        "(the connections to PostgreSQL and Redis, at least two of each for each worker and child). " +
        "PgBouncer, fewer app hosts or a server that takes more connections lift it.",
    );
  });
});

describe("what stays unused", () => {
  it.each<[string, Partial<SizingInputs>, string]>([
    [
      "of a machine without PostgreSQL",
      POSTGRES,
      "PostgreSQL runs elsewhere: the share of the machine kept for that, 8 GiB of memory and 4 threads as limits, is given to nobody, " +
        "because the shares of the other services do not change. A smaller machine saves it, if their shares of that suffice; overrides give it to another service.",
    ],
    [
      "of a machine without either",
      { ...POSTGRES, ...REDIS },
      "PostgreSQL and Redis run elsewhere: the share of the machine kept for that, 12 GiB of memory and 6 threads as limits, is given to nobody, ",
    ],
    [
      "of a data host without Redis",
      { ...REDIS, ...HOSTS },
      "Redis runs elsewhere: the share of the data host kept for that, 3.88 GiB of memory and 2 threads as limits, is given to nobody, ",
    ],
    [
      "where no data host is needed",
      { ...POSTGRES, ...REDIS, ...HOSTS },
      "PostgreSQL and Redis run elsewhere: no data host is needed.",
    ],
  ])("%s", (_, inputs, sentence) => {
    expect(sentenceOf("external.unused", inputs)?.startsWith(sentence)).toBe(true);
  });

  it("is nothing where both run here", () => {
    expect(planWith().external).toBeUndefined();
  });
});

describe("without a data host", () => {
  const inputs = { ...POSTGRES, ...REDIS, ...HOSTS, dataHardware: { threads: 1, memory: "64MiB" } } as const;

  it("its size is nobody's concern", () => {
    expect(there(inputs).external).toMatchObject({ unusedMemoryMiB: 0, unusedThreads: 0 });
    expect(refusalOf({ ...inputs, externalRedisConnections: undefined }).message).toContain(
      "The data host offers 64 MiB",
    );
  });

  it("limits are held against the app host alone", () => {
    expect(sentenceOf("oversubscribed.memory", inputs)).toContain(" of 32 GiB, 983 MiB of it kept for the system");
  });
});

describe("connections too few", () => {
  it("for one worker and one child are refused, naming what helps", () => {
    const inputs = { ...HOSTS, appHosts: 3, externalPostgresConnections: 24, rollout: "recreate" } as const;
    expect(refusalOf(inputs)).toMatchObject({ part: "postgres", lack: "connections" });
    expect(refusalOf(inputs).message).toBe(
      "postgres: one worker and one Celery child on each of 3 app hosts need 12 connections; 11 of max_connections 24 " +
        "are theirs to use, 1 too few. With 6 threads and tier high no amount of memory on the data host would fit. " +
        "No tier fits this hardware. Use fewer app hosts, raise the server's max_connections, or put PgBouncer in front of it.",
    );
  });

  it("to Redis likewise", () => {
    const inputs = { ...HOSTS, appHosts: 2, externalRedisConnections: 34 };
    expect(refusalOf(inputs)).toMatchObject({ part: "redis", lack: "connections" });
    expect(refusalOf(inputs).message).toMatch(
      /^redis: one worker and one Celery child on each of 2 app hosts need maxclients 35: 28 connections in 80 % of it; maxclients 34 is 1 too few\..* Use fewer app hosts, or a Redis that takes more clients\.$/,
    );
    expect(there({ ...inputs, externalRedisConnections: 35 }).connections.cap).toBe(1);
  });

  it("for two copies make a deploy with a gap, and more of them is the remedy", () => {
    const inputs = { ...POSTGRES, externalPostgresConnections: 20, rollout: "auto" } as const;
    expect(there(inputs).rolloutFactor).toBe(1);
    expect(sentenceOf("rollout.recreate", inputs)).toMatch(/A server that takes more connections makes it gapless\.$/);
  });

  it.each<[Partial<SizingInputs>, string]>([
    [
      { externalPostgresConnections: 19 },
      "externalPostgresConnections: 19 given; a whole number from 20 to 10000 is allowed",
    ],
    [
      { externalRedisConnections: 0.5 },
      "externalRedisConnections: 0.5 given; a whole number from 20 to 1000000 is allowed",
    ],
  ])("%j makes no sense", (inputs, message) => {
    expect(refusalOf(inputs)).toMatchObject({ part: "inputs", message });
  });
});

it("many connections for each worker are pointed out", () => {
  expect(sentenceOf("external.connections-per-worker", { externalPostgresConnections: 1262 })).toBeUndefined();
  expect(sentenceOf("external.connections-per-worker", { externalPostgresConnections: 1273 })).toMatch(
    /^Each backend worker may open 101 connections to PostgreSQL, and as many threads; the hand-written page has 42\. /,
  );
});

it("overrides of a server elsewhere are refused, all at once, and those of the other one taken", () => {
  const overrides = { postgres: { workMemMiB: 8, memoryLimitMiB: 1024 }, redis: { maxMemoryMiB: 900 } };
  const reason = "sizes a container, and PostgreSQL runs elsewhere; set it on that server, and remove it here";
  expect(refusalOf({ ...POSTGRES, overrides }).message).toBe(
    `overrides.postgres.workMemMiB: ${reason}\noverrides.postgres.memoryLimitMiB: ${reason}`,
  );
  expect(there({ ...POSTGRES, overrides: { redis: overrides.redis } }).redis?.maxMemoryMiB).toBe(900);
});
