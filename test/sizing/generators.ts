import fc from "fast-check";
import {
  type Overrides,
  type SizingInputs,
  type SizingPlan,
  SizingRefusal,
  sizingPlan,
  TIERS,
} from "../../components/sizing";

/** `SIZING_RUNS=1000000` for a deep run, `SIZING_SEED` to repeat one. */
export const RUNS = Number(process.env.SIZING_RUNS ?? 3000);
const seed = Number(process.env.SIZING_SEED ?? Date.now() % 2 ** 31);
export const runs = { numRuns: RUNS, seed };
console.info(`properties of the plan: ${RUNS} runs each, SIZING_SEED=${seed}`);
export const TIMEOUT_MS = Math.max(300_000, RUNS * 20);

/** 512 MiB to 4 TiB, as many small machines as large ones. */
export const memoryMiB = fc.double({ min: 9, max: 22, noNaN: true }).map((exponent) => Math.floor(2 ** exponent));
export const hardware = fc.record({ threads: fc.integer({ min: 1, max: 512 }), memoryMiB });

export const overrides: fc.Arbitrary<Overrides> = fc.record(
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
export const elsewhere = {
  externalPostgresConnections: seldom(fc.integer({ min: 20, max: 10_000 })),
  externalRedisConnections: seldom(fc.integer({ min: 20, max: 1_000_000 })),
};

export const anything: fc.Arbitrary<SizingInputs> = fc
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

export function planOrRefusal(inputs: SizingInputs): SizingPlan | SizingRefusal {
  try {
    return sizingPlan(inputs);
  } catch (error) {
    if (error instanceof SizingRefusal) return error;
    throw error;
  }
}
