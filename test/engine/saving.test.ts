import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresArgv, postgresConf } from "../../components/services/postgres";
import { redisConf } from "../../components/services/redis";
import { run } from "../../tools/toolchain/command";
import { planWith } from "../sizing/machines";
import { localImage } from "./images";
import { Workers } from "./tasks/workers";

const MINUTE = 60_000;
/** Every kind of value there is: empty, a switch, several words, several words in quotes. */
const PARAMETERS = {
  "notify-keyspace-events": "",
  "lazyfree-lazy-eviction": "yes",
  "client-output-buffer-limit": "pubsub 64mb 16mb 90",
  "proc-title-template": '"{title} of a test"',
};

describe("Redis as planned", { timeout: MINUTE }, () => {
  let workers: Workers;
  beforeAll(async () => {
    workers = await Workers.start({ redisParameters: PARAMETERS });
  }, MINUTE);
  afterAll(() => workers?.remove(), MINUTE);

  it("takes writes after the process that writes a snapshot was killed", async () => {
    // Slow enough to be met: a second for each key.
    await workers.redis(["CONFIG", "SET", "rdb-key-save-delay", "1000000"]);
    for (const key of ["a", "b", "c", "d", "e"]) await workers.redis(["SET", key, key]);
    await workers.redis(["BGSAVE"]);
    const server = `${workers.name}-redis`;
    const processes = (await workers.docker("top", server, "-o", "pid,ppid")).trim().split("\n").slice(1);
    const main = (await workers.docker("inspect", "--format", "{{.State.Pid}}", server)).trim();
    const [child = ""] = processes.map((line) => line.trim().split(/\s+/)).find(([, parent]) => parent === main) ?? [];
    const kill = ["-c", `kill -9 ${child}`];
    await run("docker", [
      ...["run", "--rm", "--pid=host", "--entrypoint=bash", "--user=0", localImage("redis:8"), ...kill],
    ]);
    await sleep(500);
    expect(await workers.redis(["INFO", "persistence"])).toContain("rdb_last_bgsave_status:err");
    expect(await workers.redis(["SET", "after", "1"])).toBe("OK");
    await workers.redis(["CONFIG", "SET", "save", "3600 1"]);
    expect(await workers.redis(["SET", "with snapshots", "1"])).toContain("MISCONF");
    await workers.redis(["CONFIG", "SET", "save", ""]);
  });

  it("has further parameters from its command line as from the redis.conf that is emitted", async () => {
    const asked = ["save", ...Object.keys(PARAMETERS)];
    const there = await workers.redis(["CONFIG", "GET", ...asked]);
    const conf = redisConf(workers.plan.redis, PARAMETERS);
    const read = `printf "%s\\n" "$CONF" > /tmp/redis.conf; redis-server /tmp/redis.conf --daemonize yes > /tmp/log;
      for i in $(seq 100); do redis-cli ping > /dev/null && break; sleep 0.1; done; redis-cli CONFIG GET ${asked.join(" ")}`;
    const emitted = await run("docker", [
      ...["run", "--rm", `--env=CONF=${conf}\ndir /tmp`, "--entrypoint=sh", localImage("redis:8"), "-c", read],
    ]);
    const pairs = (text: string) => {
      const lines = text.trimEnd().split("\n");
      return lines.flatMap((name, index) => (index % 2 === 0 ? [`${name} ${lines[index + 1] ?? ""}`] : [])).sort();
    };
    expect(pairs(emitted)).toEqual(pairs(there));
    expect(there).toContain("{title} of a test");
    expect(there).toContain("pubsub 67108864 16777216 90");
  });
});

it("PostgreSQL has further parameters from its command line as from the postgresql.conf that is emitted", {
  timeout: MINUTE,
}, async () => {
  const parameters = {
    synchronous_standby_names: "",
    log_lock_waits: "yes",
    datestyle: "'iso, dmy'",
    search_path: '"$user", public',
    log_line_prefix: String.raw`%m \x it's `,
  };
  const { postgres } = planWith();
  const [, ...argv] = postgresArgv(postgres, parameters);
  const values = async (...options: string[]) => {
    const show = Object.keys(parameters).map((name) => `postgres -C ${name} -D /tmp/data "$@"`);
    const script = `initdb -D /tmp/data > /tmp/log; printf "%s\\n" "$CONF" >> /tmp/data/postgresql.conf; ${show.join("; ")}`;
    const conf = options.length > 0 ? "" : postgresConf(postgres, parameters);
    return run("docker", [
      ...["run", "--rm", "--user=999", `--env=CONF=${conf}`, "--entrypoint=sh", localImage("postgres:17")],
      ...["-c", `PATH=$PATH:$(echo /usr/lib/postgresql/*/bin); ${script}`, "sh", ...options],
    ]);
  };
  const [given, emitted] = await Promise.all([values(...argv), values()]);
  expect(emitted).toBe(given);
  expect(given.split("\n")).toEqual(["", "on", "ISO, DMY", '"$user", public', String.raw`%m \x it's `, ""]);
});
