import { describe, expect, it } from "vitest";
import type { SizingInputs } from "../../components/sizing";
import { planWith } from "./machines";

const ids = (inputs: Partial<SizingInputs> = {}) => planWith(inputs).advisories.map(({ id }) => id);
const find = (id: string, inputs: Partial<SizingInputs> = {}) =>
  planWith(inputs).advisories.find((each) => each.id === id);
const QUIET = {
  oversubscribe: false,
  longestTaskSeconds: 60,
  longestDelaySeconds: 60,
  overrides: { postgres: { workMemMiB: 4, maxParallelWorkersPerGather: 2 }, redis: { ioThreads: 1 } },
} as const;

describe("advisories of the reference machine", () => {
  it("are these, in this order", () => {
    expect(planWith().advisories.map(({ id, severity, service }) => [id, severity, service])).toEqual([
      ["oversubscribed.cpu", "info", "totals"],
      ["oversubscribed.memory", "warning", "totals"],
      ["celery.processes-per-cpu", "info", "celery"],
      ["celery.no-time-limit", "info", "celery"],
      ["celery.no-delay", "info", "celery"],
      ["postgres.gather-above-cpu", "info", "postgres"],
      ["redis.io-threads-above-cpu", "info", "redis"],
      ["postgres.work-mem-worst-case", "warning", "postgres"],
      ["redis.broker-and-cache", "info", "redis"],
    ]);
  });

  it.each([
    ["oversubscribed.cpu", "CPU limits sum to 18 of 12 threads: "],
    ["oversubscribed.memory", "Memory limits sum to 36 GiB of 32 GiB, 983 MiB of it kept for the system: "],
    ["celery.processes-per-cpu", "24 Celery processes share a CPU limit of 2 threads: "],
    ["postgres.gather-above-cpu", "One query may start 6 parallel workers on a CPU limit of 4 threads. "],
    ["redis.io-threads-above-cpu", "Redis runs 4 I/O threads on a CPU limit of 2 threads; "],
    [
      "postgres.work-mem-worst-case",
      "500 connections that each hash with work_mem 16 MiB x hash_mem_multiplier 2 need 15.63 GiB; PostgreSQL may use 8 GiB. ",
    ],
  ])("%s names the number", (id, beginning) => {
    expect(find(id)?.sentence.startsWith(beginning)).toBe(true);
  });
});

describe("an advisory", () => {
  it("is not given where nothing is risky but the shared Redis and many tasks", () => {
    expect(ids(QUIET).filter((id) => !id.startsWith("bounded."))).toEqual([
      "celery.processes-per-cpu",
      "redis.broker-and-cache",
    ]);
  });

  it("says what an unset longest task and delay lead to, and is silent where they are set", () => {
    expect(find("celery.no-time-limit")?.sentence).toMatch(
      /^No longest task is set: .* 60 seconds are assumed\. A task that takes longer than 70 is cut by a deploy/,
    );
    expect(find("celery.no-delay")?.sentence).toContain("a second worker after 310 ");
    expect(ids({ longestTaskSeconds: 60, longestDelaySeconds: 1 })).not.toContain("celery.no-time-limit");
    expect(ids({ longestTaskSeconds: 60, longestDelaySeconds: 1 })).not.toContain("celery.no-delay");
  });

  it("names what a bound cut, by what, and the remedy", () => {
    expect(find("bounded.backend.workers", { workerMemoryMiB: 2560 })).toEqual({
      id: "bounded.backend.workers",
      severity: "warning",
      service: "backend",
      sentence:
        "backend.workers: asked 12 processes, bounded to 7 processes by memory " +
        "(the memory the backend may use, 0.9 of it in units of workerMemory). A machine with more memory lifts it.",
    });
  });

  it("of a bound that takes no worker away is for information", () => {
    expect(find("bounded.postgres.maxWalSizeMiB", { diskGiB: 10 })?.severity).toBe("info");
    expect(find("bounded.backend.poolSize", { rollout: "gapless" })?.severity).toBe("info");
  });

  it("names hostNofile where the load balancer bounds the capacity", () => {
    const advisory = find("bounded.capacity.concurrentConnections", { behindLoadBalancer: true });
    expect(advisory?.sentence).toContain("hostNofile");
    expect(ids({ behindLoadBalancer: true, hostReserve: "registered" })).not.toContain(advisory?.id);
  });

  it.each([
    [8192, true],
    [10_127, true],
    [10_128, false],
  ])("warns of a host that grants %i files: %s", (hostNofile, warns) => {
    expect(ids({ hostNofile }).includes("host.nofile")).toBe(warns);
  });

  it.each([
    [2, false],
    [3, true],
  ])("of %i Celery replicas of 4 children on 2 threads is given: %s", (replicas, given) => {
    const overrides = { celery: { replicas, concurrency: 4 } };
    expect(ids({ overrides }).includes("celery.processes-per-cpu")).toBe(given);
  });

  it.each([
    [8, false],
    [9, true],
  ])("of work_mem %i MiB in 512 connections is given: %s", (workMemMiB, given) => {
    const overrides = { postgres: { workMemMiB, maxConnections: 512 } };
    expect(ids({ overrides }).includes("postgres.work-mem-worst-case")).toBe(given);
  });

  it.each([
    [4, false],
    [5, true],
  ])("of %i workers for one query on 4 threads is given: %s", (maxParallelWorkersPerGather, given) => {
    const overrides = { postgres: { maxParallelWorkersPerGather } };
    expect(ids({ overrides }).includes("postgres.gather-above-cpu")).toBe(given);
  });

  it.each([
    [2, false],
    [3, true],
  ])("of %i I/O threads on 2 threads is given: %s", (ioThreads, given) => {
    expect(ids({ overrides: { redis: { ioThreads } } }).includes("redis.io-threads-above-cpu")).toBe(given);
  });

  it("has none of these where one process is all there is", () => {
    const found = ids({ hardware: { threads: 1, memory: "2GiB" }, tier: "low" });
    for (const id of ["celery.processes-per-cpu", "postgres.gather-above-cpu", "redis.io-threads-above-cpu"]) {
      expect(found).not.toContain(id);
    }
  });

  it("looks at each host of app-and-data", () => {
    const hosts = { topology: "app-and-data", dataHardware: { threads: 4, memory: "8GiB" } } as const;
    expect(ids(hosts)).not.toContain("oversubscribed.cpu");
    expect(ids(hosts)).toContain("oversubscribed.memory");
    expect(ids({ ...hosts, oversubscribe: false })).not.toContain("oversubscribed.memory");
    expect(ids({ ...hosts, overrides: { redis: { cpuLimit: 3 } } })).toContain("oversubscribed.cpu");
  });
});
