import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { Container } from "../contract/container";
import { DRAIN_FILE, drainArgv } from "./drain";

/** Label with the service's name on every container, beside `sized-stack.stack` with `<project>-<stack>`. */
export const SERVICE_LABEL = "sized-stack.service";
export const STACK_LABEL = "sized-stack.stack";

const SECRETS_FOLDER = "/run/secrets";
/**
 * Readable by the container's one user, which does not own the file: an upload with an owner makes the engine look
 * that user up among the users of its own machine, and fail where that has no such user ("getent unable to find
 * entry"), as the virtual machine of a laptop.
 */
const SECRET_PERMISSIONS = "0444";
/** A container gets this long, beyond its health check's start period, to become healthy. */
const WAIT_ALLOWANCE_SECONDS = 60;

export interface DockerNames {
  readonly prefix: string;
  readonly imageId: pulumi.Input<string>;
  readonly network: pulumi.Input<string>;
}

/** The provider's arguments for one container of a service. */
export function containerArgs(container: Container, { prefix, imageId, network }: DockerNames): docker.ContainerArgs {
  const { healthCheck, behind } = container;
  const files = [...(behind ? [DRAIN_FILE] : []), ...(container.files ?? [])];
  const secrets = Object.entries(container.secrets ?? {}).sort(byName);
  return {
    ...(container.replacement === "only-one" ? { name: `${prefix}-${container.name}` } : {}),
    image: imageId,
    command: behind ? drainArgv(container.argv) : [...container.argv],
    ...(container.entrypoint ? { entrypoints: [...container.entrypoint] } : {}),
    envs: environment(container),
    user: String(container.user),
    capabilities: { drops: ["ALL"] },
    securityOpts: ["no-new-privileges"],
    uploads: [
      ...secrets.map(([name, value]) => ({
        file: secretPath(name),
        content: pulumi.secret(value),
        permissions: SECRET_PERMISSIONS,
      })),
      ...files.map(({ path, content, executable }) => ({
        file: path,
        content,
        ...(executable ? { executable } : {}),
      })),
    ],
    cpuShares: container.cpu.shares,
    ...(container.cpu.quota === undefined ? {} : { cpus: cpusText(container.cpu.quota) }),
    memory: container.memory.limitMiB,
    // Equal to memory: no swap, and a later raise of memory is not refused for exceeding it.
    memorySwap: container.memory.limitMiB,
    ...(container.memory.reservationMiB === undefined ? {} : { memoryReservation: container.memory.reservationMiB }),
    ports: (container.ports ?? []).flatMap(({ container: internal, host }) =>
      host === undefined ? [] : [{ internal, external: host, ip: "127.0.0.1" }],
    ),
    volumes: (container.volumes ?? []).map(({ name, path }) => ({
      volumeName: `${prefix}-${name}`,
      containerPath: path,
    })),
    healthcheck: {
      tests: ["CMD", ...healthCheck.command],
      interval: duration(healthCheck.intervalSeconds),
      timeout: duration(healthCheck.timeoutSeconds),
      retries: healthCheck.retries,
      startPeriod: duration(healthCheck.startPeriodSeconds),
    },
    wait: true,
    waitTimeout: healthCheck.startPeriodSeconds + WAIT_ALLOWANCE_SECONDS,
    destroyGraceSeconds: container.stopGraceSeconds,
    stopTimeout: container.stopGraceSeconds,
    ...(container.nofile === undefined
      ? {}
      : { ulimits: [{ name: "nofile", soft: container.nofile, hard: container.nofile }] }),
    ...(container.shmSizeMiB === undefined ? {} : { shmSize: container.shmSizeMiB }),
    ...(container.sysctls ? { sysctls: { ...container.sysctls } } : {}),
    networksAdvanced: [{ name: network, aliases: [container.name] }],
    networkMode: "bridge",
    // Not "unless-stopped": an engine that died stops, when it starts again, what outlived it, takes that for a stop by
    // hand, and leaves all of it stopped.
    restart: "always",
    logDriver: "json-file",
    logOpts: { "max-size": "10m", "max-file": "3" },
    labels: [
      { label: SERVICE_LABEL, value: container.name },
      { label: STACK_LABEL, value: prefix },
    ],
  };
}

/** `NAME=value` lines: the plain settings, and where each secret is found. */
export function environment({ env = {}, secrets = {} }: Pick<Container, "env" | "secrets">): pulumi.Input<string>[] {
  const plain = Object.entries(env).map(([name, value]) => [name, value] as const);
  const files = Object.keys(secrets).map((name) => [`${name}_FILE`, secretPath(name)] as const);
  return [...plain, ...files].sort(byName).map(([name, value]) => pulumi.interpolate`${name}=${value}`);
}

export const secretName = (name: string): string => name.toLowerCase();
const secretPath = (name: string): string => `${SECRETS_FOLDER}/${secretName(name)}`;

const byName = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);

/**
 * Threads as the provider reads them back, so that the next preview sees no difference: `2.0`, `1.67`, and, for the
 * sake of its way of cutting zeros, `10.` (`nanoInt64ToDecimalString` of terraform-provider-docker).
 */
export function cpusText(threads: number): string {
  const text = threads.toFixed(9);
  return text.split("0").length - 1 === 9 ? threads.toFixed(1) : text.replace(/0+$/, "");
}

/** As Docker writes it, so that the next preview sees no difference. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}m${seconds % 60}s`;
}
