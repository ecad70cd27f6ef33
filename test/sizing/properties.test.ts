import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describe as inWords,
  RULES,
  recompute,
  type SizingPlan,
  SizingRefusal,
  sizingPlan,
  TIERS,
} from "../../components/sizing";
import { anything, elsewhere, hardware, planOrRefusal, runs, TIMEOUT_MS } from "./generators";

/** Holds for every plan; a refusal has nothing to hold. */
const everyPlan = (claim: (plan: SizingPlan) => void, inputs = anything) =>
  fc.assert(
    fc.property(inputs, (given) => {
      const plan = planOrRefusal(given);
      if (!(plan instanceof SizingRefusal)) claim(plan);
    }),
    runs,
  );

describe("every plan, on any hardware", { timeout: TIMEOUT_MS }, () => {
  it("is a plan or a refusal, never another kind of throw, and equal inputs give equal plans", () => {
    fc.assert(
      fc.property(anything, (inputs) => {
        const [first, second] = [planOrRefusal(inputs), planOrRefusal(inputs)];
        expect(JSON.stringify(first)).toBe(JSON.stringify(second));
        if (first instanceof SizingRefusal) expect(first.message.length).toBeGreaterThan(20);
      }),
      runs,
    );
  });

  it("promises no more memory than each host has beside its reserve", () => {
    everyPlan(({ inputs, backend, celery, postgres, redis, system }) => {
      const app = backend.fleetMemoryReservationMiB + celery.replicas * celery.memoryReservationMiB;
      const data = (postgres?.memoryReservationMiB ?? 0) + (redis?.memoryReservationMiB ?? 0);
      if (inputs.topology === "single-host") {
        expect(app + data + system.reserveMiB).toBeLessThanOrEqual(inputs.hardware.memoryMiB);
      } else {
        expect(app + system.reserveMiB).toBeLessThanOrEqual(inputs.hardware.memoryMiB);
        if (postgres || redis) expect(data + system.dataReserveMiB).toBeLessThanOrEqual(inputs.dataHardware.memoryMiB);
      }
    });
  });

  it("never hands out more connections than PostgreSQL and Redis have", () => {
    everyPlan(({ inputs, rolloutFactor: f, backend, celery, postgres, redis, external }) => {
      const { appHosts } = inputs;
      const { workers, poolSize, maxOverflow, redisMaxConnectionsPerWorker } = backend;
      const children = celery.replicas * celery.concurrency;
      expect(poolSize + maxOverflow).toBeGreaterThanOrEqual(2);
      expect(appHosts * f * (workers * (poolSize + maxOverflow) + 2 * children)).toBeLessThanOrEqual(
        (postgres?.maxConnections ?? external?.postgresConnections ?? 0) - 13,
      );
      const ofCelery = appHosts * celery.replicas * (10 + 2 * celery.concurrency);
      expect(10 * (appHosts * f * workers * redisMaxConnectionsPerWorker + ofCelery)).toBeLessThanOrEqual(
        8 * (redis?.maxClients ?? external?.redisConnections ?? 0),
      );
      expect(redisMaxConnectionsPerWorker).toBeGreaterThanOrEqual(2);
      // A deploy runs both copies of Celery too.
      expect(f * (appHosts * workers * redisMaxConnectionsPerWorker + ofCelery)).toBeLessThanOrEqual(
        redis?.maxClients ?? external?.redisConnections ?? 0,
      );
    });
  });

  it("gives every container the memory its processes need", () => {
    everyPlan(({ inputs, backend, celery, postgres, redis }) => {
      expect(10 * backend.workersPerInstance * inputs.workerMemoryMiB).toBeLessThanOrEqual(9 * backend.memoryLimitMiB);
      expect((celery.concurrency + 1) * inputs.childMemoryMiB).toBeLessThanOrEqual(celery.memoryLimitMiB);
      if (redis) expect(redis.maxMemoryMiB).toBeLessThan(redis.memoryLimitMiB);
      if (!postgres) return;
      expect(5 * postgres.sharedBuffersMiB).toBeLessThanOrEqual(2 * postgres.memoryLimitMiB);
      expect(postgres.shmSizeMiB).toBeLessThanOrEqual(postgres.memoryLimitMiB);
    });
  });

  it("nests PostgreSQL's parallel settings, and opens enough files for every server", () => {
    everyPlan(({ backend, postgres, redis }) => {
      expect(backend.nofile).toBeGreaterThan(backend.limitConcurrency + backend.poolSize + backend.maxOverflow);
      if (redis) expect(redis.nofile).toBeGreaterThanOrEqual(redis.maxClients + 32);
      if (!postgres) return;
      expect(postgres.maxParallelWorkersPerGather).toBeLessThanOrEqual(postgres.maxParallelWorkers);
      expect(postgres.maxParallelMaintenanceWorkers).toBeLessThanOrEqual(postgres.maxParallelWorkers);
      expect(postgres.maxParallelWorkers).toBeLessThanOrEqual(postgres.maxWorkerProcesses);
      expect(postgres.minWalSizeMiB).toBeLessThanOrEqual(postgres.maxWalSizeMiB);
      expect(postgres.nofile).toBeGreaterThanOrEqual(postgres.maxConnections + 1000);
    });
  });

  it("keeps CPU within the engine's limits, and all limits within the host with oversubscribe: false", () => {
    everyPlan(({ inputs, backend, celery, postgres, redis, totals }) => {
      for (const service of [backend, celery, postgres, redis]) {
        if (!service) continue;
        expect(service.cpuShares).toBeGreaterThanOrEqual(2);
        expect(service.cpuQuota).toBeGreaterThan(0);
      }
      if (inputs.oversubscribe) return;
      const [app, data] = [inputs.hardware, inputs.dataHardware];
      const onApp = {
        cpu: backend.fleetCpuLimit + celery.fleetCpuLimit,
        memory: backend.fleetMemoryLimitMiB + celery.fleetMemoryLimitMiB,
      };
      const onData = {
        cpu: (postgres?.cpuLimit ?? 0) + (redis?.cpuLimit ?? 0),
        memory: (postgres?.memoryLimitMiB ?? 0) + (redis?.memoryLimitMiB ?? 0),
      };
      if (inputs.topology === "single-host") {
        expect(totals.cpuLimit).toBeLessThanOrEqual(app.threads);
        expect(totals.memoryLimitMiB).toBeLessThanOrEqual(app.memoryMiB + 1);
      } else {
        expect(onApp.cpu).toBeLessThanOrEqual(app.threads + 1e-9);
        expect(onData.cpu).toBeLessThanOrEqual(data.threads + 1e-9);
        expect(onApp.memory).toBeLessThanOrEqual(app.memoryMiB + 1);
        expect(onData.memory).toBeLessThanOrEqual(data.memoryMiB);
      }
    });
  });

  it("gives everybody else the same where a server elsewhere has the connections of the container it replaces", () => {
    fc.assert(
      fc.property(anything, ({ overrides, externalPostgresConnections, externalRedisConnections, ...inputs }) => {
        const here = planOrRefusal(inputs);
        if (here instanceof SizingRefusal || !here.postgres || !here.redis) return;
        const { backend, celery, capacity, connections, postgres, redis } = here;
        for (const elsewhere of [
          { externalPostgresConnections: postgres.maxConnections },
          { externalRedisConnections: redis.maxClients },
          { externalPostgresConnections: postgres.maxConnections, externalRedisConnections: redis.maxClients },
        ]) {
          const there = sizingPlan({ ...inputs, ...elsewhere });
          expect(there).toMatchObject({ backend, celery, capacity, connections });
          expect(there.postgres ?? postgres).toEqual(postgres);
          expect(there.redis ?? redis).toEqual(redis);
        }
      }),
      runs,
    );
  });

  it("explains every number, and each explanation recomputes to it", () => {
    everyPlan((plan) => {
      for (const section of Object.keys(RULES) as (keyof typeof RULES)[]) {
        for (const [field, value] of Object.entries(plan[section] ?? {})) {
          const explanation = plan.explanations[section][field];
          if (explanation === undefined) throw new Error(`${section}.${field} has no explanation`);
          expect(explanation.value).toBe(value);
          const again = recompute(section, field, explanation);
          expect(explanation.origin === "override" ? explanation.replaced : value).toBe(again);
          expect(inWords(explanation)).not.toMatch(/undefined|NaN/);
        }
      }
    });
  });
});

/** What must not fall when a machine or a tier grows. */
const sizes = ({ inputs, rolloutFactor, connections, backend, celery, postgres, capacity }: SizingPlan) => ({
  workers: backend.workers,
  simultaneousTasks: celery.simultaneousTasks,
  maxConnections: postgres?.maxConnections ?? 0,
  connectionsCarried: inputs.appHosts * rolloutFactor * connections.cap,
  sharedBuffersMiB: postgres?.sharedBuffersMiB ?? 0,
  concurrentConnections: capacity.concurrentConnections,
});

/** Parameters that rules read, as `postgres.parameters` passes them on. */
const passedOn = fc.record(
  {
    superuserReservedConnections: fc.integer({ min: 0, max: 7 }),
    hashMemMultiplier: fc.constantFrom(1, 2, 4.5),
    autovacuumMaxWorkers: fc.integer({ min: 1, max: 16 }),
    maxWalSenders: fc.integer({ min: 0, max: 20 }),
  },
  { requiredKeys: [] },
);

const grown = fc.record({
  inputs: fc.record({
    app: hardware,
    data: hardware,
    tier: fc.integer({ min: 0, max: 3 }),
    topology: fc.constantFrom("single-host" as const, "app-and-data" as const),
    oversubscribe: fc.boolean(),
    dataReservation: fc.constantFrom("half" as const, "full" as const),
    // With `hostReserve: registered` a second copy needs its reservation free, and reservations grow with the machine.
    placed: fc.constantFrom(
      { rollout: "gapless" } as const,
      { rollout: "recreate" } as const,
      { rollout: "recreate", hostReserve: "registered" } as const,
    ),
    appHosts: fc.constantFrom(1, 2, 5),
    passedOn,
    ...elsewhere,
  }),
  app: fc.record({
    threads: fc.constantFrom(0, 0, 1, 2, 64),
    memoryMiB: fc.constantFrom(0, 0, 1, 7, 256, 4096, 100_000),
  }),
  data: fc.record({ threads: fc.constantFrom(0, 0, 1, 64), memoryMiB: fc.constantFrom(0, 0, 1, 256, 100_000) }),
  tier: fc.constantFrom(0, 0, 1, 3),
});

type Machine = { readonly threads: number; readonly memoryMiB: number };
const sum = (a: Machine, b: Machine): Machine => ({
  threads: a.threads + b.threads,
  memoryMiB: a.memoryMiB + b.memoryMiB,
});
const given = ({ threads, memoryMiB }: Machine) => ({ threads, memory: `${memoryMiB}MiB` as const });

describe("a larger machine or a higher tier", { timeout: TIMEOUT_MS }, () => {
  it("never lowers workers, tasks, connections, shared_buffers or capacity, nor turns a plan into a refusal", () => {
    fc.assert(
      fc.property(grown, ({ inputs: { app, data, tier, placed, passedOn, ...inputs }, ...more }) => {
        const plan = (ofApp: Machine, ofData: Machine, k: number) =>
          planOrRefusal({
            ...inputs,
            ...placed,
            hardware: given(ofApp),
            dataHardware: given(ofData),
            tier: TIERS[Math.min(3, k)] ?? "extreme",
            ...(inputs.externalPostgresConnections === undefined ? { overrides: { postgres: passedOn } } : {}),
          });
        const small = plan(app, data, tier);
        if (small instanceof SizingRefusal) return;
        const before = sizes(small);
        for (const large of [plan(sum(app, more.app), sum(data, more.data), tier), plan(app, data, tier + more.tier)]) {
          if (large instanceof SizingRefusal) throw large;
          for (const [name, value] of Object.entries(sizes(large))) {
            expect(value, name).toBeGreaterThanOrEqual(before[name as keyof typeof before]);
          }
        }
      }),
      runs,
    );
  });

  it("may have fewer threads for synchronous database work, and says why", () => {
    const threads = (tier: "low" | "high") => {
      const { backend, explanations } = sizingPlan({ hardware: { threads: 96, memory: "768GiB" }, tier });
      const explanation = explanations.backend.threadLimit;
      expect(explanation && inWords(explanation)).toMatch(
        /More workers share the same connections .* so that at a higher tier all threads for database work together may be fewer\./,
      );
      return backend.workers * (backend.poolSize + backend.maxOverflow);
    };
    expect([threads("low"), threads("high")]).toEqual([416, 192]);
  });

  it.each(["single-host", "app-and-data"] as const)("never lowers them at any single MiB: %s", (topology) => {
    const at = (mebibytes: number) =>
      sizes(
        sizingPlan({
          hardware: { threads: 80, memory: `${mebibytes}MiB` },
          tier: "low",
          topology,
          oversubscribe: false,
          rollout: "gapless",
        }),
      );
    let before = at(4096);
    for (let mebibytes = 4097; mebibytes <= 24_576; mebibytes++) {
      const now = at(mebibytes);
      for (const [name, value] of Object.entries(now)) {
        if (value < before[name as keyof typeof before])
          throw new Error(`${name} falls to ${value} at ${mebibytes} MiB`);
      }
      before = now;
    }
  });

  it.each([
    [1024, true],
    [1516, false],
  ] as const)("gets a plan from %i MiB on with oversubscribe: %s", (least, oversubscribe) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 512 }),
        fc.integer({ min: least, max: 4 * 1024 * 1024 }),
        fc.constantFrom(...TIERS),
        (threads, memory, tier) => {
          sizingPlan({ hardware: { threads, memory: `${memory}MiB` }, tier, oversubscribe });
        },
      ),
      runs,
    );
  });
});
