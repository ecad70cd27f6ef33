import { describe, expect, it } from "vitest";
import { parseSettings, sizingInputs } from "../../components/settings/parse";
import { sizingPlan } from "../../components/sizing";

const parse = (given: Record<string, unknown>) => parseSettings({ target: "docker", tier: "low", ...given }, "dev");
const hardware = { threads: 8, memory: "16GiB" } as const;

describe("further parameters and arguments", () => {
  it("of which the plan knows nothing are passed on as they are", () => {
    const { postgres, redis, backend, celery, overrides } = parse({
      postgres: { parameters: { statement_timeout: "30s", log_connections: true, deadlock_timeout: 2000 } },
      redis: { parameters: { save: "3600 1 300 100", "lazyfree-lazy-eviction": false } },
      backend: { arguments: ["--root-path", "/api", "--no-access-log"] },
      celery: { arguments: ["--without-mingle", "--without-gossip"] },
    });
    expect(postgres.parameters).toEqual({ statement_timeout: "30s", log_connections: "yes", deadlock_timeout: "2000" });
    expect(redis.parameters).toEqual({ save: "3600 1 300 100", "lazyfree-lazy-eviction": "no" });
    expect(backend.arguments).toEqual(["--root-path", "/api", "--no-access-log"]);
    expect(celery.arguments).toEqual(["--without-mingle", "--without-gossip"]);
    expect(overrides).toEqual({});
  });

  it("that the plan derives count as overrides, beside those given as such", () => {
    const { postgres, redis, backend, celery, overrides } = parse({
      postgres: { parameters: { work_mem: "8MB", max_wal_size: "2GB", jit: "on", random_page_cost: 2.5 } },
      redis: { parameters: { maxmemory: "900mb", "maxmemory-policy": "noeviction" } },
      backend: { arguments: ["--backlog", "512", "--loop=asyncio", "--no-access-log"] },
      celery: { arguments: ["--prefetch-multiplier=1", "--time-limit=600", "--without-gossip"] },
      overrides: { backend: { poolSize: 5 } },
    });
    expect(overrides).toEqual({
      backend: { backlog: 512, loop: "asyncio", poolSize: 5 },
      celery: { prefetchMultiplier: 1, hardTimeLimitSeconds: 600 },
      postgres: { workMemMiB: 8, maxWalSizeMiB: 2048, jit: true, randomPageCost: 2.5 },
      redis: { maxMemoryMiB: 900, maxMemoryPolicy: "noeviction" },
    });
    expect([postgres.parameters, redis.parameters, backend.arguments, celery.arguments]).toEqual([
      {},
      {},
      ["--no-access-log"],
      ["--without-gossip"],
    ]);
  });

  it("show as overrides in the plan, with the value they replace", () => {
    const settings = parse({ postgres: { parameters: { work_mem: "8MB" } } });
    const { explanations } = sizingPlan(sizingInputs(settings, hardware));
    expect(explanations.postgres.workMemMiB).toMatchObject({ value: 8, origin: "override", replaced: 8 });
  });
});

describe("sizing inputs", () => {
  it("are the defaults of sizing where nothing is set", () => {
    expect(sizingPlan(sizingInputs(parse({}), hardware)).inputs).toEqual(sizingPlan({ hardware, tier: "low" }).inputs);
  });

  it("come from the settings", () => {
    const settings = parse({
      share: 0.5,
      rollout: "recreate",
      oversubscribe: false,
      cpuEnforcement: "weight",
      hostNofile: 65_536,
      images: { postgres: "registry.example:5000/postgres:18.1-bookworm", redis: "redis:7" },
      backend: { workerMemory: "1GiB", stopGraceSeconds: 60, statementTimeoutSeconds: 300 },
      entrance: { idleSeconds: 120, maxBody: "1GiB" },
      celery: { childMemory: "256MiB", longestTaskSeconds: 600, longestDelaySeconds: 900 },
      postgres: { diskGiB: 100 },
    });
    expect(sizingInputs(settings, hardware)).toEqual({
      hardware,
      tier: "low",
      topology: "single-host",
      share: 0.5,
      rollout: "recreate",
      oversubscribe: false,
      cpuEnforcement: "weight",
      hostNofile: 65_536,
      postgresMajor: 18,
      redisMajor: 7,
      workerMemoryMiB: 1024,
      backendStopGraceSeconds: 60,
      statementTimeoutSeconds: 300,
      entranceIdleSeconds: 120,
      maxBodyMiB: 1024,
      childMemoryMiB: 256,
      beat: false,
      longestTaskSeconds: 600,
      longestDelaySeconds: 900,
      diskGiB: 100,
      overrides: {},
    });
  });

  it("reads the major version before a digest, never out of it", () => {
    const majorOf = (image: string) => sizingInputs(parse({ images: { postgres: image } }), hardware).postgresMajor;
    expect(majorOf("registry.example:5000/postgres:18.1@sha256:96ab")).toBe(18);
    expect(majorOf("postgres@sha256:96ab")).toBeUndefined();
  });

  it.each(["postgres", "postgres:latest", "registry.example:5000/postgres"])(
    "an image without a version in its tag, %s, is taken for the default's",
    (image) => {
      expect(sizingInputs(parse({ images: { postgres: image } }), hardware).postgresMajor).toBeUndefined();
    },
  );
});
