import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BODY_LIMIT_FILE } from "../../components/platform/docker/body-limit";
import { STACK_LABEL } from "../../components/platform/docker/container-args";
import { DRAIN_FILE, drainArgv } from "../../components/platform/docker/drain";
import { HAPROXY_CONFIG_PATH, haproxyConfig } from "../../components/platform/docker/haproxy";
import { sizingPlan } from "../../components/sizing";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { answer, eventually } from "./eventually";
import { localImage } from "./images";
import { underLoad } from "./load";

const MINUTE = 60_000;
const PREFIX = `sized-stack-test-drain-${randomBytes(4).toString("hex")}`;
const folder = mkdtempSync(path.join(tmpdir(), "sized-stack-drain-"));

/** The worst a server can do: asked to stop it is gone at once, and cuts off whoever waits for an answer. */
const ABRUPT_SERVER = `
import http.server, os, signal, time
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *_): pass
    def do_GET(self):
        time.sleep(0 if self.path == "/api/health" else 0.1)
        self.send_response(200); self.send_header("Content-Length", "0")
        self.send_header("Served-By", os.uname().nodename); self.end_headers()
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0))); self.do_GET()
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
`;

describe("a backend that stops while another serves", { timeout: 2 * MINUTE }, () => {
  const start = (...args: string[]) =>
    run("docker", ["run", "--detach", `--label=${STACK_LABEL}=${PREFIX}`, `--network=${PREFIX}`, ...args]).then((id) =>
      id.trim(),
    );
  const backend = (argv: readonly string[]) =>
    start(
      ...["--network-alias=backend", `--volume=${folder}/drain.py:${DRAIN_FILE.path}:ro`],
      ...[localImage("sized-stack/example-app"), ...argv],
    );
  const abrupt = ["python", "-c", ABRUPT_SERVER];
  let url: string;

  beforeAll(async () => {
    await run("docker", ["network", "create", PREFIX]);
    writeFileSync(path.join(folder, "drain.py"), DRAIN_FILE.content);
    const plan = sizingPlan({ hardware: { threads: 2, memory: "4GiB" }, tier: "low" }).loadBalancer;
    const config = haproxyConfig({
      ...{ plan, host: "backend", port: 8000, healthPath: "/api/health" },
      ...{ aliveStatuses: [200, 503], drainSeconds: 25, idleSeconds: 60, maxBodyMiB: 16 },
    });
    writeFileSync(path.join(folder, "haproxy.cfg"), config);
    writeFileSync(path.join(folder, "body-limit.lua"), BODY_LIMIT_FILE.content);
    await backend(drainArgv(abrupt));
    const haproxy = await start(
      `--volume=${folder}/body-limit.lua:${BODY_LIMIT_FILE.path}:ro`,
      ...["--publish=127.0.0.1::8000", `--volume=${folder}/haproxy.cfg:${HAPROXY_CONFIG_PATH}:ro`],
      ...["--entrypoint=haproxy", localImage("haproxy:3.0"), "-W", "-db", "-f", HAPROXY_CONFIG_PATH],
    );
    url = `http://${(await run("docker", ["port", haproxy, "8000/tcp"])).trim()}`;
  }, MINUTE);

  afterAll(async () => {
    for (const { id } of await stackContainers(PREFIX)) await run("docker", ["rm", "--force", id]);
    await run("docker", ["network", "rm", PREFIX]);
    rmSync(folder, { recursive: true });
  }, MINUTE);

  /** The container is in the rotation once it has answered. */
  const servedBy = async (id: string) => {
    const { headers } = await answer(url);
    expect(headers.get("served-by")).toBe(id.slice(0, 12));
  };
  const lostWhenStopped = async (argv: readonly string[]) => {
    const id = await backend(argv);
    await eventually(() => servedBy(id));
    const { lost, answers, timeouts, total } = await underLoad(url, [{ path: "/", method: "POST", body: "{}" }], () =>
      run("docker", ["stop", "--time", "20", id]),
    );
    expect(total).toBeGreaterThan(50);
    const { "200": _, ...others } = answers;
    return { ...lost, ...others, ...(timeouts > 0 && { timeouts }) };
  };

  it("loses requests where it stops at once", async () => {
    expect(await lostWhenStopped(abrupt)).not.toEqual({});
  });

  it("loses nothing where it leaves the rotation first", async () => {
    expect(await lostWhenStopped(drainArgv(abrupt))).toEqual({});
  });

  it("ends with the exit code of its program", async () => {
    const id = await backend(drainArgv(["python", "-c", "raise SystemExit(3)"]));
    expect((await run("docker", ["wait", id])).trim()).toBe("3");
  });
});
