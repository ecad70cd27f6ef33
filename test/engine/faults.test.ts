import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { answer } from "./eventually";
import { localImage } from "./images";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const redisImage = localImage("redis:8");
const SERVICES = ["postgres", "redis", "backend", "celery", "celery-beat", "load-balancer"];

describe("the service returns by itself", { timeout: 8 * MINUTE }, () => {
  let stack: TestStack;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    stack = await TestStack.create();
    await stack.set({ "hardware.threads": 2, "hardware.memory": "4GiB" });
    await stack.up();
    for (const { id, service } of await stackContainers(stack.prefix)) ids[service] = id;
  }, 10 * MINUTE);

  afterAll(() => stack?.remove(), 2 * MINUTE);

  const inside = (service: string, ...command: string[]) => run("docker", ["exec", ids[service] ?? "", ...command]);
  const logs = async (service: string) => {
    const lines: string[] = [];
    await run("docker", ["logs", ids[service] ?? ""], { onLine: (line) => lines.push(line) });
    return lines;
  };
  const state = async (service: string, field: string) =>
    (await run("docker", ["inspect", "--format", `{{${field}}}`, ids[service] ?? ""])).trim();
  /** Kills processes of the engine's host, as its kernel would. */
  const killOnHost = (pid: string) =>
    run("docker", ["run", "--rm", "--pid=host", "--entrypoint=bash", "--user=0", redisImage, "-c", `kill -9 ${pid}`]);
  const json = { "content-type": "application/json" };

  async function enqueue(seconds: number): Promise<string> {
    const body = JSON.stringify({ x: 20, y: 22, seconds });
    const response = await fetch(stack.url("/api/tasks"), { method: "POST", headers: json, body });
    return ((await response.json()) as { id: string }).id;
  }

  async function result(id: string): Promise<unknown> {
    const { result } = (await (await fetch(stack.url(`/api/tasks/${id}`))).json()) as { result: unknown };
    return result;
  }

  /** Asks until it is so; fails with what was last said. */
  async function becomes<T>(ask: () => Promise<T>, wanted: T): Promise<void> {
    let said: unknown;
    for (let half = 0; half < 360; half++) {
      said = await ask().catch(String);
      if (said === wanted) return;
      await sleep(500);
    }
    expect(said).toEqual(wanted);
  }

  const ready = async () => (await answer(stack.url("/api/ready"))).status;

  it.each(SERVICES)("after the main process of %s was killed", async (service) => {
    const pid = await state(service, ".State.Pid");
    await killOnHost(pid);
    // Until the engine notices, it reports the old process as healthy.
    const another = async () => (await state(service, ".State.Pid")) !== pid;
    await becomes(async () => (await another()) && (await state(service, ".State.Health.Status")) === "healthy", true);
    await becomes(ready, 200);
    const id = await enqueue(0);
    await becomes(() => result(id), 42);
  });

  it("a task whose child process the kernel killed runs again", async () => {
    const id = await enqueue(4);
    await becomes(async () => (await logs("celery")).some((line) => line.includes(`add[${id}] received`)), true);
    const [, ...processes] = (await run("docker", ["top", ids.celery ?? "", "-o", "pid,ppid"])).trim().split("\n");
    const main = await state("celery", ".State.Pid");
    const children = processes.map((line) => line.trim().split(/\s+/)).filter(([, parent]) => parent === main);
    expect(children.length).toBeGreaterThan(0);
    await killOnHost(children.map(([pid]) => pid).join(" "));
    await becomes(() => result(id), 42);
  });

  it("PostgreSQL without a connection to give: 503 with Retry-After, and well again once there is one", async () => {
    const hold = `
import os, time, psycopg
password = open(os.environ["POSTGRES_PASSWORD_FILE"]).read()
held = []
try:
    while True:
        held.append(psycopg.connect(host="postgres", user="app", dbname="app", password=password))
except psycopg.OperationalError:
    print(len(held), flush=True)
    open("/tmp/full", "w").close()
    while not os.path.exists("/tmp/seen"):
        time.sleep(0.2)`;
    const holding = inside("celery", "timeout", "240", "python", "-c", hold);
    // What fails is said where it is waited for: in the end.
    holding.catch(() => undefined);
    await becomes(async () => (await inside("celery", "sh", "-c", "test -e /tmp/full && echo full")).trim(), "full");
    const answers: string[] = [];
    for (let round = 0; round < 20 && !answers.includes("503 2"); round++) {
      // Connections the pool holds already are not affected: new ones are needed.
      const asking = Array.from({ length: 30 }, async () => {
        const { status, headers } = await answer(stack.url("/api/ready"));
        return `${status} ${headers.get("retry-after")}`;
      });
      answers.push(...(await Promise.all(asking)));
    }
    await inside("celery", "touch", "/tmp/seen");
    expect(answers.filter((each) => each !== "200 null" && each !== "503 2")).toEqual([]);
    expect(answers).toContain("503 2");
    expect(Number(await holding)).toBeGreaterThan(10);
    await becomes(ready, 200);
  });

  it("a queue that fills Redis: 503 with Retry-After, and every accepted task runs once workers catch up", async () => {
    const redis = (command: string) =>
      inside("redis", "sh", "-c", `REDISCLI_AUTH=$(cat "$REDIS_PASSWORD_FILE") redis-cli ${command}`);
    await run("docker", ["pause", ids.celery ?? ""]);
    // In small steps: what one script writes is held a second time, until it is in the append-only file.
    const fill = `
local function number(of) return tonumber(string.match(redis.call("INFO", "memory"), of .. ":(%d+)")) end
for _ = 1, 20 do
  if number("used_memory") > 0.9 * number("maxmemory") - 500000 then return "full" end
  redis.call("RPUSH", "filler", string.rep("x", 100000))
end`;
    for (let step = 0; step < 500 && !(await redis(`EVAL '${fill}' 0`)).includes("full"); step++);

    const accepted: string[] = [];
    let refused: Response | undefined;
    for (let round = 0; round < 200 && !refused; round++) {
      const body = JSON.stringify({ x: 20, y: 22 });
      const requests = Array.from({ length: 20 }, () =>
        fetch(stack.url("/api/tasks"), { method: "POST", headers: json, body }),
      );
      for (const response of await Promise.all(requests)) {
        if (response.status === 202) accepted.push(((await response.json()) as { id: string }).id);
        else refused = response;
      }
    }
    expect([refused?.status, refused?.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(accepted.length).toBeGreaterThan(100);

    await run("docker", ["unpause", ids.celery ?? ""]);
    const ran = async () => {
      const lines = await logs("celery");
      const done = new Set(lines.flatMap((line) => /add\[([0-9a-f-]+)\] succeeded/.exec(line)?.[1] ?? []));
      return accepted.filter((id) => !done.has(id)).length;
    };
    await becomes(ran, 0);
    await redis("DEL filler");
    const id = await enqueue(0);
    await becomes(() => result(id), 42);
  });
});
