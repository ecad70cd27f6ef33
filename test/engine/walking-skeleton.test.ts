import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stackContainers, stackVolumes } from "../../tools/containers";
import { run } from "../../tools/toolchain/command";
import { TestStack } from "./stack";

const MINUTE = 60_000;

type Answer = Readonly<Record<string, unknown>>;
const answer = async (response: Promise<Response>): Promise<Answer> => (await (await response).json()) as Answer;

describe("the stack on the real engine", { timeout: 6 * MINUTE }, () => {
  let stack: TestStack;
  let itemId: unknown;

  beforeAll(async () => {
    stack = await TestStack.create();
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
    let task = await get(`/api/tasks/${id}`);
    for (let second = 0; second < 30 && task.state !== "SUCCESS"; second++) {
      await sleep(1000);
      task = await get(`/api/tasks/${id}`);
    }
    expect(task).toEqual({ id, state: "SUCCESS", result: 42 });
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
    expect(await stackVolumes(stack.prefix)).toEqual([`${stack.prefix}-postgres`, `${stack.prefix}-redis`]);
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

/** What the state holds, decrypted: the only place that may know. */
async function generatedPasswords(stack: TestStack): Promise<string[]> {
  const { deployment } = JSON.parse(await stack.pulumi("stack", "export", "--show-secrets"));
  const resources: { type: string; outputs?: { output?: { plaintext?: string } | string } }[] = deployment.resources;
  return resources
    .filter(({ type }) => type === "pulumi:index:Stash")
    .map(({ outputs }) => outputs?.output)
    .map((output) => (typeof output === "string" ? output : JSON.parse(output?.plaintext ?? '""')));
}

/** Both streams of a container's log. */
const logs = async (id: string): Promise<string> => {
  const lines: string[] = [];
  await run("docker", ["logs", id], { onLine: (line) => lines.push(line) });
  return lines.join("\n");
};
