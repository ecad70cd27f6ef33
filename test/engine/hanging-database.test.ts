import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../tools/toolchain/command";
import { planHere } from "../sizing/machines";
import { ByHand } from "./by-hand";
import { eventually } from "./eventually";

const MINUTE = 60_000;
/** More than the machine's tests need to answer, and far less than anything that waits for a server. */
const USUAL_SECONDS = 2;
const STATEMENT_SECONDS = 8;
/** How long requests begin, beside the fault. */
const ASKING_SECONDS = 3;
/** `tcp_user_timeout` of the sample. */
const CUT_SECONDS = 10;

interface Answer {
  readonly path: string;
  readonly status: number;
  readonly retryAfter: string | null;
  readonly seconds: number;
}

describe("a data service that hangs", { timeout: 2 * MINUTE }, () => {
  let system: ByHand;
  const { poolTimeoutSeconds, poolSize, maxOverflow, workers } = planHere({
    ...{ hardware: { threads: 2, memory: "4GiB" }, tier: "low" },
  }).backend;
  const connections = workers * (poolSize + maxOverflow);

  beforeAll(async () => {
    system = await ByHand.start({
      services: ["postgres", "redis", "backend", "load-balancer"],
      sizing: { statementTimeoutSeconds: STATEMENT_SECONDS },
    });
    await eventually(() => system.inside("backend", "python", "-m", "app.migrate"));
  }, 2 * MINUTE);
  afterAll(() => system?.remove(), MINUTE);

  async function ask(path: string, request: RequestInit = {}): Promise<Answer> {
    const began = Date.now();
    const response = await fetch(system.url(path), { ...request, signal: AbortSignal.timeout(30_000) }).catch(
      () => undefined,
    );
    await response?.arrayBuffer();
    return {
      ...{ path, status: response?.status ?? 0, retryAfter: response?.headers.get("retry-after") ?? null },
      seconds: (Date.now() - began) / 1000,
    };
  }

  const form = () => {
    const body = new FormData();
    body.append("file", new Blob(["x".repeat(1000)]), "small.txt");
    return { method: "POST", body };
  };
  const upload = () => ask("/api/uploads", form());
  const enqueue = () =>
    ask("/api/tasks", {
      ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ x: 1, y: 2 }) },
    });
  const health = () => ask("/api/health");
  const read = () => ask("/api/items/1");
  const ready = () => ask("/api/ready");

  /** Ten of each kind a second, for so long; every answer there was in the end. */
  async function asking(seconds: number, kinds: readonly (() => Promise<Answer>)[], each = 1): Promise<Answer[]> {
    const answers: Promise<Answer>[] = [];
    for (let tenth = 0; tenth < 10 * seconds; tenth++) {
      for (const kind of kinds) for (let n = 0; n < each; n++) answers.push(kind());
      await sleep(100);
    }
    return Promise.all(answers);
  }

  const slowest = (answers: readonly Answer[]) => Math.max(...answers.map(({ seconds }) => seconds));
  const outcomes = (answers: readonly Answer[]) => [
    ...new Set(answers.map(({ status, retryAfter }) => `${status} ${retryAfter}`)),
  ];

  /** Loads what needs the database, and what needs none, while it hangs for so long. */
  async function whileItHangs(seconds: number, begin: () => Promise<unknown>, end: () => Promise<unknown>) {
    await begin();
    const ended = sleep(1000 * seconds).then(end);
    const [needing, others] = await Promise.all([
      asking(ASKING_SECONDS, [read, ready], 5),
      asking(ASKING_SECONDS, [upload, enqueue, health]),
    ]);
    await ended;
    await eventually(async () => expect((await ready()).status).toBe(200), 20);
    return { needing, others };
  }

  function expectTheOthersAsUsual(others: readonly Answer[]) {
    expect(outcomes(others).sort()).toEqual(["200 null", "201 null", "202 null"]);
    expect(slowest(others)).toBeLessThan(USUAL_SECONDS);
  }

  it("a locked table: what needs no database answers as usual, the rest 503 within the pool's timeout", async () => {
    const lock = `import os, time, psycopg
password = open(os.environ["POSTGRES_PASSWORD_FILE"]).read()
with psycopg.connect(host="postgres", user="app", dbname="app", password=password, options="-c statement_timeout=0 -c idle_in_transaction_session_timeout=0") as c:
    c.execute("LOCK TABLE items")
    time.sleep(14)`;
    let locked: Promise<unknown> = Promise.resolve();
    const { needing, others } = await whileItHangs(
      0,
      async () => {
        locked = system.inside("backend", "python", "-c", lock);
        await sleep(1500);
      },
      () => locked,
    );
    expectTheOthersAsUsual(others);
    const reads = needing.filter(({ path }) => path === "/api/items/1");
    expect(outcomes(reads)).toEqual(["503 2"]);
    // Those that hold a connection are ended by the server, as many as there are, and again once they are free.
    const held = reads.filter(({ seconds }) => seconds > poolTimeoutSeconds + 1);
    expect(held.length).toBeLessThanOrEqual(2 * connections);
    expect(slowest(reads)).toBeLessThan(STATEMENT_SECONDS + poolTimeoutSeconds + USUAL_SECONDS);
  });

  it("a network that is cut while all connections are open: likewise, and well again when it is back", async () => {
    await asking(1, [read], 5);
    const { needing, others } = await whileItHangs(
      CUT_SECONDS + poolTimeoutSeconds,
      () => system.cut("postgres"),
      () => system.reconnect("postgres"),
    );
    expectTheOthersAsUsual(others);
    expect(outcomes(needing)).toEqual(["503 2"]);
    expect(slowest(needing)).toBeLessThan(CUT_SECONDS + poolTimeoutSeconds + USUAL_SECONDS);
  });

  it("a server that stands still, whose kernel acknowledges everything: likewise", async () => {
    const { needing, others } = await whileItHangs(
      ASKING_SECONDS + poolTimeoutSeconds + USUAL_SECONDS,
      () => run("docker", ["pause", system.id("postgres")]),
      () => run("docker", ["unpause", system.id("postgres")]),
    );
    expectTheOthersAsUsual(others);
    // Those that hold a connection are answered late and well.
    const { length: held } = needing.filter(({ status }) => status !== 503);
    expect(held).toBeLessThanOrEqual(connections);
    expect(outcomes(needing.filter(({ status }) => status === 503))).toEqual(["503 2"]);
  });

  it("Redis that stands still: what needs PostgreSQL or nothing answers as usual", async () => {
    await run("docker", ["pause", system.id("redis")]);
    const [others, needing] = await Promise.all([
      asking(ASKING_SECONDS, [read, upload, health]),
      asking(ASKING_SECONDS, [enqueue], 10),
    ]).finally(() => run("docker", ["unpause", system.id("redis")]));
    // There is no item: the table was read, and it is empty.
    expect(outcomes(others).sort()).toEqual(["200 null", "201 null", "404 null"]);
    expect(slowest(others)).toBeLessThan(USUAL_SECONDS);
    expect(outcomes(needing)).toEqual(["503 2"]);
    expect(slowest(needing)).toBeLessThan(2 * poolTimeoutSeconds + USUAL_SECONDS);
    await eventually(async () => expect((await ready()).status).toBe(200), 20);
  });

  it("ends statements and idle transactions of the backend alone", async () => {
    const shown = `import os, psycopg
password = open(os.environ["POSTGRES_PASSWORD_FILE"]).read()
with psycopg.connect(host="postgres", user="app", dbname="app", password=password) as c:
    print(*[c.execute("SHOW " + name).fetchone()[0] for name in ("statement_timeout", "idle_in_transaction_session_timeout")])`;
    expect(await system.inside("backend", "python", "-c", shown)).toBe("8s 8s\n");
    expect(await system.inside("backend", "env", "-u", "PGOPTIONS", "python", "-c", shown)).toBe("0 0\n");
  });

  it("a migration that waits for a table gives up, but waits for another migration as long as it takes", async () => {
    const holding = (statement: string) => `import os, time, psycopg
password = open(os.environ["POSTGRES_PASSWORD_FILE"]).read()
with psycopg.connect(host="postgres", user="app", dbname="app", password=password, options="-c idle_in_transaction_session_timeout=0") as c:
    c.execute("${statement}")
    time.sleep(6)`;
    const migrating = async (held: string) => {
      const lock = system.inside("backend", "python", "-c", holding(held));
      await sleep(1500);
      const began = Date.now();
      const migration = ["env", "PGOPTIONS=-c lock_timeout=2s", "python", "-m", "app.migrate"];
      const said = await system.inside("backend", ...migration).catch(String);
      const seconds = (Date.now() - began) / 1000;
      await lock;
      return { said, seconds };
    };
    const table = await migrating("LOCK TABLE sensors");
    expect(table.said).toContain("exit code 1");
    expect(table.seconds).toBeLessThan(2 + 2 * USUAL_SECONDS);
    expect((await migrating("SELECT pg_advisory_xact_lock(4242)")).said).toContain("up to date");
  });

  it("the sample bounds bodies itself, where no load balancer does: those it parses, and files", async () => {
    const post = `import http.client
def post(path, kind, mebibytes):
    c = http.client.HTTPConnection("127.0.0.1", 8000, timeout=20)
    head = b'--x\\r\\nContent-Disposition: form-data; name="file"; filename="a"\\r\\n\\r\\n' if "form" in kind else b'{"name": "'
    tail = b"\\r\\n--x--\\r\\n" if "form" in kind else b'"}'
    try:
        c.request("POST", path, iter([head, *[b"y" * 2**20] * mebibytes, tail]), {"Content-Type": kind, "Transfer-Encoding": "chunked"}, encode_chunked=True)
    except OSError:
        pass
    return c.getresponse().status
print(post("/api/items", "application/json", 2), *[post("/api/uploads", "multipart/form-data; boundary=x", n) for n in (2, 17)])`;
    expect(await system.inside("backend", "python", "-c", post)).toBe("413 201 413\n");
  });
});
