import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/containers";
import { run } from "../../tools/toolchain/command";
import { eventually } from "./eventually";
import { impatient, TestStack } from "./stack";

const MINUTE = 60_000;

describe("a failed update says why, and the next one converges", { timeout: 10 * MINUTE }, () => {
  let stack: TestStack;
  let right: string;

  beforeAll(async () => {
    stack = await TestStack.create();
    await stack.set({ "hardware.threads": 2, "hardware.memory": "4GiB" });
    right = stack.settingsFile();
    await stack.up();
  }, 10 * MINUTE);

  afterAll(() => stack?.remove(), 2 * MINUTE);

  const failure = (env = {}) => stack.up(env).then(() => "no failure", String);
  /** For Celery's containers that are never going to be healthy, which the product gives two minutes. */
  const failureSoon = () => stack.upWith(impatient("celery-1", "celery-beat")).then(() => "no failure", String);
  const containers = async () => (await stackContainers(stack.prefix)).map(({ id }) => id);
  const ready = async () => (await fetch(stack.url("/api/ready"))).status;

  afterEach(async () => {
    stack.restoreSettings(right);
    await stack.up();
    expect(await ready()).toBe(200);
    expect(await containers()).toHaveLength(6);
  }, 10 * MINUTE);

  it("an image that cannot be pulled changes nothing", async () => {
    const before = await containers();
    await stack.set({ "images.app": "localhost:1/no-such-image:1" });
    const said = await failure();
    expect(said).toContain("Image localhost:1/no-such-image:1 is not on this Docker engine and could not be pulled:");
    expect(said).toContain("docker login");
    expect(await containers()).toEqual(before);
    expect(await ready()).toBe(200);
  });

  it("a program that ends leaves the old one serving", async () => {
    await stack.set({ "celery.app": "app.no_such_module" });
    const said = await failureSoon();
    expect(said).toMatch(/celery-1: the container is \w+, exit code [12]/);
    expect(said).toContain("Unable to load celery application.");
    expect(await ready()).toBe(200);
  });

  it("a health check that fails", async () => {
    await stack.set({ "celery.heartbeatFile": "/nowhere/heartbeat" });
    for (const said of [await failureSoon(), await failureSoon()]) {
      expect(said).toMatch(/celery-1: the container is running/);
      expect(said).toContain("no heartbeat within 30 s in /nowhere/heartbeat");
    }
    expect(await ready()).toBe(200);
  });

  it("a program that needs more memory than its limit", async () => {
    const context = path.join(tmpdir(), `${stack.prefix}-hungry`);
    mkdirSync(context);
    writeFileSync(path.join(context, "hungry.py"), 'everything = [b"x" * (1 << 20) for _ in range(1 << 14)]\n');
    writeFileSync(path.join(context, "Dockerfile"), "ARG BASE\nFROM $BASE\nCOPY hungry.py app/\n");
    await stack.set({
      "images.app.context": context,
      "images.app.args.BASE": "sized-stack/example-app",
      "celery.app": "app.hungry",
    });
    const said = await failureSoon();
    rmSync(context, { recursive: true });
    expect(said).toMatch(/celery-1: the container is \w+, exit code 137, killed because it went over its memory limit/);
    expect(said).toContain("celery.childMemory");
    expect(await ready()).toBe(200);
  });

  it("a Dockerfile that does not build", async () => {
    const before = await containers();
    const context = path.join(tmpdir(), `${stack.prefix}-wrong`);
    mkdirSync(context);
    writeFileSync(path.join(context, "Dockerfile"), "ARG BASE\nFROM $BASE\nRUN echo what is missing; exit 7\n");
    await stack.set({ "images.app.context": context, "images.app.args.BASE": "sized-stack/example-app" });
    const said = await failure();
    rmSync(context, { recursive: true });
    expect(said).toContain(`docker build of ${context} ended with exit code`);
    expect(said.split("Diagnostics:")[1]?.match(/^what is missing$/gm)).toHaveLength(1);
    expect(await containers()).toEqual(before);
    expect(await ready()).toBe(200);
  });

  it("a failing migration changes nothing else, and fails again until it is corrected", async () => {
    const before = await containers();
    await stack.set({
      "env.RELEASE": "three",
      "migration[0]": "sh",
      "migration[1]": "-c",
      "migration[2]": "echo column exists already; exit 3",
    });
    for (const said of [await failure(), await failure()]) {
      expect(said).toContain("The migration (sh -c echo column exists already; exit 3) ended with exit code 3.");
      expect(said).toContain("  column exists already");
    }
    expect(await containers()).toEqual(before);
    expect(await ready()).toBe(200);

    stack.restoreSettings(right);
    await stack.set({ "env.RELEASE": "three" });
    right = stack.settingsFile();
    await stack.up();
    const [backend] = await stackContainers(stack.prefix, "backend");
    expect(before).not.toContain(backend?.id);
    expect(await stackContainers(stack.prefix, "migration")).toEqual([]);
  });

  it("a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await stack.set({ port });
    const said = await failure();
    other.close();
    expect(said).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*(already (allocated|in use))`));
  });

  it("a container that was removed by hand", async () => {
    const [redis] = await stackContainers(stack.prefix, "redis");
    await run("docker", ["rm", "--force", redis?.id ?? ""]);
    await stack.refreshAndUp();
  });

  it.each(["SIGINT", "SIGKILL"] as const)("%s in the middle of an update", async (signal) => {
    await stack.set({ "env.RELEASE": signal, "overrides.postgres.workMemMiB": 5 });
    const [before] = await stackContainers(stack.prefix, "postgres");
    const update = stack.beginUp();
    await eventually(async () => {
      const [now] = await stackContainers(stack.prefix, "postgres");
      if (!now || now.id === before?.id) throw new Error("PostgreSQL is not being replaced");
    });
    process.kill(-(update.pid ?? 0), signal);
    await once(update, "exit");
    if (signal === "SIGKILL") await stack.pulumi("cancel", "--yes");
  });

  it("an engine that goes away in the middle of an update", async () => {
    const before = await containers();
    const proxy = await EngineProxy.start();
    await stack.set({ "env.RELEASE": "without an engine" });
    const said = failure({ DOCKER_HOST: proxy.address });
    await eventually(async () => {
      if ((await containers()).every((id) => before.includes(id))) throw new Error("nothing is being replaced");
    });
    proxy.stop();
    expect(await said).toMatch(/annot connect to the Docker daemon|connection|EOF/);
    expect(await ready()).toBe(200);
  });
});

/** The engine behind an address of its own, which can go away while the engine itself goes on. */
class EngineProxy {
  private readonly sockets = new Set<Socket>();
  private constructor(
    private readonly server: Server,
    readonly address: string,
  ) {}

  static async start(): Promise<EngineProxy> {
    const socketPath = path.join(tmpdir(), `sized-stack-engine-${process.pid}.sock`);
    const server = createServer().listen(socketPath);
    const proxy = new EngineProxy(server, `unix://${socketPath}`);
    const engine = (process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock").replace("unix://", "");
    server.on("connection", (client) => {
      const upstream = connect(engine);
      for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
        proxy.sockets.add(from);
        from.on("error", () => to.destroy()).pipe(to);
      }
    });
    await once(server, "listening");
    return proxy;
  }

  stop(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
