import { describe, expect, it } from "vitest";
import { type SizingInputs, sizingPlan, tasksPerMinute } from "../../components/sizing";
import { planHere, planWith } from "./machines";

const HOSTS = {
  topology: "app-and-data",
  hardware: { threads: 8, memory: "16GiB" },
  dataHardware: { threads: 6, memory: "12GiB" },
  tier: "high",
  rollout: "recreate",
  appHosts: 3,
} as const satisfies SizingInputs;

describe("app-and-data", () => {
  const plan = planHere(HOSTS);

  it("divides the data host's memory less its reserve, 2/3 and 1/3, all of it promised", () => {
    const memoryMiB = 12_288 - 368;
    expect(plan.system.dataReserveMiB).toBe(368);
    expect([plan.postgres.memoryLimitMiB, plan.redis.memoryLimitMiB]).toEqual([
      Math.floor((2 * memoryMiB) / 3),
      Math.floor(memoryMiB / 3),
    ]);
    expect(plan.postgres.memoryReservationMiB).toBe(plan.postgres.memoryLimitMiB);
    expect(plan.redis.memoryReservationMiB).toBe(plan.redis.memoryLimitMiB);
  });

  it("divides the data host's threads 2/3 and 1/3, all of them promised", () => {
    expect(plan.postgres).toMatchObject({ cpuLimit: 4, cpuReservation: 4, maxParallelWorkers: 6, cpuShares: 4096 });
    expect(plan.redis).toMatchObject({ cpuLimit: 2, cpuReservation: 2, ioThreads: 2 });
  });

  it("gives the backend 5/6 of an app host and Celery 1/6", () => {
    expect(plan.backend).toMatchObject({ memoryCeilingMiB: 13_653, fleetMemoryLimitMiB: 13_653, fleetCpuLimit: 6.66 });
    expect(plan.celery).toMatchObject({ memoryCeilingMiB: 5461, fleetMemoryLimitMiB: 2730, fleetCpuLimit: 1.33 });
  });

  it("counts the connections of all app hosts", () => {
    expect(plan.postgres.maxConnections).toBe(496);
    expect(plan.connections).toMatchObject({ usable: 483, cap: 40, perWorker: Math.floor((483 - 2 * 3 * 16) / 24) });
  });

  it("estimates the capacity of all app hosts, within the load balancer", () => {
    expect(plan.capacity).toMatchObject({ concurrentConnections: 8142, simultaneousTasks: 48, reservedTasks: 192 });
    expect(sizingPlan({ ...HOSTS, hostReserve: "registered" }).capacity.concurrentConnections).toBe(48_000);
  });

  it("takes an app host's hardware for the data host where none is given", () => {
    const { dataHardware: _, ...inputs } = HOSTS;
    expect(sizingPlan(inputs).inputs.dataHardware).toEqual({ threads: 8, memoryMiB: 16_384 });
  });

  it("splits an app host exactly with oversubscribe: false", () => {
    const { backend, celery } = sizingPlan({ ...HOSTS, oversubscribe: false });
    const available = 16_384 - 512;
    expect(backend.memoryCeilingMiB).toBe(Math.floor((2 * available) / 3));
    expect(celery.memoryCeilingMiB).toBe(available - backend.memoryCeilingMiB);
  });
});

describe("a single host", () => {
  it("ignores app hosts and data hardware", () => {
    expect(sizingPlan({ ...HOSTS, topology: "single-host" })).toEqual(
      sizingPlan({ ...HOSTS, topology: "single-host", appHosts: 1, dataHardware: HOSTS.hardware }),
    );
  });

  it("takes its share of threads and memory, at least one thread", () => {
    expect(planWith({ share: 0.5 }).inputs.hardware).toEqual({ threads: 6, memoryMiB: 16_384 });
    expect(planWith({ hardware: { threads: 1, memory: "32GiB" }, share: 0.1 }).inputs.hardware.threads).toBe(1);
  });
});

describe("oversubscribe: false", () => {
  const plan = planWith({ oversubscribe: false });

  it("shrinks all CPU limits alike, last of all", () => {
    expect(plan.totals.cpuLimit).toBeLessThanOrEqual(12);
    expect([
      plan.backend.fleetCpuLimit,
      plan.postgres.cpuLimit,
      plan.redis.cpuLimit,
      plan.celery.fleetCpuLimit,
    ]).toEqual([6.66, 2.66, 1.33, 1.33]);
    expect(plan.system.cpuScale).toBeCloseTo(2 / 3, 10);
  });

  it("feeds nothing else: reservations, I/O threads and memory follow the limits by rule", () => {
    expect(plan.backend.fleetCpuReservation).toBe(6);
    expect(plan.redis.ioThreads).toBe(4);
    expect(plan.backend.cpuShares).toBe(6144);
  });

  it("leaves quotas at 2 threads at least", () => {
    expect([plan.backend.cpuQuota, plan.postgres.cpuQuota, plan.redis.cpuQuota]).toEqual([6.66, 2.66, 2]);
  });

  it("divides what the reserve and the data services leave, rounded once", () => {
    const available = Math.floor(32_768 * (1 - 0.03 - 3 / 8));
    expect(plan.backend.memoryCeilingMiB).toBe(Math.floor((2 * available) / 3));
    expect(plan.celery.memoryCeilingMiB).toBe(available - Math.floor((2 * available) / 3));
    expect(plan.totals.memoryLimitMiB).toBeLessThanOrEqual(32_768 - 983);
  });

  it("never leaves the application less on a machine with 1 MiB more", () => {
    const available = [9351, 9352].map((memoryMiB) => {
      const hardware = { threads: 19, memory: `${memoryMiB}MiB` } as const;
      const { backend, celery } = planWith({ hardware, oversubscribe: false });
      return backend.memoryCeilingMiB + celery.memoryCeilingMiB;
    });
    expect(available).toEqual([5332, 5333]);
  });

  it("keeps overridden CPU limits and shrinks the others", () => {
    const { redis, totals } = planWith({ oversubscribe: false, overrides: { redis: { cpuLimit: 3 } } });
    expect(redis.cpuLimit).toBe(3);
    expect(totals.cpuLimit).toBeLessThanOrEqual(12);
  });
});

describe("cpuEnforcement: weight", () => {
  it("sets shares and no quota", () => {
    const { backend } = planWith({ cpuEnforcement: "weight" });
    expect([backend.cpuQuota, backend.cpuShares]).toEqual([undefined, 6144]);
  });
});

describe("the rollout", () => {
  it("falls back to one copy where connections lack for two", () => {
    const plan = planWith({ hardware: { threads: 1, memory: "1GiB" }, rollout: "auto" });
    expect(plan.rolloutFactor).toBe(1);
    expect(plan.advisories.find(({ id }) => id === "rollout.recreate")?.sentence).toBe(
      "A deploy stops the old backend and Celery before the new ones run, because two copies side by side do not fit: " +
        "postgres: one worker and one Celery child on each of 1 app hosts, old and new side by side, need 8 connections; " +
        "7 of max_connections 20 are theirs to use, 1 too few. " +
        "More memory for PostgreSQL, which lets it take more connections, makes it gapless.",
    );
  });

  it("falls back on a host that schedules by reservation where no second copy's is free", () => {
    const ec2 = { hostReserve: "registered", dataReservation: "full", rollout: "auto" } as const;
    expect(planWith({ ...ec2, tier: "high" }).rolloutFactor).toBe(2);
    const large = planWith({ ...ec2, tier: "high", workerMemoryMiB: 4000 });
    expect([large.rolloutFactor, large.backend.workers]).toEqual([1, 1]);
    expect(large.advisories.find(({ id }) => id === "rollout.recreate")?.sentence).toBe(
      "A deploy stops the old backend and Celery before the new ones run, because two copies side by side do not fit: " +
        "backend: one worker of 4000 MiB needs 4445 MiB of the host in each of two copies; there are 4064 MiB for each, " +
        "381 MiB too little. More memory on the machine makes it gapless, or less for each process.",
    );
    expect(planWith({ ...ec2, workerMemoryMiB: 4000, rollout: "recreate" }).backend.workers).toBe(2);
    expect(planWith({ ...ec2, workerMemoryMiB: 4000, hostReserve: "system" }).rolloutFactor).toBe(2);
  });

  it("has room for beat and a migration beside both copies there", () => {
    const hardware = { threads: 2, memory: "2432MiB" } as const;
    const ec2 = { hardware, tier: "low", hostReserve: "registered", dataReservation: "full", rollout: "auto" } as const;
    const { rolloutFactor, backend, celery, postgres, redis } = planWith({ ...ec2, beat: true });
    expect(rolloutFactor).toBe(2);
    const copies = 2 * (backend.fleetMemoryReservationMiB + celery.replicas * celery.memoryReservationMiB);
    const reserved = copies + postgres.memoryReservationMiB + redis.memoryReservationMiB;
    expect(2432 - reserved).toBeGreaterThanOrEqual(256 + 128);
  });

  it("without room for two copies empties one app host after another where there are several", () => {
    const ec2 = { topology: "app-and-data", appHosts: 3, hostReserve: "registered", rollout: "auto" } as const;
    const { advisories } = planWith({ ...ec2, tier: "high", workerMemoryMiB: 8000 });
    const { sentence } = advisories.find(({ id }) => id === "rollout.recreate") ?? {};
    expect(sentence).toMatch(
      /^A deploy empties one app host after another, because two copies side by side do not fit/,
    );
    expect(sentence).toMatch(/The others carry the load meanwhile; a single one stands still\. /);
  });
});

describe("capacity and totals", () => {
  it("are the hand-written page's where no load balancer bounds them", () => {
    expect(planWith().capacity).toEqual({
      concurrentConnections: 24_000,
      simultaneousTasks: 24,
      reservedTasks: 96,
      tasksPerMinute: 1440,
      usersAtLeast: 48_000,
      usersAtMost: 96_000,
    });
  });

  it("estimate tasks per minute for any task length", () => {
    expect(tasksPerMinute({ simultaneousTasks: 24 }, 7)).toBe(205);
  });

  it("add load balancer and beat to the four services", () => {
    const { totals, beat } = planWith({ behindLoadBalancer: true, beat: true });
    expect([totals.memoryLimitMiB, totals.grandMemoryLimitMiB]).toEqual([36_864, 36_864 + 335 + 128]);
    expect(beat).toEqual({ memoryLimitMiB: 128, cpuShares: 128 });
    expect(planWith().totals.grandMemoryLimitMiB).toBe(36_864);
    expect(planWith().beat).toBeUndefined();
  });
});
