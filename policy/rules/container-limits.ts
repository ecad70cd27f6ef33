import { DOCKER_CONTAINER, taskContainers } from "../containers";
import { called, isPositive, list, type Properties, type Rule, record, UNKNOWN } from "../resource";

interface Demand {
  readonly isMet: (container: Properties) => boolean;
  /** What follows without it, and what to set. */
  readonly otherwise: string;
}

const ON_DOCKER: readonly Demand[] = [
  {
    isMet: ({ memory }) => isPositive(memory),
    otherwise: "has no memory limit, and may take all the machine has. Set memory, in MiB.",
  },
  {
    isMet: ({ cpuShares }) => isPositive(cpuShares),
    otherwise: "has no CPU weight, and Docker gives it that of a whole thread. Set cpuShares, 1024 for a thread.",
  },
  {
    isMet: ({ healthcheck }) => healthcheck === UNKNOWN || isChecked(list(record(healthcheck).tests)),
    otherwise: "has no health check: deploys do not wait for it, and nobody sees it hang. Set healthcheck.",
  },
  {
    isMet: ({ destroyGraceSeconds }) => isPositive(destroyGraceSeconds),
    otherwise: "has no time to stop: it is killed in the middle of its work. Set destroyGraceSeconds.",
  },
];

const ON_ECS: readonly Demand[] = [
  {
    isMet: ({ memory }) => isPositive(memory),
    otherwise: "has no memory limit, and may take all the host has. Set memory, in MiB.",
  },
  {
    isMet: ({ cpu }) => isPositive(cpu),
    otherwise: "has no CPU weight, and starves beside the others. Set cpu, 1024 for a thread.",
  },
];

const SERVING_ON_ECS: readonly Demand[] = [
  {
    isMet: ({ healthCheck }) => isChecked(list(record(healthCheck).command)),
    otherwise: "has no health check: rollouts do not wait for it, and nobody sees it hang. Set healthCheck.",
  },
  {
    isMet: ({ stopTimeout }) => isPositive(stopTimeout),
    otherwise: "has 30 seconds to stop, whatever it is doing. Set stopTimeout.",
  },
];

/** `NONE` takes away the check of the image. */
const isChecked = (command: readonly unknown[]): boolean => command.length > 0 && command[0] !== "NONE";

const lacking = (demands: readonly Demand[], container: Properties): string[] =>
  demands.filter(({ isMet }) => !isMet(container)).map(({ otherwise }) => otherwise);

export const containerLimits: Rule = {
  name: "container-limits",
  description: "Every container has a memory limit, a CPU weight, a health check and time to stop.",
  resource(resource) {
    if (resource.type === DOCKER_CONTAINER) {
      return lacking(ON_DOCKER, resource.inputs).map((otherwise) => `${called(resource)} ${otherwise}`);
    }
    return taskContainers(resource).flatMap(({ name, definition, endsByItself }) =>
      lacking(endsByItself ? ON_ECS : [...ON_ECS, ...SERVING_ON_ECS], definition).map(
        (otherwise) => `${called(resource)}: container ${name} ${otherwise}`,
      ),
    );
  },
};
