import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { ConvergingStack } from "./converging-stack";
import { eventually } from "./eventually";

const MINUTE = 60_000;

describe("an update that something else breaks off, and the next one converges", { timeout: 10 * MINUTE }, () => {
  const system = new ConvergingStack();

  it("a port that is taken", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    await system.stack.set({ port });
    const said = await system.failure();
    other.close();
    expect(said).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*(already (allocated|in use))`));
  });

  it("a container that was removed by hand", async () => {
    const [redis] = await stackContainers(system.stack.prefix, "redis");
    await run("docker", ["rm", "--force", redis?.id ?? ""]);
    await system.stack.refreshAndUp();
  });

  it.each(["SIGINT", "SIGKILL"] as const)("%s in the middle of an update", async (signal) => {
    await system.stack.set({ "env.RELEASE": signal, "overrides.postgres.workMemMiB": 5 });
    const [before] = await stackContainers(system.stack.prefix, "postgres");
    const update = system.stack.beginUp();
    await eventually(async () => {
      const [now] = await stackContainers(system.stack.prefix, "postgres");
      if (!now || now.id === before?.id) throw new Error("PostgreSQL is not being replaced");
    });
    process.kill(-(update.pid ?? 0), signal);
    await once(update, "exit");
    if (signal === "SIGKILL") await system.stack.pulumi("cancel", "--yes");
  });

  it("an engine that goes away in the middle of an update", async () => {
    const before = await system.containers();
    const proxy = await EngineProxy.start();
    await system.stack.set({ "env.RELEASE": "without an engine" });
    const said = system.failure({ DOCKER_HOST: proxy.address });
    await eventually(async () => {
      if ((await system.containers()).every((id) => before.includes(id))) throw new Error("nothing is being replaced");
    });
    proxy.stop();
    expect(await said).toMatch(/annot connect to the Docker daemon|connection|EOF/);
    expect(await system.ready()).toBe(200);
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
