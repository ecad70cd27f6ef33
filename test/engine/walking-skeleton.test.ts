import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { stackVolumes } from "../../tools/stack/volumes";
import { run } from "../../tools/toolchain/command";
import { planHere } from "../sizing/machines";
import { eventually } from "./eventually";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const API_KEY = "of-the-application-alone";

type Answer = Readonly<Record<string, unknown>>;
const answer = async (response: Promise<Response>): Promise<Answer> => (await (await response).json()) as Answer;

describe("the stack on the real engine", { timeout: 10 * MINUTE }, () => {
  let stack: TestStack;
  let itemId: unknown;

  beforeAll(async () => {
    stack = await TestStack.create();
    await stack.pulumi("config", "set", "--secret", "--path", "sized-stack:secrets.API_KEY", API_KEY);
    await stack.up();
  }, 10 * MINUTE);

  afterAll(() => stack?.remove(), 2 * MINUTE);

  const get = (url: string) => answer(fetch(stack.url(url)));
  const post = (url: string, body: unknown) =>
    answer(
      fetch(stack.url(url), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      }),
    );

  it("answers through the load balancer that PostgreSQL and Redis are there", async () => {
    expect(await get("/api/ready")).toEqual({ postgres: "ok", redis: "ok" });
  });

  it("writes a row and reads it", async () => {
    const written = await post("/api/items", { name: "kept" });
    itemId = written.id;
    expect(await get(`/api/items/${itemId}`)).toEqual({ id: itemId, name: "kept" });
  });

  it("runs a task and returns its result", async () => {
    const { id } = await post("/api/tasks", { x: 19, y: 23 });
    await eventually(async () => {
      expect(await get(`/api/tasks/${id}`)).toEqual({ id, state: "SUCCESS", result: 42 });
    });
  });

  it("joins many rows, takes a file, and echoes over a WebSocket through the load balancer", async () => {
    const report = (await (await fetch(stack.url("/api/report"))).json()) as Answer[];
    expect(report).toHaveLength(10);
    expect(report[0]).toMatchObject({ readings: 1000 });

    const form = new FormData();
    form.append("file", new Blob(["x".repeat(3_000_000)]), "large.txt");
    expect(await answer(fetch(stack.url("/api/uploads"), { method: "POST", body: form }))).toEqual({
      name: "large.txt",
      size: 3_000_000,
      sha256: createHash("sha256").update("x".repeat(3_000_000)).digest("hex"),
    });

    const [backend] = await stackContainers(stack.prefix, "backend");
    const client = `from websockets.sync.client import connect
with connect("ws://load-balancer:8000/api/echo") as socket:
    socket.send("hello")
    print(socket.recv())`;
    expect(await run("docker", ["exec", backend?.id ?? "", "python", "-c", client])).toBe("hello\n");
  });

  it("gives the application its own secret in a file", async () => {
    for (const service of ["backend", "celery", "celery-beat"]) {
      const [container] = await stackContainers(stack.prefix, service);
      const read = 'cat "$API_KEY_FILE"';
      expect(await run("docker", ["exec", container?.id ?? "", "sh", "-c", read])).toBe(API_KEY);
    }
  });

  it("beat's tasks run, and know how long they waited", async () => {
    const [worker] = await stackContainers(stack.prefix, "celery");
    const ran = /app\.celery_app\.waited\[.*succeeded in .*: [\d.]+/;
    await eventually(async () => expect(await logs(worker?.id ?? "")).toMatch(ran));
  });

  it("runs every container as a user of its own kind, without capabilities or a way to gain them", async () => {
    const ids = (await stackContainers(stack.prefix)).map(({ id }) => id);
    expect(ids).toHaveLength(6);
    for (const id of ids) {
      const status = await run("docker", ["exec", id, "cat", "/proc/1/status"]);
      expect(status).toMatch(/^Uid:\t(?!0\t)/m);
      expect(status).toMatch(/^CapEff:\t0+$/m);
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    }
  });

  it("gives every container the limits of the plan, as it sees them itself", async () => {
    const { backend, celery, postgres, redis, loadBalancer, beat } = planHere({
      ...{ hardware: { threads: 1, memory: "2GiB" }, tier: "low", beat: true },
    });
    const [cpu, nofile] = [undefined, undefined];
    const planned = {
      backend: {
        memory: backend.memoryLimitMiB,
        cpu: backend.cpuQuota,
        shares: backend.cpuShares,
        nofile: backend.nofile,
      },
      celery: { memory: celery.memoryLimitMiB, cpu: celery.cpuQuota, shares: celery.cpuShares, nofile },
      "celery-beat": { memory: beat?.memoryLimitMiB, cpu, shares: beat?.cpuShares, nofile },
      postgres: {
        ...{ memory: postgres.memoryLimitMiB, cpu: postgres.cpuQuota, shares: postgres.cpuShares },
        ...{ nofile: postgres.nofile, shm: postgres.shmSizeMiB },
      },
      redis: { memory: redis.memoryLimitMiB, cpu: redis.cpuQuota, shares: redis.cpuShares, nofile: redis.nofile },
      "load-balancer": {
        memory: loadBalancer.memoryLimitMiB,
        cpu,
        shares: loadBalancer.cpuShares,
        nofile: loadBalancer.nofile,
      },
    };
    for (const [service, limits] of Object.entries(planned)) {
      const [container] = await stackContainers(stack.prefix, service);
      const seen = await limitsInside(container?.id ?? "");
      const set = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
      expect({ service, ...seen }).toMatchObject({ service, ...set, cpu: limits.cpu });
    }
  });

  it("has nothing left to change", async () => {
    await stack.pulumi("preview", "--expect-no-changes");
  });

  it("publishes the load balancer's port alone, to this machine alone", async () => {
    const ids = (await stackContainers(stack.prefix)).map(({ id }) => id);
    const published = await run("docker", ["inspect", "--format", "{{json .HostConfig.PortBindings}}", ...ids]);
    const bindings = published.split("\n").filter((line) => line && line !== "{}" && line !== "null");
    expect(bindings.map((line) => JSON.parse(line))).toEqual([
      { "8000/tcp": [{ HostIp: "127.0.0.1", HostPort: String(stack.port) }] },
    ]);
  });

  it("shows no password in containers, logs, state or outputs", async () => {
    const passwords = await generatedPasswords(stack);
    expect(passwords).toHaveLength(2);
    passwords.push(API_KEY);
    const containers = await stackContainers(stack.prefix);
    const places = {
      containers: await run("docker", ["inspect", ...containers.map(({ id }) => id)]),
      logs: (await Promise.all(containers.map(({ id }) => logs(id)))).join("\n"),
      state: stack.stateFile(),
      outputs: await stack.pulumi("stack", "output", "--json"),
    };
    const found = Object.entries(places).filter(([, text]) => passwords.some((password) => text.includes(password)));
    expect(found.map(([place]) => place)).toEqual([]);
  });

  it("finds its rows again after destroy and up, although the generated password is another one", async () => {
    const before = await generatedPasswords(stack);
    await stack.down();
    expect(await stackContainers(stack.prefix)).toEqual([]);
    const kept = ["celery-beat", "postgres", "redis"].map((service) => `${stack.prefix}-${service}`);
    expect(await stackVolumes(stack.prefix)).toEqual(kept);
    await stack.up();
    expect(await generatedPasswords(stack)).not.toEqual(before);
    expect(await get(`/api/items/${itemId}`)).toEqual({ id: itemId, name: "kept" });
  });

  it("refuses wrong settings all at once, before it touches anything", async () => {
    await stack.set({ tier: "hihg", port: 99999 });
    const refused = await stack.up().then(
      () => "accepted",
      (error: Error) => error.message,
    );
    expect(refused).toContain('tier: "hihg" given; low, medium, high or extreme is needed');
    expect(refused).toContain("port: 99999 given; at most 65535 is needed");
    expect(refused).toContain("Nothing was created or changed.");
    expect(await get("/api/ready")).toEqual({ postgres: "ok", redis: "ok" });
  });
});

/** What the kernel grants a container, read from inside: MiB, threads, weight, files. */
async function limitsInside(id: string) {
  const read = async (...files: readonly string[]) => {
    const script = `for file in ${files.join(" ")}; do [ -r $file ] && exec cat $file; done; true`;
    return (await run("docker", ["exec", id, "sh", "-c", script])).trim();
  };
  const cgroup = "/sys/fs/cgroup";
  const memory = Number(await read(`${cgroup}/memory/memory.limit_in_bytes`, `${cgroup}/memory.max`));
  const [quota = "max", period] = (await read(`${cgroup}/cpu.max`)).split(" ");
  const [v1Quota, v1Period] = [
    await read(`${cgroup}/cpu/cpu.cfs_quota_us`),
    await read(`${cgroup}/cpu/cpu.cfs_period_us`),
  ];
  const cpu = Number(v1Quota || quota.replace("max", "-1")) / Number(v1Period || period);
  // Of the weight the kernel keeps a coarser copy: the engine says what it was given.
  const shares = Number(await run("docker", ["inspect", "--format", "{{.HostConfig.CpuShares}}", id]));
  const nofile = Number(/^Max open files\s+(\d+)/m.exec(await read("/proc/1/limits"))?.[1]);
  const shm = await run("docker", ["exec", id, "df", "--block-size=1M", "--output=size", "/dev/shm"]);
  return {
    memory: memory / 1024 ** 2,
    cpu: cpu > 0 ? cpu : undefined,
    shares,
    nofile,
    shm: Number(shm.trim().split("\n").at(-1)),
  };
}

/** What the state holds, decrypted: the only place that may know. */
async function generatedPasswords(stack: TestStack): Promise<string[]> {
  const { deployment } = JSON.parse(await stack.pulumi("stack", "export", "--show-secrets"));
  const resources: { urn: string; outputs?: { output?: { plaintext?: string } | string } }[] = deployment.resources;
  return resources
    .filter(({ urn }) => urn.endsWith("-password"))
    .map(({ outputs }) => outputs?.output)
    .map((output) => (typeof output === "string" ? output : JSON.parse(output?.plaintext ?? '""')));
}

/** Both streams of a container's log. */
const logs = async (id: string): Promise<string> => {
  const lines: string[] = [];
  await run("docker", ["logs", id], { onLine: (line) => lines.push(line) });
  return lines.join("\n");
};
