import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder } from "./cache";
import { findProgram, run } from "./command";
import type { Need, Progress } from "./need";

const START_SECONDS = 60;
/** `docker.io` is the engine and the client, `iptables` publishes ports. */
const DEBIAN_PACKAGES = ["docker.io", "iptables"];

/** A Docker engine that answers. */
export const dockerEngine: Need<void> = {
  name: "Docker engine",
  ways: [
    { name: "running already", take: askEngine },
    { name: "started dockerd", take: startEngine },
    {
      name: "installed from Debian packages, started dockerd",
      async take(progress) {
        await installDebianPackages(DEBIAN_PACKAGES, progress);
        await startEngine(progress);
      },
    },
  ],
  remedy:
    "Install Docker (https://docs.docker.com/engine/install/) and start it, or name a running engine with DOCKER_HOST.",
};

async function askEngine(): Promise<void> {
  await run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeoutSeconds: 20 });
}

async function startEngine(progress: Progress): Promise<void> {
  if (process.env.DOCKER_HOST) throw new Error(`DOCKER_HOST names another engine: ${process.env.DOCKER_HOST}`);
  if (!findProgram("dockerd")) throw new Error("dockerd is not on PATH");
  if (process.getuid?.() !== 0) throw new Error("only root can start dockerd");
  const logFile = path.join(cacheFolder(), "dockerd.log");
  const log = openSync(logFile, "a");
  progress.say(`starting dockerd, log in ${logFile}`);
  const daemon = spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log] });
  let ended = false;
  daemon.on("exit", () => {
    ended = true;
  });
  daemon.unref();
  for (let second = 0; second < START_SECONDS && !ended; second++) {
    await sleep(1000);
    if (await answers()) return;
  }
  const lastLines = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-5).join("\n");
  throw new Error(`dockerd ${ended ? "ended" : `did not answer within ${START_SECONDS} s`}:\n${lastLines}`);
}

const answers = (): Promise<boolean> =>
  askEngine().then(
    () => true,
    () => false,
  );

/** Also used for the tool that makes base images. */
export async function installDebianPackages(packages: readonly string[], progress: Progress): Promise<void> {
  if (!findProgram("apt-get")) throw new Error("this is no Debian userland: apt-get is not on PATH");
  if (process.getuid?.() !== 0) throw new Error("only root can install Debian packages");
  const options = { env: { DEBIAN_FRONTEND: "noninteractive" }, onLine: progress.detail };
  await run("apt-get", ["update"], options);
  await run("apt-get", ["install", "--yes", "--no-install-recommends", ...packages], options);
}
