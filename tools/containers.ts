import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { SERVICE_LABEL, STACK_LABEL } from "../components/platform/docker/container-args";
import { ALL_SERVICES } from "../components/services";
import { run } from "./toolchain/command";

export interface StackContainer {
  readonly id: string;
  readonly name: string;
  readonly service: string;
}

/** The containers of a stack on the Docker engine, those that stopped included. */
export async function stackContainers(prefix: string, service?: string): Promise<StackContainer[]> {
  const filters = [`label=${STACK_LABEL}=${prefix}`, ...(service ? [`label=${SERVICE_LABEL}=${service}`] : [])];
  const listed = await run("docker", [
    "ps",
    "--all",
    ...filters.flatMap((filter) => ["--filter", filter]),
    "--format",
    `{{.ID}} {{.Names}} {{.Label "${SERVICE_LABEL}"}}`,
  ]);
  return listed
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [id = "", name = "", service = ""] = line.split(" ");
      return { id, name, service };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** Follows the logs of containers, each line behind its container's name, until interrupted. */
export async function followLogs(containers: readonly StackContainer[]): Promise<void> {
  const width = Math.max(...containers.map(({ service }) => service.length));
  await Promise.all(
    containers.map(({ id, service }) => {
      const logs = spawn("docker", ["logs", "--follow", "--tail", "20", id], { stdio: ["ignore", "pipe", "pipe"] });
      for (const stream of [logs.stdout, logs.stderr]) {
        createInterface({ input: stream }).on("line", (line) => console.log(`${service.padEnd(width)} | ${line}`));
      }
      return new Promise((resolve) => logs.on("close", resolve));
    }),
  );
}

/** Named volumes of a stack: its data, and what beat remembers. By whole names: stack `dev` must not take those of stack `dev-2`. */
export async function stackVolumes(prefix: string): Promise<string[]> {
  const own = ALL_SERVICES.filter(({ volumePath, memoryPath }) => volumePath ?? memoryPath).map(
    ({ name }) => `${prefix}-${name}`,
  );
  const listed = await run("docker", ["volume", "ls", "--quiet"]);
  return listed.split("\n").filter((name) => own.includes(name));
}
