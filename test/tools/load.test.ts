import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createSocketServer, type Server } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Load, type LoadOptions, underLoad } from "../engine/load";

const STALL_SECONDS = 0.8;
const WORK_SECONDS = 0.5;

const WAYS: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>> = {
  "/well": (response) => response.end("well"),
  "/full": (response) => response.writeHead(503, { "retry-after": "2" }).end(),
  "/redirect-less": (response) => response.writeHead(404).end(),
  "/slower": (response) => setTimeout(() => response.end("very late"), 5000),
  "/slow": (response) => setTimeout(() => response.end("late"), STALL_SECONDS * 1000),
  "/never": () => {},
  "/never-ends": (response) => response.writeHead(200).write("the beginning"),
  "/resets": (_, request) => request.socket.resetAndDestroy(),
  "/closes": (_, request) => request.socket.end(),
  "/half": (response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("half of it", () => response.socket?.destroy());
  },
  "/half-chunked": (response) => {
    response.writeHead(200);
    response.write("half of it", () => response.socket?.destroy());
  },
};

const listening = async (server: Server): Promise<string> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};

describe.concurrent("a load of requests is accounted for, each one under the name of what became of it", {
  timeout: 60_000,
}, () => {
  const server = createServer((request, response) => WAYS[request.url ?? ""]?.(response, request));
  let url: string;
  beforeAll(async () => {
    url = await listening(server);
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  const load = (path: string, options: LoadOptions = { giveUpSeconds: 10 }, at = url): Promise<Load> =>
    underLoad(at, [{ path }], () => sleep(WORK_SECONDS * 1000), options);
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  const expectAll = (found: Load) => {
    expect(found.total).toBeGreaterThan(10);
    expect(sum(found.answers) + sum(found.lost) + found.timeouts).toBe(found.total);
  };

  it.each([
    ["/well", "200"],
    ["/full", "503"],
    ["/redirect-less", "404"],
  ])("an answer, whatever it says: %s", async (path, status) => {
    const found = await load(path);
    expectAll(found);
    expect(found).toMatchObject({ answers: { [status]: found.total }, lost: {}, timeouts: 0, late: 0 });
  });

  it.each(["/resets", "/closes", "/half", "/half-chunked"])("cut off: %s", async (path) => {
    const found = await load(path);
    expectAll(found);
    expect(found).toMatchObject({ answers: {}, lost: { "cut off": found.total }, timeouts: 0, late: 0 });
  });

  it("refused, where nobody listens", async () => {
    const other = createSocketServer();
    const nobody = await listening(other);
    await new Promise((closed) => other.close(closed));
    const found = await load("/", {}, nobody);
    expectAll(found);
    expect(found).toMatchObject({ answers: {}, lost: { refused: found.total }, timeouts: 0, late: 0 });
  });

  it.each(["/never", "/never-ends"])("a time-out, which is neither an answer nor a loss: %s", async (path) => {
    const found = await load(path, { giveUpSeconds: 0.3, lateSeconds: 0.2 });
    expectAll(found);
    expect(found).toMatchObject({ answers: {}, lost: {}, timeouts: found.total, late: found.total });
  });

  it("an answer that comes late is an answer, and late", async () => {
    const found = await load("/slow", { giveUpSeconds: 10, lateSeconds: STALL_SECONDS / 2 });
    expectAll(found);
    expect(found).toMatchObject({ answers: { "200": found.total }, lost: {}, timeouts: 0, late: found.total });
    expect(found.slowestSeconds).toBeGreaterThanOrEqual(STALL_SECONDS * 0.99);
  });

  it("nothing is late where the control is as slow, and everything where the control is quick", async () => {
    const options = { giveUpSeconds: 10, lateSeconds: 0 };
    const both = await load("/slow", { ...options, control: `${url}/slow` });
    expect(both).toMatchObject({ answers: { "200": both.total }, late: 0 });
    const one = await load("/slower", { ...options, control: `${url}/well` });
    expect(one).toMatchObject({ answers: { "200": one.total }, late: one.total });
    expect(one.controlSeconds).toBeLessThan(both.controlSeconds);
  });

  it("a control that does not answer is an error, not an excuse", async () => {
    await expect(load("/well", { control: `${url}/resets` })).rejects.toThrow("did not answer: cut off");
  });

  it("of several addresses, each under its own name", async () => {
    const paths = ["/well", "/full", "/half", "/never"].map((path) => ({ path }));
    const found = await underLoad(url, paths, () => sleep(WORK_SECONDS * 1000), { giveUpSeconds: 5 });
    expectAll(found);
    for (const count of [found.answers["200"], found.answers["503"], found.lost["cut off"], found.timeouts]) {
      expect(count).toBeGreaterThanOrEqual(Math.floor(found.total / 4));
    }
  });
});
