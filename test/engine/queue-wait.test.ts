import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { STACK_LABEL } from "../../components/platform/docker/container-args";
import { ESTIMATED_WAIT } from "../../components/platform/ec2/alarms";
import { stackContainers } from "../../tools/stack/containers";
import { run } from "../../tools/toolchain/command";
import { eventually } from "./eventually";
import { localImage } from "./images";

const MINUTE = 60_000;
const PREFIX = `sized-stack-test-queue-wait-${randomBytes(4).toString("hex")}`;
const APPLICATION = localImage("sized-stack/example-app");
const PASSWORD = "of-a-test";
const TASKS = 200;
const URGENT_TASKS = 20;
const SLOTS_OF_A_WORKER = 2;

/** What the ECS agent answers a container that asks about its task. */
const METADATA = `
import http.server, json
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/v4/of-a-task/task" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"Cluster": "arn:aws:ecs:eu-central-1:111122223333:cluster/shop-prod"}).encode())
http.server.HTTPServer(("", 80), Handler).serve_forever()
`;

/** Tasks of a second each, some of them in kombu's list of another priority. */
const ENQUEUE = `
from app.celery_app import add
for number in range(${TASKS}):
    add.delay(number, 1, 1)
for number in range(${URGENT_TASKS}):
    add.apply_async((number, 1, 1), priority=9)
`;

const WORKER = [
  "celery",
  "--app=app.celery_app",
  "worker",
  "--loglevel=info",
  `--concurrency=${SLOTS_OF_A_WORKER}`,
  "--prefetch-multiplier=1",
];
const ON_ECS = "--env=ECS_CONTAINER_METADATA_URI_V4=http://metadata/v4/of-a-task";

interface Published {
  readonly _aws: { readonly CloudWatchMetrics: readonly unknown[]; readonly Timestamp: number };
  readonly Cluster: string;
  readonly EstimatedWaitSeconds: number;
  readonly Queued: number;
  readonly MeanRunSeconds: number;
  readonly Slots: number;
}

describe("the estimated wait of a queue", { timeout: 5 * MINUTE }, () => {
  const start = async (...args: string[]) =>
    (
      await run("docker", ["run", "--detach", `--label=${STACK_LABEL}=${PREFIX}`, `--network=${PREFIX}`, ...args])
    ).trim();
  const application = (options: readonly string[], argv: readonly string[]) =>
    start("--env=REDIS_HOST=redis", `--env=REDIS_PASSWORD=${PASSWORD}`, ...options, APPLICATION, ...argv);
  const inRedis = async (container: string, ...command: string[]) =>
    (
      await run("docker", ["exec", `--env=REDISCLI_AUTH=${PASSWORD}`, container, "redis-cli", "--raw", ...command])
    ).trim();
  /** Lines that are JSON from the first character to the last: CloudWatch takes no others for metrics. */
  const published = async (id: string): Promise<Published[]> =>
    (await run("docker", ["logs", id]))
      .split("\n")
      .filter((line) => line.startsWith("{") && line.includes("_aws"))
      .map((line) => JSON.parse(line));
  const firstPublished = async (id: string): Promise<Published> => {
    for (let attempt = 0; attempt < 240; attempt++) {
      const [first] = await published(id);
      if (first) return first;
      await sleep(500);
    }
    throw new Error(`nothing published; its log:\n${await run("sh", ["-c", `docker logs --tail 20 ${id} 2>&1`])}`);
  };
  const succeeded = async (id: string): Promise<number> =>
    Number(await run("sh", ["-c", `docker logs ${id} 2>&1 | grep --count succeeded || true`]));

  let redis: string;
  let first: string;
  let elsewhere: string;

  beforeAll(async () => {
    await run("docker", ["network", "create", PREFIX]);
    redis = await start("--network-alias=redis", localImage("redis:8"), "redis-server", "--requirepass", PASSWORD);
    await start("--network-alias=metadata", "--user=0", APPLICATION, "python", "-c", METADATA);
    const enqueue = await application([], ["python", "-c", ENQUEUE]);
    expect((await run("docker", ["wait", enqueue])).trim()).toBe("0");
    first = await application([ON_ECS], WORKER);
    elsewhere = await application([], WORKER);
    await eventually(async () => {
      if ((await succeeded(first)) < 5 * SLOTS_OF_A_WORKER) throw new Error("the worker has not begun");
    }, 180);
  }, 5 * MINUTE);

  afterAll(async () => {
    for (const { id } of await stackContainers(PREFIX)) await run("docker", ["rm", "--force", "--volumes", id]);
    await run("docker", ["network", "rm", PREFIX]);
  }, MINUTE);

  it("is what is queued, of every priority, times the mean run time, over the slots of all workers", async () => {
    const second = await application([ON_ECS], WORKER);
    const line = await firstPublished(second);
    const left =
      Number(await inRedis(redis, "LLEN", "celery")) + Number(await inRedis(redis, "LLEN", "celery\x06\x169"));
    expect(line.Slots).toBe(2 * SLOTS_OF_A_WORKER);
    expect(line.MeanRunSeconds).toBeGreaterThanOrEqual(1);
    // A task sleeps for a second; what it takes beyond that is the machine's, and less than the tasks of all slots.
    expect(line.MeanRunSeconds).toBeLessThan(4);
    expect(line.Queued).toBeGreaterThanOrEqual(left);
    expect(line.Queued).toBeLessThan(TASKS + URGENT_TASKS);
    expect(line.EstimatedWaitSeconds).toBeCloseTo((line.Queued * line.MeanRunSeconds) / line.Slots, 0);
    expect(line.EstimatedWaitSeconds).toBeLessThan((await firstPublished(first)).EstimatedWaitSeconds);
  });

  it("is the metric that alarm and scaling read, under the cluster's name", async () => {
    const { _aws, Cluster } = await firstPublished(first);
    expect(Cluster).toBe("shop-prod");
    expect(Math.abs(Date.now() - _aws.Timestamp)).toBeLessThan(2 * MINUTE);
    expect(_aws.CloudWatchMetrics).toEqual([
      {
        Namespace: ESTIMATED_WAIT.namespace,
        Dimensions: [["Cluster"]],
        Metrics: [{ Name: ESTIMATED_WAIT.metricName, Unit: "Seconds" }],
      },
    ]);
  });

  it("is not published outside ECS, nor is anything measured there", async () => {
    expect(await succeeded(elsewhere)).toBeGreaterThan(0);
    expect(await published(elsewhere)).toEqual([]);
    expect((await inRedis(redis, "ZRANGE", "estimated-wait:workers", "0", "-1")).split("\n")).toHaveLength(2);
  });
});
