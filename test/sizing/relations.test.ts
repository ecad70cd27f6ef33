import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Overrides, SizingRefusal } from "../../components/sizing";
import { RULES } from "../../components/sizing/system/explain";
import { brokenRelations, RELATIONS } from "../../components/sizing/system/relations";
import { anything, planOrRefusal, runs, TIMEOUT_MS } from "./generators";
import { planWith, refusalOf } from "./machines";

describe("the relations between numbers", () => {
  it("are those of the table in docs/sizing.md", () => {
    const rows = RELATIONS.map(
      ({ id, answer, service, field, bound, why }) =>
        `| \`${id}\` | ${answer} | \`${service}.${field}\` | ${bound} ${why} |`,
    );
    const table = readFileSync("docs/sizing.md", "utf8")
      .split("\n")
      .filter((line) => rows.includes(line));
    expect(table).toEqual(rows);
  });

  it("are about numbers that rules make, each under an id of its own", () => {
    for (const { service, field } of RELATIONS) expect(RULES[service][field]).toBeDefined();
    expect(new Set(RELATIONS.map(({ id }) => id)).size).toBe(RELATIONS.length);
  });

  it("that are refused hold in every plan, those of the rules and those with overrides", {
    timeout: TIMEOUT_MS,
  }, () => {
    fc.assert(
      fc.property(anything, (inputs) => {
        const plan = planOrRefusal(inputs);
        if (plan instanceof SizingRefusal) return;
        expect(brokenRelations(plan, plan.inputs).filter(({ relation }) => relation.answer === "refused")).toEqual([]);
      }),
      runs,
    );
  });
});

/** Overrides that contradict each other or the machine, and the number that is named. */
it.each<[Overrides, string]>([
  [{ backend: { timeoutGracefulShutdown: 30 } }, "overrides.backend.timeoutGracefulShutdown: 30 given; at most 29 "],
  [
    { backend: { poolTimeoutSeconds: 1e15 } },
    "overrides.backend.poolTimeoutSeconds: 1000000000000000 given; at most 60 ",
  ],
  [{ backend: { healthTimeoutSeconds: 30 } }, "overrides.backend.healthTimeoutSeconds: 30 given; at most 5 seconds"],
  [
    { celery: { healthIntervalSeconds: 5 } },
    "overrides.celery.healthIntervalSeconds: with it celery.healthTimeoutSeconds is 30",
  ],
  [{ postgres: { workMemMiB: 8192 } }, "overrides.postgres.workMemMiB: 8192 given; at most 3072 MiB"],
  [
    { postgres: { maintenanceWorkMemMiB: 8192 } },
    "overrides.postgres.maintenanceWorkMemMiB: 8192 given; at most 6144 MiB",
  ],
  [{ postgres: { shmSizeMiB: 64 } }, "overrides.postgres.shmSizeMiB: 64 given; at least 128 MiB"],
  [{ redis: { cpuQuota: 0.01 } }, "overrides.redis.cpuQuota: 0.01 given; at least 0.1 threads"],
])("%j is refused", (overrides, beginning) => {
  expect(refusalOf({ overrides }).message).toContain(beginning);
});

it.each<[Overrides, string]>([
  [{ postgres: { workMemMiB: 1024 } }, "postgres.shm-for-parallel-query"],
  [{ postgres: { autovacuumWorkMemMiB: 3000 } }, "postgres.autovacuum-fits"],
  [{ redis: { maxMemoryMiB: 4000 } }, "redis.room-beside-data"],
  [{ celery: { maxMemoryPerChildKiB: 200_000 } }, "celery.memory-headroom"],
  [{ backend: { cpuQuota: 0.5 } }, "backend.small-quota"],
])("%j is pointed out", (overrides, id) => {
  const ids = (given: Overrides) => planWith({ overrides: given }).advisories.map((advisory) => advisory.id);
  expect(ids(overrides)).toContain(id);
  expect(ids({})).not.toContain(id);
});

it("a keep-alive below the load balancer's is pointed out behind one", () => {
  const overrides = { backend: { timeoutKeepAlive: 60 } };
  const ids = (behindLoadBalancer: boolean) =>
    planWith({ behindLoadBalancer, overrides }).advisories.map(({ id }) => id);
  expect(ids(true)).toContain("backend.keep-alive-behind-load-balancer");
  expect(ids(false)).not.toContain("backend.keep-alive-behind-load-balancer");
});

it("the page's 13 processes of 128 MiB in 1,664 stay, and are pointed out", () => {
  const { celery, advisories } = planWith({ tier: "extreme" });
  expect(celery.memoryLimitMiB).toBe(1664);
  expect(advisories.map(({ id }) => id)).toContain("celery.memory-headroom");
});

it("memory of a very large machine ends where more no longer helps", () => {
  const { postgres, redis } = planWith({ hardware: { threads: 512, memory: "24TiB" } });
  expect([postgres.sharedBuffersMiB, redis.maxMemoryMiB]).toEqual([65_536, 65_536]);
  expect(refusalOf({ hardware: { threads: 512, memory: "65TiB" } }).message).toContain("at most 65536GiB is allowed");
});
