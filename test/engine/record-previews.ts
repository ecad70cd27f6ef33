import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { STANDING_TYPES } from "../../components/platform/ec2/cost";
import { instanceType, registeredHardware } from "../../components/platform/ec2/hardware";
import { parseMemory } from "../../components/sizing";
import { prepare } from "../../tools/toolchain";
import { PROJECT } from "../../tools/toolchain/versions";
import { type Serving, serve } from "../ec2/stub-provider/server";
import { StubAws } from "../ec2/stub-provider/stub-aws";
import { TestStack } from "./stack";

/*
 * Records what `pulumi preview --json` says in the cases that test/tools/pr-comment.test.ts renders: with the real
 * engine, on Docker and on the stub of AWS. Run it after a new version of the engine or of a provider:
 *
 *   npx tsx test/engine/record-previews.ts
 *
 * Identifiers differ each time, so some comments do; what they say must not. `docker-policy` is not recorded here: it was
 * made from the first deploy with a policy pack of three rules, and the events beside it.
 */

const FOLDER = path.join(PROJECT, "test", "data", "previews");
/** Cases named on the command line alone, else all. */
const WANTED = process.argv.slice(2);

const INDEX = readFileSync(path.join(PROJECT, "index.ts"), "utf8");

const STAND_INS = 'path.join(__dirname, ".local", "images.json")';

/** The program with one text in place of another; it finds the images of this machine from its own folder too. */
function edited(...edits: readonly (readonly [string, string])[]): string {
  const here: readonly [string, string] = [STAND_INS, JSON.stringify(path.join(PROJECT, ".local", "images.json"))];
  return [...edits, here].reduce((source, [from, to]) => {
    if (!source.includes(from)) throw new Error(`index.ts has no ${from}`);
    return source.replace(from, to);
  }, INDEX);
}

/** Must be in no file that is recorded. */
const SECRET = "sesame-of-a-test";

type Settings = Readonly<Record<string, string | number>>;

class Recorder {
  constructor(
    private readonly stack: TestStack,
    private readonly prefix: string,
    /** The name that the recorded stack has in the files. */
    private readonly shown: string,
  ) {}

  /** Records the preview of these settings, and takes the settings back. */
  async changed(name: string, settings: Settings, source?: string): Promise<void> {
    await this.recorded(name, () => this.stack.set(settings), source);
  }

  async recorded(name: string, change: () => Promise<unknown>, source?: string): Promise<void> {
    if (WANTED.length > 0 && !WANTED.includes(`${this.prefix}-${name}`)) return;
    const before = this.stack.settingsFile();
    await change();
    await this.keep(name, source === undefined ? undefined : this.stack.withProgram(source), "preview");
    this.stack.restoreSettings(before);
  }

  async destroyed(): Promise<void> {
    await this.keep("destroy", undefined, "destroy", "--preview-only");
  }

  private async keep(
    name: string,
    run: ((...args: string[]) => Promise<string>) | undefined,
    command: "preview" | "destroy",
    ...args: string[]
  ): Promise<void> {
    const all = [command, ...args, "--json", ...(command === "preview" ? ["--show-sames"] : [])];
    const said = await (run ?? ((...given) => this.stack.pulumi(...given)))(...all).catch(
      (error: Error) => error.message,
    );
    const text = said.slice(said.indexOf("{"), said.lastIndexOf("}") + 1);
    const steady = this.steady(JSON.parse(text));
    writeFileSync(path.join(FOLDER, `${this.prefix}-${name}.json`), steady);
    console.log(`recorded ${this.prefix}-${name}`);
  }

  /** Without what differs from run to run, and without what a comment does not read; a step a line. */
  private steady(preview: unknown): string {
    const text = JSON.stringify(preview, (key, value) => (UNREAD.has(key) ? undefined : value))
      .replaceAll(this.stack.name, this.shown)
      .replaceAll(PROJECT, "/project")
      .replaceAll(/\/tmp\/sized-stack-\w+(\/program-\w+)?/g, "/project")
      .replaceAll(String(this.stack.port), "8000");
    const ids = new Map<string, string>();
    const numbered = (kind: string) => (id: string) => {
      const known = ids.get(id) ?? kind.replace("#", String(ids.size + 1));
      ids.set(id, known);
      return known;
    };
    const { steps, ...rest }: { steps?: Step[] | null } = JSON.parse(
      text
        .replaceAll(/(?<![0-9a-f])[0-9a-f]{64}/g, numbered("id-#"))
        .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) =>
          id.startsWith(UNKNOWN) ? id : numbered("uuid-#")(id),
        ),
    );
    const lines = (steps ?? []).map((step) => JSON.stringify(briefly(step)));
    const others = Object.entries(rest).map(([key, value]) => `"${key}": ${JSON.stringify(value)}`);
    return `{\n${[`"steps": [\n${lines.join(",\n")}\n]`, ...others].join(",\n")}\n}\n`;
  }
}

interface Step {
  readonly op: string;
  readonly urn: string;
  readonly newState?: { readonly type: string; readonly inputs?: unknown };
}

/** An unchanged resource once, and its inputs only where a comment reads them: sizes and prices. */
function briefly(step: Step): unknown {
  const { op, urn, newState } = step;
  if (op !== "same" || !newState) return step;
  const { inputs, ...state } = newState;
  const read = state.type.startsWith("sized-stack:") || STANDING_TYPES.has(state.type);
  return { op, urn, newState: read ? newState : state };
}

/** How the marker of a value begins that is not known yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331b";
/** Of the state: outputs repeat inputs, the rest is the engine's own. */
const UNREAD = new Set([
  "duration",
  "config",
  "created",
  "modified",
  "sequenceNumber",
  "propertyDependencies",
  "dependencies",
  "sourcePosition",
  "stackTrace",
  "provider",
  "outputs",
  "resourceHooks",
  "__defaults",
]);

async function onDocker(): Promise<void> {
  const stack = await TestStack.create({
    settings: {
      target: "docker",
      tier: "low",
      "hardware.threads": 2,
      "hardware.memory": "6GiB",
      "migration[0]": "python",
      "migration[1]": "-m",
      "migration[2]": "app.migrate",
      "celery.heartbeatFile": "/tmp/celery-heartbeat",
      "celery.beat": "true",
    },
  });
  const record = new Recorder(stack, "docker", "dev");
  const secret = (key: string) => stack.pulumi("config", "set", "--secret", "--path", `sized-stack:${key}`, SECRET);
  try {
    await record.changed("first-deploy", {});
    await stack.up();
    await record.changed("no-change", {});
    await record.changed("tier-up", { tier: "high" });
    await record.changed("override", { "overrides.postgres.workMemMiB": 6 });
    await record.changed("memory-only", { "overrides.postgres.memoryReservationMiB": 700 });
    await record.changed("image", { "images.app": "registry.example/shop:2" });
    await record.changed("postgres-image", { "images.postgres": "postgres:17.6" });
    await record.recorded("secrets", async () => {
      await secret("postgresPassword");
      await secret("secrets.STRIPE_KEY");
    });
    await record.changed("env", { "env.FEATURE": "a | `b` </details> @someone" });
    await record.changed("port", { port: 8123 });
    await record.recorded("external", async () => {
      await stack.set({ "postgres.external.host": "db.example", "postgres.external.maxConnections": 200 });
      await secret("postgresPassword");
    });
    const renamed = edited([
      'new CeleryFleet("celery", { ...application, ...settings.celery }',
      'new CeleryFleet("workers", { ...application, ...settings.celery }, { aliases: [{ name: "celery" }] }',
    ]);
    await record.changed("renamed", {}, renamed);
    const database = edited([
      'new Postgres("postgres", { ...sized, ...database, image: image(images.postgres) }',
      'new Postgres("database", { ...sized, ...database, image: image(images.postgres) }, { aliases: [{ name: "postgres" }] }',
    ]);
    await record.changed("renamed-database", {}, database);
    await record.changed("wrong-setting", { tier: "hihg", "hardware.thread": 4 });
    await record.changed("does-not-fit", { tier: "extreme", "hardware.memory": "600MiB" });
    await record.changed(
      "failing-program",
      {},
      edited(["return system(settings,", 'throw new Error("not expected");\n    return system(settings,']),
    );
    await stack.set({ tier: "high" });
    await stack.up();
    await record.changed("tier-down", { tier: "low" });
    await record.destroyed();
  } finally {
    await stack.remove();
  }
}

const digest = (letter: string) => `@sha256:${letter.repeat(12)}`.padEnd(72, letter);

async function onEc2(): Promise<void> {
  const aws = new StubAws();
  const serving: Serving = await serve(aws);
  const stack = await TestStack.create({
    settings: {
      target: "ec2",
      tier: "medium",
      "ec2.region": "eu-central-1",
      "ec2.instanceType": "m7i.2xlarge",
      "ec2.data.protect": "false",
      "images.app": `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop${digest("a")}`,
      "images.postgres": `postgres:17${digest("b")}`,
      "images.redis": `redis:8${digest("c")}`,
    },
    env: serving.environment,
  });
  const known = instanceType("m7i.2xlarge");
  if (!known) throw new Error("no m7i.2xlarge");
  const { threads, memory } = registeredHardware(known);
  aws.hosts = [
    {
      name: "data",
      cpu: threads * 1024,
      memory: parseMemory(memory),
      get attributes() {
        return { "sized-stack.role": "data", "sized-stack.data": aws.all("aws:ebs/volume:Volume").at(-1)?.id ?? "" };
      },
    },
  ];
  const record = new Recorder(stack, "ec2", "prod");
  try {
    await record.changed("first-deploy", {});
    await stack.up();
    await record.changed("no-change", {});
    await record.changed("tier-up", { tier: "high" });
    await record.changed("image", {
      "images.app": `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop${digest("d")}`,
    });
    await record.changed("instance-type", { "ec2.instanceType": "m7i.4xlarge" });
    await record.changed("larger-volume", { "ec2.data.sizeGiB": 200 });
    await record.changed("two-hosts", { topology: "app-and-data", "ec2.appHosts.min": 2, "ec2.appHosts.max": 4 });
    await record.recorded("external", async () => {
      await stack.set({
        "postgres.external.host": "db.example",
        "postgres.external.maxConnections": 400,
        "redis.external.host": "redis.example",
        "redis.external.maxClients": 1000,
      });
      await stack.pulumi("config", "rm", "--path", "sized-stack:images.postgres");
      await stack.pulumi("config", "rm", "--path", "sized-stack:images.redis");
      await stack.pulumi("config", "set", "--secret", "sized-stack:postgresPassword", SECRET);
      await stack.pulumi("config", "set", "--secret", "sized-stack:redisPassword", SECRET);
    });
    await record.destroyed();
  } finally {
    await stack.remove();
    serving.stop();
  }
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  await prepare();
  await onDocker();
  await onEc2();
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
