import { SERVICE_LABEL, STACK_LABEL } from "../../components/platform/docker/container-args";
import { ALL_SERVICES } from "../../components/services";
import type { SizingPlan } from "../../components/sizing";
import { run } from "../toolchain/command";
import { stackPrefix } from "./settings";

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

/**
 * The containers of a stack, or of one of its services.
 * @throws Error where there is none, with what starts them.
 */
export async function containersOf(stack: string, service?: string): Promise<[StackContainer, ...StackContainer[]]> {
  const [first, ...others] = await stackContainers(stackPrefix(stack), service);
  if (first) return [first, ...others];
  throw new Error(
    `Stack ${stack} has no ${service ? `container of ${service}` : "containers"} on this Docker engine. Start it with: make up`,
  );
}

/** Whether each service has the containers of the plan: where one was removed by hand, Pulumi must look first. */
export async function areAllThere(stack: string, plan: SizingPlan): Promise<boolean> {
  const there = await stackContainers(stackPrefix(stack));
  return ALL_SERVICES.every(
    ({ name, running }) => there.filter(({ service }) => service === name).length >= (running(plan)?.containers ?? 0),
  );
}
