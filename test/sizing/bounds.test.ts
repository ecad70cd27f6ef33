import { describe, expect, it } from "vitest";
import { type SizingInputs, TIERS, type Tier } from "../../components/sizing";
import { planWith } from "./machines";

const machine = (threads: number, memoryMiB: number): Partial<SizingInputs> => ({
  hardware: { threads, memory: `${memoryMiB}MiB` },
});
/** A single host of four times this memory gives PostgreSQL exactly this much. */
const postgresOf = (memoryMiB: number) => planWith(machine(12, 4 * memoryMiB)).postgres;
/** A single host of eight times this memory gives Redis exactly this much. */
const redisOf = (memoryMiB: number, threads = 12) => planWith(machine(threads, 8 * memoryMiB)).redis;

describe("the tier's workers", () => {
  it.each<[Tier, number, number]>([
    ["low", 1, 1],
    ["low", 2, 1],
    ["low", 4, 1],
    ["low", 5, 2],
    ["medium", 1, 1],
    ["medium", 2, 1],
    ["medium", 4, 3],
    ["high", 1, 1],
    ["high", 7, 7],
    ["extreme", 7, 7],
  ])("at tier %s on %i threads are %i", (tier, threads, workers) => {
    expect(planWith({ ...machine(threads, 32_768), tier }).system.tierWorkers).toBe(workers);
  });
});

describe("what the system keeps", () => {
  it.each([
    [8192, true, 256],
    [8533, true, 256],
    [8567, true, 257],
    [16_384, false, 512],
    [17_067, false, 512],
    [17_100, false, 513],
  ])("of %i MiB with oversubscribe: %s is %i MiB", (memoryMiB, oversubscribe, reserveMiB) => {
    expect(planWith({ ...machine(4, memoryMiB), oversubscribe }).system.reserveMiB).toBe(reserveMiB);
  });

  it("is nothing where the scheduler took its own, but room for a migration task stays", () => {
    const { system, inputs } = planWith({ ...machine(4, 8192), hostReserve: "registered", dataReservation: "full" });
    expect([system.reserveMiB, inputs.hardware.memoryMiB]).toEqual([0, 7936]);
  });
});

describe("backend workers", () => {
  it.each([
    [1535, 12],
    [1536, 12],
    [1537, 11],
    [9216, 2],
    [9217, 1],
    [18_432, 1],
  ])("of %i MiB in 0.9 of 20,480 MiB are %i", (workerMemoryMiB, workers) => {
    expect(planWith({ workerMemoryMiB }).backend.workers).toBe(workers);
  });

  it.each([
    [20, 1],
    [36, 5],
    [37, 6],
    [61, 12],
    [500, 12],
  ])("with max_connections %i are %i, four connections for each worker and child", (maxConnections, workers) => {
    expect(planWith({ overrides: { postgres: { maxConnections } } }).backend.workers).toBe(workers);
  });

  it("become one more where two containers need equally many", () => {
    const { backend } = planWith({ ...machine(7, 32_768), tier: "extreme" });
    expect([backend.instances, backend.workersPerInstance, backend.workers]).toEqual([2, 4, 8]);
  });

  it("stay in one container where two equal ones do not fit", () => {
    const { backend, advisories } = planWith({ tier: "extreme", overrides: { postgres: { maxConnections: 33 } } });
    expect([backend.instances, backend.workers]).toEqual([1, 5]);
    expect(advisories.map(({ id }) => id)).toContain("bounded.backend.instances");
  });

  it("get at least the memory they need", () => {
    const { backend } = planWith({ ...machine(64, 2048), tier: "low" });
    expect(backend.memoryLimitMiB).toBe(Math.ceil((backend.workers * 160) / 0.9));
  });
});

describe("backend settings", () => {
  it.each<[Tier, number, number | undefined]>([
    ["low", 2048, undefined],
    ["medium", 4096, undefined],
    ["high", 8192, 8192],
    ["extreme", 8192, 8192],
  ])("at tier %s have backlog %i and somaxconn %s", (tier, backlog, somaxconn) => {
    const { backend } = planWith({ tier });
    expect([backend.backlog, backend.somaxconn]).toEqual([backlog, somaxconn]);
  });

  it("keep connections 5 seconds for clients, 75 behind a load balancer", () => {
    expect(planWith().backend.timeoutKeepAlive).toBe(5);
    expect(planWith({ behindLoadBalancer: true }).backend.timeoutKeepAlive).toBe(75);
  });

  it("give requests 5 seconds less than the container has", () => {
    expect(planWith({ backendStopGraceSeconds: 40 }).backend).toMatchObject({
      stopGraceSeconds: 40,
      timeoutGracefulShutdown: 35,
    });
  });

  it.each([
    [1434, 2048],
    [1449, 2048],
    [1450, 4096],
    [2000, 4096],
  ])("with limit-concurrency %i open %i files", (limitConcurrency, nofile) => {
    expect(planWith({ overrides: { backend: { limitConcurrency } } }).backend.nofile).toBe(nofile);
  });

  it("are the same for every machine where the rule is a constant", () => {
    expect(planWith().backend).toMatchObject({
      http: "httptools",
      timeoutWorkerHealthcheck: 30,
      wsPerMessageDeflate: false,
      wsMaxSizeBytes: 1_048_576,
      poolTimeoutSeconds: 5,
      healthIntervalSeconds: 5,
      healthTimeoutSeconds: 4,
    });
  });
});

describe("the Celery split", () => {
  it.each([
    [1024, 1, 1],
    [1536, 1, 2],
    [2048, 1, 3],
    [4096, 1, 7],
    [6144, 1, 11],
    [6655, 1, 11],
    [6656, 1, 12],
    [7168, 2, 6],
    [13_311, 2, 11],
    [13_312, 2, 12],
  ])("on 12 threads and %i MiB at tier high is %i replicas of %i", (memoryMiB, replicas, concurrency) => {
    const { celery } = planWith(machine(12, memoryMiB));
    expect([celery.replicas, celery.concurrency]).toEqual([replicas, concurrency]);
  });

  it("never makes a child's memory limit smaller than childMemory", () => {
    expect(planWith({ tier: "extreme" }).celery.maxMemoryPerChildKiB).toBe(128 * 1024);
  });

  it("outlives the longest task by ten seconds", () => {
    expect(planWith({ longestTaskSeconds: 300 }).celery.stopGraceSeconds).toBe(310);
  });

  it("has constants for health, prefetch, recycling and pools", () => {
    expect(planWith().celery).toMatchObject({
      healthIntervalSeconds: 60,
      healthTimeoutSeconds: 30,
      childPoolSize: 1,
      childMaxOverflow: 1,
    });
  });
});

describe("shared_buffers", () => {
  it.each([
    [256, 38],
    [511, 76],
    [512, 76],
    [513, 77],
    [768, 153],
    [1023, 255],
    [1024, 256],
    [1025, 256],
    [8192, 2048],
  ])("of a database with %i MiB is %i MiB", (memoryMiB, sharedBuffersMiB) => {
    expect(postgresOf(memoryMiB).sharedBuffersMiB).toBe(sharedBuffersMiB);
  });
});

describe("work_mem", () => {
  it.each([
    [2047, 4],
    [2560, 5],
    [32_767, 63],
    [32_768, 64],
    [40_000, 64],
  ])("of a database with %i MiB is %i MiB", (memoryMiB, workMemMiB) => {
    expect(postgresOf(memoryMiB).workMemMiB).toBe(workMemMiB);
  });
});

describe("maintenance_work_mem and autovacuum_work_mem", () => {
  it.each([
    [256, 16, 10],
    [32_752, 2047, 1364],
    [32_768, 2048, 1365],
    [65_536, 2048, 2048],
  ])("of a database with %i MiB are %i and %i MiB", (memoryMiB, maintenance, autovacuum) => {
    const { maintenanceWorkMemMiB, autovacuumWorkMemMiB } = postgresOf(memoryMiB);
    expect([maintenanceWorkMemMiB, autovacuumWorkMemMiB]).toEqual([maintenance, autovacuum]);
  });
});

describe("PostgreSQL's parallel workers", () => {
  it.each([
    [1, 8192, 1, 0, 0, 8],
    [4, 8192, 4, 2, 2, 8],
    [12, 767, 11, 5, 4, 11],
    [12, 768, 12, 6, 4, 12],
    [64, 8192, 64, 8, 4, 64],
  ])(
    "of %i threads and %i MiB are %i, %i per gather, %i for maintenance, %i processes",
    (threads, memoryMiB, workers, perGather, maintenance, processes) => {
      const { postgres } = planWith(machine(threads, 4 * memoryMiB));
      expect(postgres).toMatchObject({
        maxParallelWorkers: workers,
        maxParallelWorkersPerGather: perGather,
        maxParallelMaintenanceWorkers: maintenance,
        maxWorkerProcesses: processes,
      });
    },
  );
});

describe("max_connections", () => {
  it.each([
    [12, 8000, 500],
    [12, 7999, 499],
    [12, 8001, 500],
    [1, 8192, 42],
    [24, 16_384, 1000],
    [25, 17_000, 1000],
  ])("for %i workers on a database with %i MiB is %i", (threads, memoryMiB, maxConnections) => {
    expect(planWith(machine(threads, 4 * memoryMiB)).postgres.maxConnections).toBe(maxConnections);
  });

  it("is 20 at least", () => {
    expect(planWith(machine(1, 1024)).postgres.maxConnections).toBe(20);
  });
});

describe("the write-ahead log", () => {
  it.each<[Tier, number, number, number]>([
    ["low", 20, 1024, 256],
    ["medium", 20, 2048, 512],
    ["high", 19, 3891, 972],
    ["high", 20, 4096, 1024],
    ["extreme", 40, 8192, 2048],
    ["extreme", 39, 7987, 1996],
    ["high", 1, 204, 51],
  ])("at tier %s on %i GiB of disk is %i MiB at most and %i MiB at least", (tier, diskGiB, most, least) => {
    const { maxWalSizeMiB, minWalSizeMiB } = planWith({ tier, diskGiB }).postgres;
    expect([maxWalSizeMiB, minWalSizeMiB]).toEqual([most, least]);
  });

  it("keeps at least the two segments without which PostgreSQL does not start", () => {
    expect(planWith({ overrides: { postgres: { maxWalSizeMiB: 64 } } }).postgres.minWalSizeMiB).toBe(32);
  });
});

describe("/dev/shm", () => {
  it.each([
    [256, 128],
    [300, 128],
    [8192, 736],
    [1024, 112 + 16],
  ])("of a database with %i MiB is %i MiB", (memoryMiB, shmSizeMiB) => {
    expect(postgresOf(memoryMiB).shmSizeMiB).toBe(Math.max(128, shmSizeMiB));
  });

  it("is at most half of the memory", () => {
    expect(planWith({ ...machine(12, 2400), overrides: { postgres: { workMemMiB: 64 } } }).postgres.shmSizeMiB).toBe(
      300,
    );
  });
});

describe("PostgreSQL's other settings", () => {
  it("open max_connections + 1000 files, as a power of two", () => {
    expect(postgresOf(8192).nofile).toBe(2048);
    expect(planWith({ overrides: { postgres: { maxConnections: 24 } } }).postgres.nofile).toBe(1024);
    expect(planWith({ overrides: { postgres: { maxConnections: 25 } } }).postgres.nofile).toBe(2048);
  });

  it.each([
    [17, undefined],
    [18, "worker"],
  ])("on version %i name io_method %s", (postgresMajor, ioMethod) => {
    expect(planWith({ postgresMajor }).postgres.ioMethod).toBe(ioMethod);
  });

  it("are the same for every machine where the rule is a constant", () => {
    expect(postgresOf(8192)).toMatchObject({
      walCompression: true,
      checkpointCompletionTarget: 0.9,
      randomPageCost: 1.1,
      jit: false,
      hugePages: "off",
      stopGraceSeconds: 60,
      healthIntervalSeconds: 5,
      healthTimeoutSeconds: 3,
    });
  });
});

describe("Redis", () => {
  it.each([
    [128, 64, 1000],
    [200, 136, 1000],
    [255, 191, 1000],
    [256, 192, 1000],
    [257, 192, 1000],
    [400, 300, 1000],
    [402, 301, 1005],
    [4000, 3000, 10_000],
    [4096, 3072, 10_000],
  ])("with %i MiB keeps %i MiB of data and takes %i clients", (memoryMiB, maxMemoryMiB, maxClients) => {
    expect(redisOf(memoryMiB)).toMatchObject({ maxMemoryMiB, maxClients, nofile: maxClients + 128 });
  });

  it.each([
    [6, 1],
    [11, 1],
    [12, 4],
    [15, 5],
    [24, 8],
    [48, 8],
  ])("on %i threads has %i I/O threads", (threads, ioThreads) => {
    expect(redisOf(4096, threads).ioThreads).toBe(ioThreads);
  });

  it.each([
    [7, true],
    [8, undefined],
  ])("of version %i has io-threads-do-reads %s", (redisMajor, reads) => {
    expect(planWith({ redisMajor }).redis.ioThreadsDoReads).toBe(reads);
  });

  it("always offers its rewrite child to the kernel first, and evicts no queue", () => {
    expect(redisOf(4096)).toMatchObject({
      oomScoreAdj: true,
      maxMemoryPolicy: "volatile-lru",
      stopGraceSeconds: 30,
      healthIntervalSeconds: 5,
      healthTimeoutSeconds: 3,
    });
  });
});

describe("connections", () => {
  it("are shared out so that the sum never exceeds max_connections less 13", () => {
    const { connections } = planWith();
    expect(connections).toMatchObject({ rolloutFactor: 1, usable: 487, cap: 121, perWorker: 36, redisPerWorker: 661 });
  });

  it.each([
    ["gapless", 2],
    ["recreate", 1],
    ["auto", 2],
  ] as const)("with rollout %s count %i copies", (rollout, copies) => {
    expect(planWith({ rollout }).rolloutFactor).toBe(copies);
  });

  it("bound workers and children together", () => {
    const { backend, celery } = planWith({ ...machine(64, 65_536), overrides: { postgres: { maxConnections: 61 } } });
    expect([backend.workers, celery.simultaneousTasks]).toEqual([12, 12]);
  });
});

describe("the load balancer", () => {
  it.each([
    [1024, 462, 1024],
    [16_384, 8142, 16_384],
    [48_099, 23_999, 48_098],
    [48_100, 24_000, 48_100],
    [1_000_000, 24_000, 48_100],
  ])("of a host that grants %i files takes %i connections with %i files", (hostNofile, maxConnections, nofile) => {
    const { loadBalancer } = planWith({ hostNofile });
    expect(loadBalancer).toMatchObject({
      maxConnections,
      nofile,
      memoryLimitMiB: 64 + Math.ceil((34 * maxConnections) / 1024),
      cpuShares: 512,
    });
  });

  it.each([
    [1, "1GiB", 1 * 2000],
    [1, "8GiB", 2 * 2000],
    [2, "4GiB", 2 * 2000],
    [3, "16GiB", 4 * 2000],
    [12, "2GiB", 2 * 2000],
    [12, "32GiB", 12 * 2000],
    [64, "256GiB", 50_000],
  ] as const)(
    "of %i threads and %s takes what backends carry there at extreme, at every tier: %i",
    (threads, memory, most) => {
      for (const tier of TIERS) {
        const plan = planWith({ hardware: { threads, memory }, tier, rollout: "auto", hostNofile: 1_048_576 });
        expect(plan.loadBalancer.maxConnections).toBe(most);
        expect(plan.backend.concurrentConnections).toBeLessThanOrEqual(Math.max(most, 64 * 2000));
      }
    },
  );

  it("takes what overridden workers carry, too", () => {
    const overrides = { backend: { workers: 16 } };
    expect(planWith({ tier: "low", hostNofile: 1_048_576, overrides }).loadBalancer.maxConnections).toBe(32_000);
  });

  it("with the files most hosts grant carries what the hand-written page does at high", () => {
    const inputs = { behindLoadBalancer: true, rollout: "gapless" } as const;
    expect(planWith({ ...inputs, hostNofile: 1_048_576 }).capacity.concurrentConnections).toBe(24_000);
    expect(planWith({ ...inputs, hostNofile: 16_384 }).capacity.concurrentConnections).toBe(8142);
  });
});
