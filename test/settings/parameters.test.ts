import { describe, expect, it } from "vitest";
import { postgresParameters } from "../../components/services/postgres";
import { parseSettings, sizingInputs } from "../../components/settings/parse";
import { sizingPlan } from "../../components/sizing";

const hardware = { threads: 12, memory: "32GiB" } as const;
const planOf = (given: Record<string, unknown>) =>
  sizingPlan(sizingInputs(parseSettings({ target: "docker", tier: "high", ...given }, "dev"), hardware));
const withParameters = (parameters: Record<string, unknown>) => planOf({ postgres: { parameters } });
const answer = (given: Record<string, unknown>): string => {
  try {
    planOf(given);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe("a parameter that a rule reads is read by it", () => {
  const before = withParameters({});

  it("superuser_reserved_connections and reserved_connections leave the application fewer", () => {
    const { connections } = withParameters({ superuser_reserved_connections: 50, reserved_connections: "20" });
    expect(connections.usable).toBe(before.connections.usable - 47 - 20);
  });

  it("hash_mem_multiplier counts in /dev/shm and in the worst case", () => {
    const plan = withParameters({ hash_mem_multiplier: 4.5 });
    expect(plan.postgres?.shmSizeMiB).toBe(512 + 16 * 4.5 * 7);
    expect(plan.advisories.find(({ id }) => id === "postgres.work-mem-worst-case")?.sentence).toContain(
      "hash_mem_multiplier 4.5",
    );
  });

  it("autovacuum_max_workers share what they have", () => {
    expect(withParameters({ autovacuum_max_workers: 8 }).postgres?.autovacuumWorkMemMiB).toBe(8192 / 64);
  });

  it("max_files_per_process opens as many files, and max_wal_senders leaves fewer worker processes", () => {
    expect(withParameters({ max_files_per_process: 4000 }).postgres?.nofile).toBe(8192);
    expect(answer({ postgres: { parameters: { max_wal_senders: 0, max_worker_processes: 8193 } } })).toContain(
      "at most 8192 processes is allowed",
    );
  });

  it("and the server is told of those that are not its own default, and of no other", () => {
    const { postgres } = withParameters({ superuser_reserved_connections: 5, work_mem: "5242kB" });
    if (!postgres) throw new Error("expected a container of PostgreSQL");
    expect(postgresParameters(postgres)).toMatchObject({ superuser_reserved_connections: "5", work_mem: "5242kB" });
    expect(postgresParameters(postgres)).not.toHaveProperty("max_wal_senders");
  });
});

describe("what is written is what is refused", () => {
  it.each<[Record<string, unknown>, string]>([
    [
      { backend: { arguments: ["--workers", "4"] } },
      "backend.arguments.0: workers cannot be set here: set overrides.backend.workers or overrides.backend.instances",
    ],
    [{ backend: { arguments: ["--reload"] } }, "backend.arguments.0: reload cannot be set here: it runs one worker, "],
    [
      { celery: { arguments: ["--autoscale=10,3"] } },
      "celery.arguments.0: autoscale cannot be set here: it changes the children that were sized: set overrides.celery.concurrency",
    ],
    [
      { celery: { arguments: ["--pool=gevent"] } },
      "celery.arguments.0: pool cannot be set here: children are sized as ",
    ],
    [{ celery: { arguments: ["-P", "solo"] } }, "celery.arguments.0: pool cannot be set here: children are sized as "],
    [{ celery: { arguments: ["-B"] } }, "celery.arguments.0: beat cannot be set here: every replica would send "],
    [{ celery: { arguments: ["--beat"] } }, "celery.arguments.0: beat cannot be set here: every replica would send "],
    [{ celery: { arguments: ["-c4"] } }, "celery.arguments.0: -c4 given; write the long form, --concurrency"],
    [{ postgres: { parameters: { io_method: "worker" } } }, "PostgreSQL has no io_method before 18"],
  ])("%j", (given, mistake) => expect(answer(given)).toContain(mistake));
});

describe("a mistake is named as it was written", () => {
  it.each<[Record<string, unknown>, string]>([
    [
      { postgres: { parameters: { shared_buffers: "4GB" } } },
      "postgres.parameters.shared_buffers: 4096 given; at most 3276 MiB is allowed",
    ],
    [{ backend: { arguments: ["--backlog=0"] } }, "backend.arguments.0: 0 given; at least 1 connections is allowed"],
    [
      { images: { postgres: "postgres:9.6" } },
      'images.postgres: "postgres:9.6" given; a tag that begins with a version',
    ],
    [{ images: { redis: "redis:5" } }, 'images.redis: "redis:5" given; a tag that begins with a version from 6 to 99'],
    [{ backend: { workerMemory: "8MiB" } }, 'backend.workerMemory: "8MiB" given; from 16MiB to 1024GiB is allowed'],
    [{ celery: { childMemory: "2TiB" } }, 'celery.childMemory: "2TiB" given; from 16MiB to 1024GiB is allowed'],
    [{ hardware: { threads: 4, memory: "65TiB" } }, 'hardware.memory: "65TiB" given; from 1MiB to 65536GiB is allowed'],
  ])("%j", (given, mistake) => expect(answer(given)).toContain(mistake));
});

describe("mistakes of overrides come with those of other settings", () => {
  it("all of them where the settings name the machine", () => {
    const message = answer({
      prot: 80,
      hardware: { threads: 4, memory: "8GiB" },
      overrides: { postgres: { workMemMiB: "8", maxConnections: 900 }, backend: { loop: "trio" } },
    });
    expect(message.split("\n").slice(1, -1)).toEqual([
      '  overrides.postgres.workMemMiB: "8" given; a number is needed',
      "  prot: is no setting; did you mean port?",
      "  overrides.postgres.maxConnections: 900 given; at most 128 connections is allowed (one connection for 16 MiB of PostgreSQL's memory)",
      "  overrides.backend.loop: trio given; one of uvloop, asyncio, auto is allowed (uvicorn)",
    ]);
  });

  it("those that are mistakes on any machine where they do not", () => {
    const message = answer({
      share: 3,
      postgres: { parameters: { random_page_cost: 0.5, shared_buffers: "1TB" } },
      overrides: { redis: { ioThreads: 9 } },
    });
    expect(message.split("\n").slice(1, -1)).toEqual([
      "  share: 3 given; at most 1 is needed",
      "  postgres.parameters.random_page_cost: 0.5 given; at least 1 is allowed (seq_page_cost, which is 1)",
      "  overrides.redis.ioThreads: 9 given; at most 8 OS threads is allowed (what still helps throughput)",
    ]);
  });
});
