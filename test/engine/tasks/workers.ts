import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { celeryArgv } from "../../../components/services/celery";
import { redisArgv, redisStart } from "../../../components/services/redis";
import type { SizingInputs } from "../../../components/sizing";
import { run } from "../../../tools/toolchain/command";
import { planHere } from "../../sizing/machines";
import { localImage } from "../images";

const PASSWORD = "of-a-test";
const PROBE = { name: "probe", source: readFileSync(path.join(__dirname, "probe.py"), "utf8") };

interface WorkersOptions {
  /** What the plan is made of, beside a small machine. */
  readonly inputs?: Partial<SizingInputs>;
  /** In place of what the plan has the application told. */
  readonly env?: Readonly<Record<string, string | number>>;
  readonly memoryMiB?: number;
  /** The Python module with the tasks, by its name. Default `probe.py`. */
  readonly module?: { readonly name: string; readonly source: string };
  readonly redisParameters?: Readonly<Record<string, string>>;
}

/**
 * Redis and Celery workers of the sample, as a plan has them run, without the rest of a stack: there in seconds. The
 * workers know the tasks of a test's own module too.
 */
export class Workers {
  readonly name = `sized-stack-tasks-${randomBytes(4).toString("hex")}`;
  readonly plan;
  /** Variables of an application container, as `docker run` takes them. */
  readonly env: readonly string[];
  private readonly memory: string;
  private readonly module: string;

  private constructor({ inputs = {}, env = {}, memoryMiB = 400, module = PROBE }: WorkersOptions) {
    this.plan = planHere({ hardware: { threads: 2, memory: "2GiB" }, tier: "low", ...inputs });
    const { celery } = this.plan;
    const told = {
      REDIS_HOST: "redis",
      REDIS_PASSWORD: PASSWORD,
      POSTGRES_PASSWORD: PASSWORD,
      LONGEST_TASK_SECONDS: celery.longestTaskSeconds,
      VISIBILITY_TIMEOUT_SECONDS: celery.visibilityTimeoutSeconds,
      RESULT_EXPIRES_SECONDS: celery.resultExpiresSeconds,
      MAX_TASK_RUNS: celery.maxTaskRuns,
      PYTHONPATH: "/srv:/tmp",
      MODULE: module.source,
      ...env,
    };
    this.env = Object.entries(told).map(([name, value]) => `--env=${name}=${value}`);
    this.memory = `${memoryMiB}m`;
    this.module = module.name;
  }

  static async start(options: WorkersOptions = {}): Promise<Workers> {
    const workers = new Workers(options);
    const { name, plan } = workers;
    await run("docker", ["network", "create", name]);
    await run("docker", [
      ...["run", "--detach", `--name=${name}-redis`, `--network=${name}`, "--network-alias=redis"],
      ...[`--env=REDIS_PASSWORD=${PASSWORD}`, "--entrypoint=sh", localImage("redis:8")],
      ...["-c", redisStart(plan.redis, options.redisParameters), "redis"],
      ...redisArgv(plan.redis, options.redisParameters),
    ]);
    return workers;
  }

  /** Starts a worker, and is back when it takes tasks. */
  async worker(name: string): Promise<void> {
    await run("docker", [
      ...["run", "--detach", `--name=${this.name}-${name}`, `--network=${this.name}`, ...this.env],
      ...[`--memory=${this.memory}`, `--memory-swap=${this.memory}`, "--entrypoint=sh"],
      ...[localImage("sized-stack/example-app"), "-c", `echo "$MODULE" > /tmp/${this.module}.py; exec "$@"`, "sh"],
      ...celeryArgv(this.plan.celery, this.module),
    ]);
    await this.ready(name, 1);
  }

  /** Until a worker was ready for the nth time. */
  async ready(name: string, times: number): Promise<void> {
    for (let tenth = 0; tenth < 600; tenth++) {
      if ((await this.log(name)).split(" ready.").length > times) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${name} is not ready:\n${await this.log(name)}`);
  }

  async log(name: string): Promise<string> {
    const lines: string[] = [];
    await run("docker", ["logs", `${this.name}-${name}`], { onLine: (line) => lines.push(line) });
    return lines.join("\n");
  }

  /** What Python prints in the application's image. */
  async python(source: string): Promise<string> {
    return (
      await run("docker", [
        ...["run", "--rm", `--network=${this.name}`, ...this.env, "--entrypoint=sh"],
        ...[
          localImage("sized-stack/example-app"),
          "-c",
          `echo "$MODULE" > /tmp/${this.module}.py; exec python -c "$1"`,
          "sh",
        ],
        source,
      ])
    ).trim();
  }

  /** What a command of Redis answers, in the database of results where no other is named. */
  async redis(args: readonly string[], database = 1): Promise<string> {
    const cli = ["redis-cli", "--no-auth-warning", "-a", PASSWORD, "-n", String(database), ...args];
    return (await run("docker", ["exec", `${this.name}-redis`, ...cli])).trim();
  }

  docker = (...args: string[]): Promise<string> => run("docker", args);

  async remove(): Promise<void> {
    const listed = await run("docker", ["ps", "--all", "--quiet", `--filter=name=${this.name}-`]);
    const ids = listed.split("\n").filter(Boolean);
    if (ids.length > 0) await run("docker", ["rm", "--force", "--volumes", ...ids]);
    await run("docker", ["network", "rm", this.name]);
  }
}
