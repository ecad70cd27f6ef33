import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SERVICE_LABEL, STACK_LABEL } from "../../components/platform/docker/container-args";
import { stackContainers } from "../../tools/stack/containers";
import { localImage } from "./images";
import { longestGap, watching } from "./load";
import { TestStack } from "./stack";

const MINUTE = 60_000;
/** Two backend containers of one worker, and two of Celery at least. */
const SETTINGS = {
  target: "docker",
  tier: "extreme",
  rollout: "recreate",
  "hardware.threads": 2,
  "hardware.memory": "4GiB",
  "celery.heartbeatFile": "/tmp/celery-heartbeat",
};

const first = (times: bigint[]) => times.toSorted((a, b) => Number(a - b))[0];
const last = (times: bigint[]) => times.toSorted((a, b) => Number(a - b)).at(-1);

describe("without room for two copies, on the real engine", { timeout: 6 * MINUTE }, () => {
  let stack: TestStack;

  beforeAll(async () => {
    stack = await TestStack.create({ settings: SETTINGS });
    await stack.up();
  }, 10 * MINUTE);

  afterAll(() => stack?.remove(), 2 * MINUTE);

  const ids = async (service: string) => (await stackContainers(stack.prefix, service)).map(({ id }) => id);

  /** When containers of a service started and ended during `work`, in nanoseconds of the engine's clock. */
  async function during(service: string, work: () => Promise<unknown>) {
    const old = await ids(service);
    const labels = [`label=${STACK_LABEL}=${stack.prefix}`, `label=${SERVICE_LABEL}=${service}`];
    const filters = [...labels, "event=start", "event=die"].map((each) => `--filter=${each}`);
    // Listened to all the time: afterwards the engine knows its last 256 events, health checks included.
    const events = spawn("docker", ["events", ...filters, "--format={{.TimeNano}} {{.Action}} {{.ID}}"]);
    let said = "";
    events.stdout.on("data", (chunk) => {
      said += chunk;
    });
    try {
      await work();
    } finally {
      events.kill();
    }
    const lines = said
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(" "));
    const times = (action: string, isOld: boolean) =>
      lines
        .filter(([, what, id = ""]) => what === action && old.some((each) => id.startsWith(each)) === isOld)
        .map(([at = ""]) => BigInt(at));
    return { old, lastOldEnd: last(times("die", true)), firstNewStart: first(times("start", false)) };
  }

  const expectOldFirst = ({ lastOldEnd = 0n, firstNewStart = 0n }: Awaited<ReturnType<typeof during>>) => {
    expect(lastOldEnd).toBeGreaterThan(0n);
    expect(firstNewStart).toBeGreaterThan(lastOldEnd);
  };

  it.each(["backend", "celery"])("all old containers of %s end before the first new one starts", async (service) => {
    expect((await ids(service)).length).toBeGreaterThan(1);
    let gap = 0;
    const deploy = await during(service, async () => {
      await stack.set({ "env.RELEASE": `for ${service}` });
      gap = longestGap(await watching(stack.url("/api/health"), () => stack.up()));
    });
    console.info(`a deploy that stops first: ${gap} s without an answer`);
    expectOldFirst(deploy);
    expect((await ids(service)).filter((id) => deploy.old.includes(id))).toEqual([]);
    expect(gap).toBeGreaterThan(0);
  });

  it("one that leaves fewer containers ends those without a successor first, too", async () => {
    expectOldFirst(
      await during("backend", async () => {
        await stack.set({ tier: "low" });
        await stack.up();
      }),
    );
    expect(await ids("backend")).toHaveLength(1);
  });

  it("a migration that fails comes before anything stops", async () => {
    const [settings, before] = [stack.settingsFile(), [...(await ids("backend")), ...(await ids("celery"))]];
    await stack.set({ "env.RELEASE": "three", "migration[0]": "sh", "migration[1]": "-c", "migration[2]": "exit 3" });
    expect(await stack.up().then(() => "no failure", String)).toContain("The application that runs was left as it is.");
    expect([...(await ids("backend")), ...(await ids("celery"))]).toEqual(before);
    expect((await fetch(stack.url("/api/ready"))).status).toBe(200);
    stack.restoreSettings(settings);
  });

  it("one that fails says that nothing runs, and the way back leads back", async () => {
    const settings = stack.settingsFile();
    await stack.set({ "images.app": localImage("redis:8") });
    const failure = await stack.up().then(() => "no failure", String);
    expect(failure).toContain("nothing of this service runs until one succeeds. To go back to what ran before");
    stack.restoreSettings(settings);
    await stack.up();
    expect((await fetch(stack.url("/api/ready"))).status).toBe(200);
  });

  it("with room for both the new ones start first", async () => {
    const { lastOldEnd = 0n, firstNewStart = 0n } = await during("backend", async () => {
      await stack.set({ rollout: "gapless", "env.RELEASE": "gapless" });
      await stack.up();
    });
    expect(firstNewStart).toBeGreaterThan(0n);
    expect(lastOldEnd).toBeGreaterThan(firstNewStart);
  });

  it("a stack whose containers came side by side stops first once its plan says so", async () => {
    expectOldFirst(
      await during("backend", async () => {
        await stack.set({ rollout: "recreate", "env.RELEASE": "recreate" });
        await stack.up();
      }),
    );
  });
});
