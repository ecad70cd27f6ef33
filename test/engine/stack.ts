import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { stackContainers } from "../../tools/stack/containers";
import { stackPrefix } from "../../tools/stack/settings";
import { stackVolumes } from "../../tools/stack/volumes";
import { run } from "../../tools/toolchain/command";
import { pulumiEnvironment } from "../../tools/toolchain/environment";
import { PROJECT } from "../../tools/toolchain/versions";

const UP = ["up", "--yes", "--skip-preview", "--suppress-outputs"];
const PROGRAM = ["Pulumi.yaml", "package.json", "tsconfig.json", "node_modules", "index.ts", "components", "tools"];

/** The smallest system, on the local Docker engine. */
const SMALL = {
  target: "docker",
  tier: "low",
  "hardware.threads": 1,
  "hardware.memory": "2GiB",
  "migration[0]": "python",
  "migration[1]": "-m",
  "migration[2]": "app.migrate",
  "celery.heartbeatFile": "/tmp/celery-heartbeat",
  "celery.beat": "true",
};

interface TestStackOptions {
  /** The stack's settings, but for the port, which is a free one. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** Added to the environment of every `pulumi`, as the address of a stub of AWS. */
  readonly env?: Readonly<Record<string, string>>;
  /** Folder of the program that makes the stack. Default: this project's. */
  readonly project?: string;
}

/** A stack of this project on the real engine, beside a developer's own: its name, port and state are its own. */
export class TestStack {
  readonly name = `test-${randomBytes(4).toString("hex")}`;
  readonly prefix = stackPrefix(this.name);
  /** A project folder that borrows the program: settings and state written here leave the clone as it is. */
  private readonly folder = mkdtempSync(path.join(tmpdir(), "sized-stack-"));

  private constructor(
    readonly port: number,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  static async create({ settings = SMALL, env = {}, project = PROJECT }: TestStackOptions = {}): Promise<TestStack> {
    const stack = new TestStack(await freePort(), { ...(await pulumiEnvironment()), ...env });
    stack.runProgramOf(project);
    mkdirSync(path.join(stack.folder, "state"));
    await stack.pulumi("stack", "init", stack.name);
    await stack.set({ ...settings, ...(settings.target === "docker" ? { port: stack.port } : {}) });
    return stack;
  }

  /** From now on this is the program, as after a `git pull`; state and settings stay. */
  runProgramOf(project: string): void {
    for (const name of PROGRAM) {
      rmSync(path.join(this.folder, name), { force: true });
      symlinkSync(path.join(project, name), path.join(this.folder, name));
    }
  }

  async set(settings: Readonly<Record<string, string | number>>): Promise<void> {
    const pairs = Object.entries(settings).flatMap(([key, value]) => ["--plaintext", `sized-stack:${key}=${value}`]);
    await this.pulumi("config", "set-all", "--path", ...pairs);
  }

  private readonly settingsPath = path.join(this.folder, `Pulumi.${this.name}.yaml`);
  settingsFile = (): string => readFileSync(this.settingsPath, "utf8");
  restoreSettings = (text: string): void => writeFileSync(this.settingsPath, text);

  /** The files of all modules that the program loads during a preview. */
  async loadedModules(): Promise<string[]> {
    const list = path.join(this.folder, "loaded.txt");
    const hook = path.join(this.folder, "list-modules.js");
    writeFileSync(
      hook,
      `process.on("exit", () => require("fs").appendFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join("\\n") + "\\n"));`,
    );
    await this.pulumiWith({ NODE_OPTIONS: `--require ${hook}` }, ["preview"]);
    return readFileSync(list, "utf8").split("\n");
  }

  /** Runs `pulumi` on this stack's state and settings, with another program in place of the project's. */
  withProgram(source: string): (...args: string[]) => Promise<string> {
    const folder = mkdtempSync(path.join(this.folder, "program-"));
    for (const name of PROGRAM.filter((each) => each !== "index.ts")) {
      symlinkSync(path.join(PROJECT, name), path.join(folder, name));
    }
    symlinkSync(this.settingsPath, path.join(folder, path.basename(this.settingsPath)));
    writeFileSync(path.join(folder, "index.ts"), source);
    return (...args) => this.pulumiWith({}, [...args, "--stack", this.name], folder);
  }

  /** Runs `pulumi` on this stack and resolves to what it prints. */
  pulumi(...args: string[]): Promise<string> {
    return this.pulumiWith({}, args);
  }

  /** Runs another program in the project's folder, which finds `pulumi` and this stack. */
  program = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> =>
    run(program, args, { cwd: this.folder, env: { ...this.environment(), ...env } });

  /** A failure is quoted whole. */
  private async pulumiWith(
    env: Readonly<Record<string, string>>,
    args: readonly string[],
    cwd = this.folder,
  ): Promise<string> {
    const lines: string[] = [];
    try {
      return await run("pulumi", [...args, "--non-interactive"], {
        cwd,
        env: { ...this.environment(), ...env },
        onLine: (line) => lines.push(line),
      });
    } catch (error) {
      throw new Error(lines.join("\n"), { cause: error });
    }
  }

  private environment = () => ({
    ...this.env,
    PULUMI_BACKEND_URL: `file://${this.folder}/state`,
    PULUMI_CONFIG_PASSPHRASE: "of a test",
  });

  /** Begins an update of its own process group, which a test may interrupt. */
  beginUp(): ChildProcess {
    return spawn("pulumi", [...UP, "--non-interactive"], {
      cwd: this.folder,
      env: { ...process.env, ...this.environment() },
      stdio: "ignore",
      detached: true,
    });
  }

  up = (env: Readonly<Record<string, string>> = {}): Promise<string> => this.pulumiWith(env, UP);
  refreshAndUp = (): Promise<string> => this.pulumi(...UP, "--refresh");
  /** Updates with another program in place of the project's. */
  upWith = (source: string, ...args: string[]): Promise<string> => this.withProgram(source)(...UP, ...args);
  down = (): Promise<string> => this.pulumi("destroy", "--yes", "--skip-preview");

  stateFile = (): string =>
    readFileSync(path.join(this.folder, "state", ".pulumi", "stacks", "sized-stack", `${this.name}.json`), "utf8");

  url = (pathAndQuery: string): string => `http://127.0.0.1:${this.port}${pathAndQuery}`;

  /** Removes all of it, its data included, whatever state a failed test left it in. */
  async remove(): Promise<void> {
    const containers = await stackContainers(this.prefix);
    for (const { id } of containers) await run("docker", ["rm", "--force", "--volumes", id]).catch(() => undefined);
    for (const volume of await stackVolumes(this.prefix)) await run("docker", ["volume", "rm", "--force", volume]);
    await run("docker", ["network", "rm", this.prefix]).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** How long is enough to see that a container fails; a container that is well is waited for as ever. */
const PATIENCE_SECONDS = 30;

/** The project's program, which waits less than the product does for containers of these names to become healthy. */
export const impatient = (...names: readonly string[]): string => `
import * as pulumi from "@pulumi/pulumi";
pulumi.runtime.registerStackTransformation(({ type, name, props, opts }) => {
  if (type !== "docker:index/container:Container" || !${JSON.stringify(names)}.includes(name)) return undefined;
  return { props: { ...props, waitTimeout: ${PATIENCE_SECONDS} }, opts };
});
import program = require(${JSON.stringify(path.join(PROJECT, "index.ts"))});
export = program;
`;

/** A port of this machine that nobody listens on. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
