import { containersOf } from "./resource-types";
import { number, type Properties, records, text } from "./values";

/** A container instance as ECS sees it. */
export interface Host {
  readonly name: string;
  /** Registered CPU units: 1024 a vCPU. */
  readonly cpu: number;
  /** Registered memory in MiB: less than the machine has. */
  readonly memory: number;
  /** What placement constraints may ask for. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Whether it belongs to the Auto Scaling group of a capacity provider. */
  readonly scaled?: boolean;
  /** How many of them there are; 1. */
  readonly count?: number;
}

/** One task that ECS has to find a host for. */
export interface Task {
  readonly service: string;
  readonly cpu: number;
  readonly memory: number;
  readonly hostPorts: readonly number[];
  /** Placement constraints in the cluster query language. */
  readonly expressions: readonly string[];
  readonly distinctInstance: boolean;
  /** Started by a capacity provider, so only on its hosts. */
  readonly scaled: boolean;
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** What one task of a service asks of its host. */
export function taskOf(service: Properties, taskDefinition: Properties): Task {
  const containers = containersOf(taskDefinition);
  const constraints = [...records(service.placementConstraints), ...records(taskDefinition.placementConstraints)];
  return {
    service: text(service.name),
    cpu: Number(taskDefinition.cpu ?? sum(containers.map(({ cpu }) => number(cpu) ?? 0))),
    memory: Number(
      taskDefinition.memory ??
        sum(containers.map(({ memory, memoryReservation }) => number(memoryReservation) ?? number(memory) ?? 0)),
    ),
    hostPorts: containers
      .flatMap(({ portMappings }) => records(portMappings))
      .flatMap(({ hostPort }) => number(hostPort) || []),
    expressions: constraints.filter(({ type }) => type === "memberOf").map(({ expression }) => text(expression)),
    distinctInstance: constraints.some(({ type }) => type === "distinctInstance"),
    scaled: records(service.capacityProviderStrategies).length > 0,
  };
}

/** Whether a host meets an expression such as `attribute:role == data and attribute:ready exists`. */
export const meets = (attributes: Readonly<Record<string, string>>, expression: string): boolean =>
  expression.split(/ and | && /).every((part) => {
    const [, not, name = "", operator, value] =
      /^\s*(!?)attribute:(\S+)\s+(==|!=|exists|!exists)\s*(\S*)\s*$/.exec(part) ?? [];
    if (!operator) throw new Error(`the stub does not understand the placement constraint ${expression}`);
    const met = operator.endsWith("exists") ? name in attributes : attributes[name] === value;
    return (operator.startsWith("!") !== (not === "!")) !== met;
  });

interface Room {
  readonly host: Host;
  cpu: number;
  memory: number;
  readonly tasks: Task[];
}

const permitted = ({ host }: Room, task: Task): boolean =>
  (!task.scaled || host.scaled === true) && task.expressions.every((each) => meets(host.attributes ?? {}, each));
const portsFree = ({ tasks }: Room, { hostPorts }: Task) =>
  !tasks.some((other) => other.hostPorts.some((port) => hostPorts.includes(port)));
const distinct = ({ tasks }: Room, { service, distinctInstance }: Task) =>
  !distinctInstance || !tasks.some((other) => other.service === service);

/** What ECS says of the first task that finds no host, or undefined. Large tasks choose first. */
export function unplaced(tasks: readonly Task[], daemons: readonly Task[], hosts: readonly Host[]): string | undefined {
  const rooms: Room[] = hosts.flatMap((host) =>
    Array.from({ length: host.count ?? 1 }, () => ({ host, cpu: host.cpu, memory: host.memory, tasks: [] })),
  );
  const place = (task: Task, among: readonly Room[]): string | undefined => {
    const allowed = among.filter((room) => permitted(room, task));
    const free = allowed.filter((room) => portsFree(room, task) && distinct(room, task));
    const roomy = free.filter(({ memory }) => memory >= task.memory);
    const room = roomy.find(({ cpu }) => cpu >= task.cpu);
    if (room) {
      room.cpu -= task.cpu;
      room.memory -= task.memory;
      room.tasks.push(task);
      return undefined;
    }
    const closest = roomy[0] ?? free[0] ?? allowed[0] ?? among[0];
    const why = !allowed[0]
      ? "is missing an attribute required by your task"
      : !free[0]
        ? "is already using a port required by your task"
        : roomy[0]
          ? "has insufficient CPU units available"
          : "has insufficient memory available";
    return (
      `service ${task.service} was unable to place a task because no container instance met all of its ` +
      `requirements. The closest matching container-instance ${closest?.host.name ?? "(none)"} ${why}. ` +
      `(the task: ${task.memory} MiB, ${task.cpu} CPU units; left there: ${closest?.memory ?? 0} MiB, ${closest?.cpu ?? 0})`
    );
  };
  const onEach = daemons.flatMap((task) =>
    rooms.filter((room) => permitted(room, task)).map((room) => () => place(task, [room])),
  );
  const anywhere = [...tasks].sort((a, b) => b.memory - a.memory).map((task) => () => place(task, rooms));
  for (const attempt of [...onEach, ...anywhere]) {
    const refusal = attempt();
    if (refusal) return refusal;
  }
  return undefined;
}
