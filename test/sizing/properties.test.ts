import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describe as inWords,
  type Overrides,
  RULES,
  recompute,
  type SizingInputs,
  type SizingPlan,
  SizingRefusal,
  sizingPlan,
  TIERS,
} from "../../components/sizing";

/** `SIZING_RUNS=1000000` for a deep run, `SIZING_SEED` to repeat one. */
const RUNS = Number(process.env.SIZING_RUNS ?? 3000);
const seed = Number(process.env.SIZING_SEED ?? Date.now() % 2 ** 31);
const runs = { numRuns: RUNS, seed };
console.info(`properties of the plan: ${RUNS} runs each, SIZING_SEED=${seed}`);
const TIMEOUT_MS = Math.max(20_000, RUNS * 4);

/** 512 MiB to 4 TiB, as many small machines as large ones. */
const memoryMiB = fc.double({ min: 9, max: 22, noNaN: true }).map((exponent) => Math.floor(2 ** exponent));
const hardware = fc.record({ threads: fc.integer({ min: 1, max: 512 }), memoryMiB });

const overrides: fc.Arbitrary<Overrides> = fc.record(
  {
    backend: fc.record(
      {
        workers: fc.integer({ min: 1, max: 64 }),
        instances: fc.integer({ min: 1, max: 4 }),
        fleetMemoryLimitMiB: fc.integer({ min: 256, max: 65_536 }),
        fleetCpuLimit: fc.integer({ min: 1, max: 6400 }).map((hundredths) => hundredths / 100),
        fleetCpuReservation: fc.integer({ min: 0, max: 1600 }).map((hundredths) => hundredths / 100),
        poolSize: fc.integer({ min: 1, max: 40 }),
        maxOverflow: fc.integer({ min: 0, max: 40 }),
        redisMaxConnectionsPerWorker: fc.integer({ min: 1, max: 100 }),
      },
      { requiredKeys: [] },
    ),
    celery: fc.record(
      {
        replicas: fc.integer({ min: 1, max: 8 }),
        concurrency: fc.integer({ min: 1, max: 64 }),
        fleetMemoryLimitMiB: fc.integer({ min: 128, max: 16_384 }),
        memoryLimitMiB: fc.integer({ min: 128, max: 8192 }),
        fleetCpuLimit: fc.integer({ min: 1, max: 1600 }).map((hundredths) => hundredths / 100),
      },
      { requiredKeys: [] },
    ),
    postgres: fc.record(
      {
        maxConnections: fc.integer({ min: 10, max: 1100 }),
        sharedBuffersMiB: fc.integer({ min: 16, max: 8192 }),
        maxParallelWorkers: fc.integer({ min: 1, max: 32 }),
        maxParallelWorkersPerGather: fc.integer({ min: 0, max: 16 }),
        maxWorkerProcesses: fc.integer({ min: 1, max: 32 }),
        memoryLimitMiB: fc.integer({ min: 64, max: 32_768 }),
        cpuLimit: fc.integer({ min: 1, max: 1600 }).map((hundredths) => hundredths / 100),
      },
      { requiredKeys: [] },
    ),
    redis: fc.record(
      {
        maxMemoryMiB: fc.integer({ min: 16, max: 8192 }),
        maxClients: fc.integer({ min: 900, max: 11_000 }),
        memoryLimitMiB: fc.integer({ min: 64, max: 16_384 }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** Seldom, a server that runs elsewhere: with few connections as often as with many. */
const seldom = (connections: fc.Arbitrary<number>) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.oneof(fc.integer({ min: 20, max: 200 }), connections) },
  );
const elsewhere = {
  externalPostgresConnections: seldom(fc.integer({ min: 20, max: 10_000 })),
  externalRedisConnections: seldom(fc.integer({ min: 20, max: 1_000_000 })),
};

const anything: fc.Arbitrary<SizingInputs> = fc
  .record({
    ...elsewhere,
    app: hardware,
    data: hardware,
    tier: fc.constantFrom(...TIERS),
    topology: fc.constantFrom("single-host" as const, "app-and-data" as const),
    oversubscribe: fc.boolean(),
    dataReservation: fc.constantFrom("half" as const, "full" as const),
    hostReserve: fc.constantFrom("system" as const, "system" as const, "registered" as const),
    rollout: fc.constantFrom("auto" as const, "gapless" as const, "recreate" as const),
    appHosts: fc.constantFrom(1, 1, 2, 3, 10),
    share: fc.constantFrom(1, 1, 0.5),
    overrides: fc.option(overrides, { nil: undefined, freq: 3 }),
  })
  .map(({ app, data, overrides, ...inputs }) => ({
    ...inputs,
    hardware: { threads: app.threads, memory: `${app.memoryMiB}MiB` as const },
    dataHardware: { threads: data.threads, memory: `${data.memoryMiB}MiB` as const },
    ...(overrides === undefined ? {} : { overrides: ofThoseHere(overrides, inputs) }),
  }));

/** Numbers of a server that runs elsewhere cannot be overridden: `test/sizing/external.test.ts`. */
const ofThoseHere = ({ postgres, redis, ...others }: Overrides, inputs: Partial<SizingInputs>): Overrides => ({
  ...others,
  ...(inputs.externalPostgresConnections === undefined ? { postgres } : {}),
  ...(inputs.externalRedisConnections === undefined ? { redis } : {}),
});

function planOrRefusal(inputs: SizingInputs): SizingPlan | SizingRefusal {
  try {
    return sizingPlan(inputs);
  } catch (error) {
    if (error instanceof SizingRefusal) return error;
    throw error;
  }
}

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
const sizes = ({ backend, celery, postgres, capacity }: SizingPlan) => ({
  workers: backend.workers,
  simultaneousTasks: celery.simultaneousTasks,
  maxConnections: postgres?.maxConnections ?? 0,
  sharedBuffersMiB: postgres?.sharedBuffersMiB ?? 0,
  concurrentConnections: capacity.concurrentConnections,
});

const grown = fc.record({
  inputs: fc.record({
    threads: fc.integer({ min: 1, max: 512 }),
    memoryMiB,
    tier: fc.integer({ min: 0, max: 3 }),
    topology: fc.constantFrom("single-host" as const, "app-and-data" as const),
    oversubscribe: fc.boolean(),
    rollout: fc.constantFrom("gapless" as const, "recreate" as const),
    appHosts: fc.constantFrom(1, 2, 5),
    ...elsewhere,
  }),
  threads: fc.constantFrom(0, 0, 1, 2, 64),
  memoryMiB: fc.constantFrom(0, 0, 1, 7, 256, 4096, 100_000),
  tier: fc.constantFrom(0, 0, 1),
});

describe("a larger machine or a higher tier", { timeout: TIMEOUT_MS }, () => {
  it("never lowers workers, tasks, connections, shared_buffers or capacity, nor turns a plan into a refusal", () => {
    fc.assert(
      fc.property(grown, ({ inputs: { threads, memoryMiB, tier, ...inputs }, ...more }) => {
        const plan = (t: number, m: number, k: number) =>
          planOrRefusal({
            ...inputs,
            hardware: { threads: t, memory: `${m}MiB` },
            tier: TIERS[Math.min(3, k)] ?? "extreme",
          });
        const small = plan(threads, memoryMiB, tier);
        if (small instanceof SizingRefusal) return;
        const large = plan(threads + more.threads, memoryMiB + more.memoryMiB, tier);
        if (large instanceof SizingRefusal) throw large;
        for (const [name, value] of Object.entries(sizes(large))) {
          expect(value, name).toBeGreaterThanOrEqual(sizes(small)[name as keyof ReturnType<typeof sizes>]);
        }
        const busier = plan(threads, memoryMiB, tier + more.tier);
        if (busier instanceof SizingRefusal) throw busier;
        for (const [name, value] of Object.entries(sizes(busier))) {
          expect(value, name).toBeGreaterThanOrEqual(sizes(small)[name as keyof ReturnType<typeof sizes>]);
        }
      }),
      runs,
    );
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
