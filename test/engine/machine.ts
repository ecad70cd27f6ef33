import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { run } from "../../tools/toolchain/command";
import { eventually } from "./eventually";
import { testImage } from "./images";

/** What an engine needs in a container, which is less than `--privileged`: some machines cannot give all of that. */
const PRIVILEGES = [
  ...["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"].map((capability) => `--cap-add=${capability}`),
  ...["seccomp", "apparmor", "systempaths"].map((guard) => `--security-opt=${guard}=unconfined`),
];

/** A machine with a Docker engine of its own, in a container: it may be killed while everyone else's goes on. */
export class Machine {
  private readonly name = `sized-stack-test-machine-${randomBytes(4).toString("hex")}`;
  private readonly folder = mkdtempSync(path.join(tmpdir(), "sized-stack-machine-"));
  /** For DOCKER_HOST. */
  readonly engine = `unix://${this.folder}/docker.sock`;
  private readonly outside = { DOCKER_HOST: process.env.DOCKER_HOST ?? "" };

  /** Starts it, with images of the engine it runs on. */
  async start(images: readonly string[]): Promise<void> {
    const image = await testImage("machine");
    const mounts = [
      // As on a real one, /run does not outlive the machine: a lock file would name a process of the next life.
      "--tmpfs=/run",
      `--volume=${this.folder}:/engine`,
    ];
    const dockerd = ["--host=unix:///engine/docker.sock", `--group=${process.getgid?.() ?? 0}`];
    await this.docker("run", "--detach", "--init", `--name=${this.name}`, ...PRIVILEGES, ...mounts, image, ...dockerd);
    await this.answers();
    const load = 'inside=$1; shift; docker save "$@" | DOCKER_HOST=$inside docker load';
    await run("bash", ["-o", "pipefail", "-c", load, "load", this.engine, ...images], {
      env: this.outside,
      timeoutSeconds: 300,
    });
  }

  /** Runs a command on it. */
  run = (...command: string[]): Promise<string> => this.docker("exec", this.name, ...command);

  /** The engine and its containerd die at once; what keeps services running starts them again. */
  async killEngine(): Promise<void> {
    await this.run("pkill", "-KILL", "--exact", "dockerd|containerd");
    await this.answers();
  }

  /** Everything on it dies at once; then it boots. */
  async losePower(): Promise<void> {
    await this.docker("kill", this.name);
    await this.docker("start", this.name);
    await this.answers();
  }

  async remove(): Promise<void> {
    await this.docker("rm", "--force", "--volumes", this.name).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private answers = () =>
    eventually(() => run("docker", ["version"], { env: { DOCKER_HOST: this.engine }, timeoutSeconds: 10 }));
  private docker = (...args: string[]) => run("docker", args, { env: this.outside, timeoutSeconds: 120 });
}
