import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { StackContainer } from "./containers";

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
