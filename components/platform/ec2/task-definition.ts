import type { Container, Replacement } from "../contract/container";

type Optional = "healthCheck" | "stopGraceSeconds" | "replacement";

/** Everything a container definition is made from, as plain values. A command that ends has no health check. */
export interface KnownContainer
  extends Omit<Container, "image" | "env" | "secrets" | "behind" | Optional>,
    Partial<Pick<Container, Optional>> {
  readonly image: string;
  readonly env: Readonly<Record<string, string | number>>;
  /** By name, what ECS reads the value from: `<secret ARN>:::<version id>`. */
  readonly secretsFrom: Readonly<Record<string, string>>;
}

/** Where a container runs. */
export interface TaskContext {
  readonly region: string;
  readonly logGroup: string;
  /**
   * Where its ports are published. `fixed`: under their own numbers, once on a host. `dynamic`: under any free one, so
   * that several copies share a host.
   */
  readonly hostPorts: "fixed" | "dynamic";
}

/** Folder of a service on the data volume, and the name of the volume in its task definition. */
export const dataFolder = (mountPoint: string, name: string): string => `${mountPoint}/${name}`;

/**
 * A container as ECS takes it, keys and lists in a fixed order and nothing that is undefined: equal containers give
 * equal text, so that a preview is quiet.
 *
 * Otherwise than on Docker:
 * - a secret `X` is the variable `X`, and there is no `X_FILE`: ECS knows no files;
 * - `AWS_REGION` is among the variables;
 * - `FORWARDED_ALLOW_IPS` has the ranges of the VPC;
 * - PostgreSQL and Redis have names of the private zone as `POSTGRES_HOST` and `REDIS_HOST`;
 * - no drain program stands in front of uvicorn: the load balancer drains a task before it is asked to stop;
 * - CPU is a weight without a cap, and the signal that asks to stop is the image's own.
 * @throws Error for what ECS cannot do: files put into a container.
 */
export function containerDefinition(container: KnownContainer, { region, logGroup, hostPorts }: TaskContext): object {
  const { name, image, healthCheck, memory, user, env, secretsFrom } = container;
  if (container.files?.length) {
    throw new Error(`${name}: ECS puts no files into containers; make them part of the image.`);
  }
  const environment = { ...env, AWS_REGION: region };
  return {
    name,
    image,
    essential: true,
    ...(container.entrypoint && { entryPoint: container.entrypoint }),
    command: container.argv,
    environment: byName(environment).map(([key, value]) => ({ name: key, value: String(value) })),
    secrets: byName(secretsFrom).map(([key, valueFrom]) => ({ name: key, valueFrom })),
    user: String(user),
    cpu: container.cpu.shares,
    memory: memory.limitMiB,
    // ECS takes a reservation below the limit only; without one the limit is reserved.
    ...(memory.reservationMiB !== undefined &&
      memory.reservationMiB < memory.limitMiB && { memoryReservation: memory.reservationMiB }),
    portMappings: (container.ports ?? []).map(({ container: containerPort }) => ({
      containerPort,
      hostPort: hostPorts === "fixed" ? containerPort : 0,
      protocol: "tcp",
    })),
    mountPoints: (container.volumes ?? []).map(({ name: sourceVolume, path }) => ({
      sourceVolume,
      containerPath: path,
      readOnly: false,
    })),
    ...(healthCheck && {
      healthCheck: {
        command: ["CMD", ...healthCheck.command],
        interval: healthCheck.intervalSeconds,
        timeout: healthCheck.timeoutSeconds,
        retries: healthCheck.retries,
        startPeriod: healthCheck.startPeriodSeconds,
      },
    }),
    ...(container.stopGraceSeconds && { stopTimeout: container.stopGraceSeconds }),
    ...(container.nofile && {
      ulimits: [{ name: "nofile", softLimit: container.nofile, hardLimit: container.nofile }],
    }),
    ...(container.sysctls && {
      systemControls: byName(container.sysctls).map(([namespace, value]) => ({ namespace, value })),
    }),
    linuxParameters: {
      capabilities: { add: [], drop: ["ALL"] },
      ...(container.shmSizeMiB && { sharedMemorySize: container.shmSizeMiB }),
    },
    dockerSecurityOptions: ["no-new-privileges"],
    logConfiguration: {
      logDriver: "awslogs",
      options: { "awslogs-group": logGroup, "awslogs-region": region, "awslogs-stream-prefix": name },
    },
  };
}

const byName = <T>(map: Readonly<Record<string, T>>): [string, T][] =>
  Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));

/** How much of a service must, and may, run while it is replaced, in per cent of its desired count. */
export interface DeploymentPercent {
  readonly minimumHealthy: number;
  readonly maximum: number;
}

/**
 * One copy at a time where two cannot be: PostgreSQL and Redis own their data, beat would send everything twice.
 * Elsewhere a second copy comes first where the plan counted with it. Where it did not, one host after another is
 * emptied, and a single host stands still meanwhile.
 * @param hosts Hosts that the service always has.
 */
export function deploymentPercent(replacement: Replacement, hosts: number): DeploymentPercent {
  if (replacement === "only-one") return { minimumHealthy: 0, maximum: 100 };
  if (replacement === "start-first") return { minimumHealthy: 100, maximum: 200 };
  return { minimumHealthy: Math.floor((100 * (hosts - 1)) / hosts), maximum: 100 };
}

/** The repository of an image in ECR as IAM names it, undefined for an image that lies elsewhere. */
export function ecrRepositoryArn(image: string): string | undefined {
  const [, account, region, repository] =
    /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/.exec(image) ?? [];
  return repository && `arn:aws:ecr:${region}:${account}:repository/${repository}`;
}
