import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../tools/toolchain/command";
import { ByHand } from "./by-hand";
import { localImage } from "./images";

const MINUTE = 60_000;
const MIB = 1024 * 1024;
/** Longer than HAProxy needs to notice that an address is gone, and far less than its time limit of a minute. */
const SOON_SECONDS = 15;

/** Answers with what it believes of its client, and reads every body to its end. */
const PROBE = `import json
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while scope["method"] == "POST" and (await receive()).get("more_body"):
        pass
    status = 503 if scope["path"] == "/full" else 200
    headers = {k.decode(): v.decode() for k, v in scope["headers"]}
    told = {k: v for k, v in headers.items() if k.startswith("x-forwarded") or k in ("forwarded", "x-real-ip")}
    body = json.dumps({"client": scope["client"][0], "scheme": scope["scheme"], "told": told}).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})
`;
const PROBED = { backend: { app: "probe:app" }, files: { "/srv/probe.py": PROBE } };
const SERVICES = ["backend", "load-balancer"] as const;

interface Believed {
  readonly client: string;
  readonly scheme: string;
  readonly told: Readonly<Record<string, string>>;
}
const FORGED = {
  "X-Forwarded-For": "6.6.6.6, 203.0.113.9",
  "X-Forwarded-Proto": "https",
  "X-Forwarded-Host": "evil.example",
  "X-Real-IP": "6.6.6.6",
  Forwarded: "for=6.6.6.6",
};

const believed = async (url: string): Promise<Believed> =>
  (await (await fetch(url, { headers: FORGED })).json()) as Believed;

/** Begins a request, goes on with its body, and tells what is answered and after how long. */
function sending(url: string, head: string, chunk: () => string, everyMs: number) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(`POST /api/uploads HTTP/1.1\r\nHost: test\r\n${head}\r\n\r\n`);
  const timer = setInterval(() => socket.writable && socket.writableLength < MIB && socket.write(chunk()), everyMs);
  let answer = "";
  socket.on("data", (data) => {
    answer += data;
  });
  return new Promise<{ answer: string; at: number }>((resolve) => {
    const end = () => {
      clearInterval(timer);
      socket.destroy();
      resolve({ answer, at: Date.now() });
    };
    socket.on("data", () => setTimeout(end, 50));
    socket.on("error", end);
    socket.on("close", end);
    setTimeout(end, 1000 * (SOON_SECONDS + 10)).unref();
  });
}

const chunked = (bytes: number) => `${bytes.toString(16)}\r\n${"y".repeat(bytes)}\r\n`;
const LONG = "Content-Length: 10000000";

describe("the entrance on Docker", { timeout: 2 * MINUTE }, () => {
  let system: ByHand;
  beforeAll(async () => {
    system = await ByHand.start({ services: SERVICES, ...PROBED });
  }, MINUTE);
  afterAll(() => system?.remove(), MINUTE);

  it("tells the application who its client is, whatever the client says itself", async () => {
    const { client, scheme, told } = await believed(system.url("/"));
    // This machine, as the network sees it.
    const gateway = await run("docker", [
      "network",
      "inspect",
      "-f",
      "{{(index .IPAM.Config 0).Gateway}}",
      system.prefix,
    ]);
    expect({ client, scheme }).toEqual({ client: gateway.trim(), scheme: "http" });
    expect(told).toEqual({ "x-forwarded-for": client, "x-forwarded-proto": "http" });
  });

  it("says when to come again with a 503 of uvicorn's, which does not", async () => {
    expect((await fetch(system.url("/full"))).headers.get("retry-after")).toBe("2");
  });

  it("answers 413 to a body that is too large, announced or streamed, and lets one through that is not", async () => {
    const announced = await sending(system.url("/"), `Content-Length: ${17 * MIB}`, () => "y", 100);
    expect(announced.answer).toMatch(/^HTTP\/1\.1 413 .*application\/json.*"Content Too Large"/s);
    const streamed = await sending(system.url("/"), "Transfer-Encoding: chunked", () => chunked(MIB / 2), 5);
    expect(streamed.answer).toMatch(/^HTTP\/1\.1 413 .*application\/json.*"Content Too Large"/s);
    const body = new ReadableStream({
      start(controller) {
        for (let n = 0; n < 15; n++) controller.enqueue(new Uint8Array(MIB));
        controller.close();
      },
    });
    const stream: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    expect((await fetch(system.url("/"), stream)).status).toBe(200);
  });

  it("ends uploads soon when the backend's address vanishes, and says in JSON when to come again", async () => {
    const uploads = {
      "announced, fast": sending(system.url("/"), LONG, () => "y".repeat(65_536), 50),
      "announced, slow": sending(system.url("/"), LONG, () => "y".repeat(1000), 1000),
      "announced, in small pieces": sending(system.url("/"), LONG, () => "y".repeat(1000), 200),
      "announced, nothing yet": sending(system.url("/"), LONG, () => "", 1000),
      "chunked, slow": sending(system.url("/"), "Transfer-Encoding: chunked", () => chunked(1000), 500),
      "chunked, fast": sending(system.url("/"), "Transfer-Encoding: chunked", () => chunked(40_000), 50),
    };
    await sleep(3000);
    const cut = Date.now();
    await system.cut("backend");
    for (const [kind, upload] of Object.entries(uploads)) {
      const { answer, at } = await upload;
      expect({ kind, answer }).toMatchObject({ answer: expect.stringMatching(/^HTTP\/1\.1 502 .*{"detail":/s) });
      expect({ kind, soon: at - cut < 1000 * SOON_SECONDS }).toEqual({ kind, soon: true });
    }
    const refused = await fetch(system.url("/"));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await refused.json()).toEqual({ detail: "The application does not run" });
  });
});

describe("the entrance behind a proxy that ends TLS", { timeout: MINUTE }, () => {
  let system: ByHand;
  beforeAll(async () => {
    system = await ByHand.start({ services: SERVICES, ...PROBED, platform: { behindTlsProxy: true } });
  }, MINUTE);
  afterAll(() => system?.remove(), MINUTE);

  it("passes on what the proxy says: the last address it added, and https", async () => {
    const { client, scheme } = await believed(system.url("/"));
    expect({ client, scheme }).toEqual({ client: "203.0.113.9", scheme: "https" });
  });
});

it("uvicorn behind a load balancer of AWS believes what that appended, not what came before", {
  timeout: MINUTE,
}, async () => {
  // The load balancer at 10.20.1.5 appends the client to what the client said itself.
  const asked = `import asyncio, sys
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
headers = [(b"x-forwarded-for", b"6.6.6.6, 10.20.3.3, 203.0.113.9"), (b"x-forwarded-proto", b"https")]
async def app(scope, receive, send):
    print(scope["client"][0], scope["scheme"])
async def ask(trusted):
    scope = {"type": "http", "headers": headers, "client": ("10.20.1.5", 1), "scheme": "http"}
    await ProxyHeadersMiddleware(app, trusted)(scope, None, None)
for trusted in sys.argv[1:]:
    asyncio.run(ask(trusted))`;
  const trusting = (...lists: string[]) =>
    run("docker", ["run", "--rm", localImage("sized-stack/example-app"), "python", "-c", asked, ...lists]);
  const [ours, everybody] = (await trusting("10.20.0.0/16", "*")).trim().split("\n");
  expect([ours, everybody]).toEqual(["203.0.113.9 https", "6.6.6.6 https"]);
});
