import { isMemorySize, parseMemory } from "../../components/sizing";
import { DOCKER_CONTAINER, TASK_DEFINITION, taskContainers } from "../containers";
import { amount, list, type Resource, type Rule, record, type StackResource, text, type Violation } from "../resource";

const SERVICE = "aws:ecs/service:Service";
const HOST_GROUP = "aws:autoscaling/group:Group";

/** What one kind of machine promises, MiB. */
interface Machine {
  readonly called: string;
  readonly memoryMiB: number;
  readonly reserved: readonly { readonly by: Resource; readonly mib: number }[];
}

export const reservationsFit: Rule = {
  name: "reservations-fit",
  description: "What the containers of a machine are promised, it has.",
  stack(resources) {
    const sizing = resources.map(({ inputs }) => record(inputs.sizing)).find(({ hardware }) => hardware !== undefined);
    if (sizing === undefined) return [];
    return [dockerEngine(resources, sizing), ...ecsHosts(resources, sizing)].flatMap(overbooked);
  },
};

type Sizing = Readonly<Record<string, unknown>>;

function dockerEngine(resources: readonly StackResource[], { hardware, share }: Sizing): Machine {
  return {
    called: "The Docker engine",
    memoryMiB: memoryOf(hardware) * (amount(share) ?? 1),
    reserved: resources
      .filter(({ type }) => type === DOCKER_CONTAINER)
      // Without a reservation Docker promises nothing.
      .map((by) => ({ by, mib: amount(by.inputs.memoryReservation) ?? 0 })),
  };
}

function ecsHosts(resources: readonly StackResource[], { hardware, dataHardware, topology }: Sizing): Machine[] {
  const services = resources
    .filter(({ type }) => type === SERVICE)
    .map((service) => ({ service, taskMiB: promisedTo(service, resources) }));
  const least = resources.find(({ type }) => type === HOST_GROUP)?.inputs.minSize;
  const reserved = (onAppHosts: boolean, hosts: number) =>
    services
      .filter(({ service }) => list(service.inputs.capacityProviderStrategies).length > 0 === onAppHosts)
      .map(({ service, taskMiB }) => ({
        by: service,
        mib: Math.ceil((amount(service.inputs.desiredCount) ?? 1) / hosts) * taskMiB,
      }));
  const several = topology === "app-and-data";
  return [
    {
      called: several ? "The data host" : "The host",
      memoryMiB: memoryOf(several ? (dataHardware ?? hardware) : hardware),
      reserved: reserved(false, 1),
    },
    { called: "An app host", memoryMiB: memoryOf(hardware), reserved: reserved(true, amount(least) ?? 1) },
  ];
}

/** What one task of a service is promised: without a reservation its limit. 0 while a preview does not know it. */
function promisedTo(service: StackResource, resources: readonly StackResource[]): number {
  const named = service.from.taskDefinition ?? [];
  const definition = resources.find(({ type, urn }) => type === TASK_DEFINITION && named.includes(urn));
  const containers = definition ? taskContainers(definition) : [];
  return containers
    .map(({ definition: { memoryReservation, memory } }) => amount(memoryReservation) ?? amount(memory) ?? 0)
    .reduce((sum, mib) => sum + mib, 0);
}

function overbooked({ called, memoryMiB, reserved }: Machine): Violation[] {
  const sum = reserved.reduce((total, { mib }) => total + mib, 0);
  const [largest] = [...reserved].sort((a, b) => b.mib - a.mib);
  if (largest === undefined || sum <= memoryMiB) return [];
  const parts = reserved.filter(({ mib }) => mib > 0).map(({ by, mib }) => `${by.name} ${mib.toLocaleString("en")}`);
  return [
    {
      resource: largest.by,
      message:
        `${called} has ${Math.floor(memoryMiB).toLocaleString("en")} MiB for containers, and promises ` +
        `${sum.toLocaleString("en")} MiB: ${parts.join(", ")}. The plan keeps within it; remove the transform or the ` +
        "container that adds to it, or take a larger machine or a lower tier.",
    },
  ];
}

function memoryOf(hardware: unknown): number {
  const memory = text(record(hardware).memory);
  return memory !== undefined && isMemorySize(memory) ? parseMemory(memory) : Number.POSITIVE_INFINITY;
}
