import { describe, expect, it } from "vitest";
import { run } from "../../tools/toolchain/command";
import { PROJECT } from "../../tools/toolchain/versions";

const MACHINE = ["--threads", "12", "--memory", "32GiB", "--tier", "high"];
const explain = (...args: string[]): Promise<string> => run("node", ["tools/explain.js", ...args], { cwd: PROJECT });

describe("explain", { timeout: 30_000 }, () => {
  it("prints value, rule, numbers and source of every number, without colours when piped", async () => {
    const text = await explain(...MACHINE, "--service", "postgres");
    expect(text).toContain("Tier high, single-host, 12 threads and 32768 MiB usable");
    expect(text).toContain("Of 12 threads and 32 GiB: limits 18 and 36 GiB, reservations 10 and 20 GiB");
    expect(text).toContain("Estimated capacity: 8,142 concurrent connections, 16,284 to 32,568 users, 1,440 tasks");
    expect(text).toContain("warning: totals: Memory limits sum to 36 GiB of 32 GiB");
    expect(text).toMatch(/maxConnections +│ 500 connections/);
    expect(text).toContain("docs/sizing.md#how-the-machine-is-divided");
    expect(text).not.toContain("\u001b[");
  });

  it("derives one number", async () => {
    expect(await explain(...MACHINE, "--why", "backend.poolSize")).toContain(
      "Asked 20 connections, bounded to 16 connections by PostgreSQL's connections for each worker.",
    );
  });

  it("prints the plan as JSON under the names of the plan", async () => {
    const { plan, inputs } = JSON.parse(await explain(...MACHINE, "--json"));
    expect(plan.postgres.maxConnections).toMatchObject({
      value: 500,
      origin: "rule",
      source: "docs/sizing.md#connections",
    });
    expect(inputs.tier).toBe("high");
  });

  it("compares two tiers, naming only what differs", async () => {
    const text = await explain(...MACHINE, "--compare", "medium");
    expect(text).toMatch(/backend\.workers +│ 12 processes +│ 8 processes/);
    expect(text).not.toContain("postgres.memoryLimitMiB");
  });

  it("compares two machines", async () => {
    const text = await explain(...MACHINE, "--compare", "8x16GiB");
    expect(text).toMatch(/postgres\.memoryLimitMiB +│ 8192 MiB +│ 4096 MiB/);
  });

  it.each([
    [["--share", "0.5"], "postgres.memoryLimitMiB", "= 4096 MiB"],
    [["--topology", "app-and-data", "--app-hosts", "4"], "connections.cap", "app hosts 4"],
    [["--topology", "app-and-data", "--data-threads", "4", "--data-memory", "8GiB"], "postgres.cpuLimit", "threads 4"],
    [["--rollout", "recreate"], "connections.rolloutFactor", "= 1"],
    [["--no-load-balancer"], "backend.timeoutKeepAlive", "= 5 seconds"],
    [["--worker-memory", "2GiB"], "backend.workers", "worker memory 2048 MiB"],
    [["--child-memory", "1GiB"], "celery.concurrency", "child memory 1024 MiB"],
    [["--longest-task", "600"], "celery.stopGraceSeconds", "= 610 seconds"],
    [["--backend-stop-grace", "90"], "backend.timeoutGracefulShutdown", "= 85 seconds"],
    [["--data-reservation", "full"], "postgres.memoryReservationMiB", "= 8192 MiB"],
    [["--host-reserve", "registered"], "system.reserveMiB", "= 0 MiB"],
    [["--no-oversubscribe"], "system.reserveMiB", "oversubscribe false"],
    [["--host-nofile", "65536"], "loadBalancer.maxConnections", "= 32718 connections"],
    [["--disk", "5"], "postgres.maxWalSizeMiB", "= 1024 MiB"],
    [["--beat"], "beat.memoryLimitMiB", "= 128 MiB"],
    [["--postgres-major", "18"], "postgres.ioMethod", "= worker"],
    [["--redis-major", "7"], "redis.ioThreadsDoReads", "= true"],
    [["--cpu-enforcement", "weight"], "redis.cpuQuota", "= none"],
  ])("takes the input %j", async (flags, number, text) => {
    expect(await explain(...MACHINE, ...flags, "--why", number)).toContain(text);
  });

  it("a stack without settings is answered with what is missing", async () => {
    await expect(explain("--stack", "nowhere")).rejects.toThrow("Pulumi.nowhere.yaml is missing");
  });

  it.each([
    ["postgresql.conf", "max_connections = '500'\nshared_buffers = '2048MB'"],
    ["redis.conf", "maxmemory 3072mb\nmaxmemory-policy volatile-lru\nmaxclients 10000"],
    ["uvicorn", "uvicorn app.main:app --host 0.0.0.0 --port 8000 --workers 12"],
    ["celery", "--concurrency=12 --prefetch-multiplier=4"],
  ])("prints the settings of %s", async (format, text) => {
    expect(await explain(...MACHINE, "--rollout", "recreate", "--emit", format)).toContain(text);
  });

  it.each([
    [["--threads", "12", "--tier", "high"], "--threads, --memory and --tier go together"],
    [[...MACHINE, "--why", "postgres.maxConections"], "there is no such number; there are postgres."],
    [[...MACHINE, "--service", "mysql"], "there is no such part of the plan; it has backend, celery"],
    [[...MACHINE, "--compare", "huge"], "give a tier (low, medium, high, extreme) or a machine such as 8x16GiB"],
    [["--threads", "1", "--memory", "512MiB", "--tier", "low"], "The machine offers 512 MiB to containers"],
    [["--threads", "1", "--memory", "16", "--tier", "low"], "is no memory size"],
  ])("%j is answered with what to change", async (args, sentence) => {
    await expect(explain(...args)).rejects.toThrow(sentence);
  });
});
