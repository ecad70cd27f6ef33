import { ALL_SERVICES } from "../../components/services";
import { run } from "../toolchain/command";

/**
 * Named volumes of a stack: its data, and what beat remembers. By whole names: stack `dev` must not take those of stack
 * `dev-2`.
 */
export async function stackVolumes(prefix: string): Promise<string[]> {
  const own = ALL_SERVICES.filter(({ volumePath, memoryPath }) => volumePath ?? memoryPath).map(
    ({ name }) => `${prefix}-${name}`,
  );
  const listed = await run("docker", ["volume", "ls", "--quiet"]);
  return listed.split("\n").filter((name) => own.includes(name));
}

/** Removes volumes with the data on them. */
export async function removeVolumes(volumes: readonly string[]): Promise<void> {
  await run("docker", ["volume", "rm", ...volumes]);
}

/** Says that data stays, and where. */
export const kept = (volumes: readonly string[]): string => `Data is kept in the volumes ${volumes.join(", ")}.`;
