import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STACK_LABEL } from "../../components/platform/docker/container-args";
import { UVICORN_PORT, uvicornArgv } from "../../components/services/backend";
import { celeryArgv } from "../../components/services/celery";
import { postgresArgv, postgresParameters } from "../../components/services/postgres";
import { redisArgv, redisParameters, redisStart } from "../../components/services/redis";
import { TIERS } from "../../components/sizing";
import { stackContainers } from "../../tools/stack/containers";
import { stackVolumes } from "../../tools/stack/volumes";
import { run } from "../../tools/toolchain/command";
import { type PlanHere, planHere } from "../sizing/machines";
import { localImage } from "./images";

const MINUTE = 60_000;
const PREFIX = `sized-stack-test-programs-${randomBytes(4).toString("hex")}`;
const MACHINES = [
  { threads: 1, memory: "1GiB" },
  { threads: 1, memory: "4GiB" },
  { threads: 2, memory: "2GiB" },
  { threads: 2, memory: "24GiB" },
] as const;
const PLANS = MACHINES.flatMap((hardware) => TIERS.map((tier) => planHere({ hardware, tier })));
const HOSTS = ["--env=POSTGRES_HOST=127.0.0.1", "--env=REDIS_HOST=127.0.0.1"];
const SECRETS = ["--env=POSTGRES_PASSWORD=of-a-test", "--env=REDIS_PASSWORD=of-a-test"];

/** One plan for each different command line: equal ones need not start twice. */
const different = (argvOf: (plan: PlanHere) => readonly string[]): [string, PlanHere][] => [
  ...new Map(PLANS.map((plan) => [argvOf(plan).join(" "), plan])),
];

const start = async (options: readonly string[], argv: readonly string[]): Promise<string> =>
  (await run("docker", ["run", "--detach", `--label=${STACK_LABEL}=${PREFIX}`, ...options, ...argv])).trim();
const remove = (id: string) => run("docker", ["rm", "--force", "--volumes", id]);
const inside = (id: string, ...command: string[]) => run("docker", ["exec", id, ...command]);

/** What a program answers once it is up. */
async function eventually<T>(id: string, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 240; attempt++) {
    try {
      return await ask();
    } catch {
      await sleep(500);
    }
  }
  throw new Error(`no answer; its log:\n${await run("sh", ["-c", `docker logs --tail 20 ${id} 2>&1`])}`);
}

/** `1GB`, `512MB` and `64kB` as kB, other values as they are. */
const inKb = (value: string): string => {
  const [, amount, unit] = /^(\d+)(kB|MB|GB)$/.exec(value) ?? [];
  return unit ? `${Number(amount) * { kB: 1, MB: 1024, GB: 1024 * 1024 }[unit as "kB" | "MB" | "GB"]}kB` : value;
};
const inBytes = (value: string): string =>
  /^\d+mb$/.test(value) ? `${Number.parseInt(value, 10) * 1024 ** 2}` : value;

describe("the programs themselves report what the plan says", { timeout: 4 * MINUTE }, () => {
  afterAll(async () => {
    for (const { id } of await stackContainers(PREFIX)) await remove(id);
    for (const volume of await stackVolumes(PREFIX)) await run("docker", ["volume", "rm", volume]);
  }, MINUTE);

  it.each(different(({ postgres }) => postgresArgv(postgres)))("PostgreSQL: %s", async (_, { postgres }) => {
    const id = await start(
      [
        `--memory=${postgres.memoryLimitMiB}m`,
        `--shm-size=${postgres.shmSizeMiB}m`,
        `--volume=${PREFIX}-postgres:/var/lib/postgresql/data`,
        "--env=POSTGRES_PASSWORD=of-a-test",
        localImage("postgres:17"),
      ],
      postgresArgv(postgres),
    );
    const parameters = postgresParameters(postgres);
    const show = Object.keys(parameters).map((name) => `SHOW ${name}`);
    const shown = await eventually(id, () =>
      inside(
        id,
        "psql",
        "--host=127.0.0.1",
        "--username=postgres",
        "--tuples-only",
        "--no-align",
        ...show.flatMap((sql) => ["--command", sql]),
      ),
    );
    // PostgreSQL says how it compresses the WAL: `on` stands for its own method.
    const expected = Object.values({ ...parameters, wal_compression: "pglz" });
    expect(shown.trim().split("\n").map(inKb)).toEqual(expected.map(inKb));
    await run("docker", ["stop", id]);
    await remove(id);
  });

  it.each(different(({ redis }) => redisArgv(redis)))("Redis: %s", async (_, { redis }) => {
    const id = await start(
      [
        ...[`--memory=${redis.memoryLimitMiB}m`, `--ulimit=nofile=${redis.nofile}`],
        ...["--env=REDIS_PASSWORD=of-a-test", "--env=REDISCLI_AUTH=of-a-test", localImage("redis:8")],
      ],
      ["sh", "-c", redisStart(redis), "redis", ...redisArgv(redis)],
    );
    const parameters = redisParameters(redis);
    for (const [name, value] of Object.entries(parameters)) {
      const [, reported] = (await eventually(id, () => inside(id, "redis-cli", "CONFIG", "GET", name))).split("\n");
      expect([name, reported]).toEqual([name, inBytes(value)]);
    }
    await remove(id);
  });

  it("Redis takes a further setting of several words", async () => {
    const [{ redis }] = PLANS as [PlanHere];
    const id = await start([localImage("redis:8")], ["redis-server", ...redisArgv(redis, { save: "3600 1 300 100" })]);
    expect(await eventually(id, () => inside(id, "redis-cli", "CONFIG", "GET", "save"))).toBe("save\n3600 1 300 100\n");
    await remove(id);
  });

  describe("of the application", () => {
    let database: string;
    beforeAll(async () => {
      const env = ["--env=POSTGRES_USER=app", ...SECRETS];
      database = await start([...env, localImage("postgres:17")], ["postgres"]);
      await start(
        [`--network=container:${database}`, localImage("redis:8")],
        ["redis-server", "--requirepass", "of-a-test"],
      );
      await eventually(database, () => inside(database, "pg_isready", "--host=127.0.0.1"));
    }, MINUTE);
    const application = () => [`--network=container:${database}`, ...HOSTS, ...SECRETS];

    it.each(different(({ backend }) => uvicornArgv(backend, "app.main:app")))("uvicorn: %s", async (_, { backend }) => {
      const argv = uvicornArgv(backend, "app.main:app");
      const id = await start(
        [`--memory=${backend.memoryLimitMiB}m`, ...application(), localImage("sized-stack/example-app")],
        argv,
      );
      await eventually(id, () =>
        inside(
          id,
          "python",
          "-c",
          `import urllib.request as r; r.urlopen("http://127.0.0.1:${UVICORN_PORT}/api/health")`,
        ),
      );
      const [, ...processes] = (await run("docker", ["top", id, "-o", "pid,args"])).trim().split("\n");
      expect(processes.filter((line) => line.includes(argv.join(" ")))).toHaveLength(1);
      const workers = processes.filter((line) => line.includes("spawn_main")).length;
      expect(workers).toBe(backend.workersPerInstance === 1 ? 0 : backend.workersPerInstance);
      await remove(id);
    });

    it.each(different(({ celery }) => celeryArgv(celery, "app.celery_app")))("Celery: %s", async (_, { celery }) => {
      const argv = celeryArgv(celery, "app.celery_app");
      const id = await start(
        [`--memory=${celery.memoryLimitMiB}m`, ...application(), localImage("sized-stack/example-app")],
        argv,
      );
      const stats: Record<string, WorkerStats> = await eventually(id, async () =>
        JSON.parse(await inside(id, "celery", "--app=app.celery_app", "inspect", "stats", "--json")),
      );
      const { concurrency, prefetchMultiplier, maxTasksPerChild } = celery;
      expect(Object.values(stats)).toMatchObject([
        {
          prefetch_count: concurrency * prefetchMultiplier,
          pool: { "max-concurrency": concurrency, "max-tasks-per-child": maxTasksPerChild },
        },
      ]);
      expect(Object.values(stats)[0]?.pool.processes).toHaveLength(concurrency);
      expect(await run("docker", ["top", id, "-o", "pid,args"])).toContain(argv.join(" "));
      await remove(id);
    });
  });
});

/** What `celery inspect stats` says of one worker, as far as it is read here. */
interface WorkerStats {
  readonly prefetch_count: number;
  readonly pool: {
    readonly "max-concurrency": number;
    readonly "max-tasks-per-child": number;
    readonly processes: readonly number[];
  };
}
