import { rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../tools/toolchain/command";
import { PROJECT } from "../../tools/toolchain/versions";

const MACHINE = ["--threads", "12", "--memory", "32GiB", "--tier", "high"];
const ELSEWHERE = `config:
  sized-stack:target: docker
  sized-stack:tier: low
  sized-stack:hardware: { threads: 4, memory: 8GiB }
  sized-stack:postgres: { external: { host: db.example, maxConnections: 400 } }
  sized-stack:postgresPassword: { secure: v1:unreadable }
`;
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

  it("takes a reference machine where the settings ask the Docker engine, and says so", async () => {
    const { inputs, reference } = JSON.parse(await explain("--stack", "dev", "--reference", "8x16GiB", "--json"));
    expect(reference).toBe("8x16GiB");
    expect(inputs.hardware).toEqual({ threads: 4, memoryMiB: 8192 });
    await expect(explain("--stack", "dev", "--reference", "8")).rejects.toThrow("such as 4x8GiB");
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

  describe("given an EC2 instance type", () => {
    const INSTANCE = ["--instance", "m7i.2xlarge", "--tier", "high"];
    const APART = [...INSTANCE, "--topology", "app-and-data", "--app-hosts", "4"];

    it("sizes for what Amazon ECS registers of it, and says what is enforced there", async () => {
      const text = await explain(...INSTANCE, "--service", "redis");
      const [first, second, third] = text.split("\n");
      expect(first).toBe("m7i.2xlarge: 8 vCPU, 32,768 MiB, of which Amazon ECS registers 30,074 MiB");
      expect(second).toContain("Amazon ECS enforces memory limits. CPU is a weight there, no limit");
      expect(third).toContain("8 threads and 29818 MiB usable");
      expect(text).toMatch(/cpuQuota +│ none/);
      expect(text).toMatch(/memoryReservationMiB +│ 3727 MiB/);
    });

    it("takes another type for the data host", async () => {
      const text = await explain(...APART, "--data-instance", "r7i.large", "--service", "postgres");
      expect(text).toContain("Data host r7i.large: 2 vCPU, 16,384 MiB, of which Amazon ECS registers 14,837 MiB");
      expect(text).toContain("memory 14837 MiB");
    });

    it("compares it with another type", async () => {
      const text = await explain(...INSTANCE, "--compare", "m7i.4xlarge");
      expect(text).toContain("m7i.4xlarge: 16 vCPU, 65,536 MiB, of which Amazon ECS registers 60,548 MiB");
      expect(text).toMatch(/backend\.workers +│ 8 processes +│ 16 processes/);
    });

    it("prints JSON alone", async () => {
      const { inputs } = JSON.parse(await explain(...INSTANCE, "--json"));
      expect(inputs).toMatchObject({
        hardware: { threads: 8, memoryMiB: 29_818 },
        hostReserve: "registered",
        dataReservation: "full",
        cpuEnforcement: "weight",
      });
    });

    it.each([
      [["--instance", "t3.small", "--tier", "low"], "The smallest t3 instance type that fits is t3.medium."],
      [[...INSTANCE, "--compare", "t3.small"], "The smallest t3 instance type that fits is t3.medium."],
      [["--instance", "m7i.2xl", "--tier", "low"], "Did you mean m7i.2xlarge"],
      [[...INSTANCE, "--compare", "m7i.3xlarge"], 'Instance type "m7i.3xlarge" is not known here.'],
      [[...INSTANCE, "--compare", "8x16GiB"], "or an instance type such as m7i.4xlarge"],
      [["--instance", "m7i.2xlarge"], "--instance and --tier go together"],
      [[...INSTANCE, "--data-instance", "r7i.large"], "goes with --instance and --topology app-and-data"],
      [[...MACHINE, "--data-instance", "r7i.large"], "goes with --instance and --topology app-and-data"],
      [
        [...INSTANCE, "--threads", "4", "--memory", "8GiB"],
        "'--instance <type>' cannot be used with option '--threads",
      ],
      [
        [...INSTANCE, "--cpu-enforcement", "quota"],
        "'--instance <type>' cannot be used with option '--cpu-enforcement",
      ],
    ])("%j is answered with what to change", async (args, sentence) => {
      await expect(explain(...args)).rejects.toThrow(sentence);
    });
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
    [["--longest-delay", "900"], "celery.visibilityTimeoutSeconds", "= 1210 seconds"],
    [["--backend-stop-grace", "90"], "backend.timeoutGracefulShutdown", "= 85 seconds"],
    [["--data-reservation", "full"], "postgres.memoryReservationMiB", "= 8192 MiB"],
    [["--host-reserve", "registered"], "system.reserveMiB", "= 0 MiB"],
    [["--no-oversubscribe"], "system.reserveMiB", "oversubscribe false"],
    [["--host-nofile", "20000"], "loadBalancer.maxConnections", "= 9950 connections"],
    [["--disk", "5"], "postgres.maxWalSizeMiB", "= 1024 MiB"],
    [["--beat"], "beat.memoryLimitMiB", "= 128 MiB"],
    [["--postgres-major", "18"], "postgres.ioMethod", "= worker"],
    [["--redis-major", "7"], "redis.ioThreadsDoReads", "= true"],
    [["--external-postgres", "400"], "external.postgresConnections", "= 400 connections"],
    [["--external-redis", "5000"], "external.redisConnections", "Origin: setting."],
    [["--cpu-enforcement", "weight"], "redis.cpuQuota", "= none"],
  ])("takes the input %j", async (flags, number, text) => {
    expect(await explain(...MACHINE, ...flags, "--why", number)).toContain(text);
  });

  it("takes a stack whose PostgreSQL runs elsewhere, without reading its password", async () => {
    const file = path.join(PROJECT, "Pulumi.explain-test.yaml");
    writeFileSync(file, ELSEWHERE);
    try {
      expect(await explain("--stack", "explain-test", "--why", "external.postgresConnections")).toContain("= 400 ");
    } finally {
      rmSync(file);
    }
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
    [
      [...MACHINE, "--external-redis", "5000", "--service", "redis"],
      "it has backend, celery, postgres, external, system",
    ],
    [[...MACHINE, "--external-redis", "5000", "--emit", "redis.conf"], "Redis runs elsewhere, and is not sized here"],
    [
      [...MACHINE, "--external-postgres", "400", "--why", "postgres.jit"],
      "there is no such number; there are backend,",
    ],
    [[...MACHINE, "--compare", "huge"], "give a tier (low, medium, high, extreme) or a machine such as 8x16GiB"],
    [["--threads", "1", "--memory", "512MiB", "--tier", "low"], "The machine offers 512 MiB to containers"],
    [["--threads", "1", "--memory", "16", "--tier", "low"], "is no memory size"],
  ])("%j is answered with what to change", async (args, sentence) => {
    await expect(explain(...args)).rejects.toThrow(sentence);
  });
});
