import { type Input, Output } from "@pulumi/pulumi";
import type { Entrance } from "./entrance";

/**
 * One service's containers, in no provider's words. A platform honours every field or says aloud that it
 * cannot. Memory in MiB, CPU in threads, times in seconds.
 */
export interface Container {
  /** The service's name; other containers reach it under this host name. */
  readonly name: string;
  readonly image: Image;
  /** What runs; the image's entry point runs in front of it unless `entrypoint` replaces it. */
  readonly argv: readonly string[];
  readonly entrypoint?: readonly string[];
  /** Plain settings. Secrets never go here. */
  readonly env?: Readonly<Record<string, Input<string | number>>>;
  /** Secret settings: the container finds the value of `X` in the file that `X_FILE` names, or in `X`. */
  readonly secrets?: Readonly<Record<string, Input<string>>>;
  /** Text files put into the container before it starts. */
  readonly files?: readonly ContainerFile[];
  /** Numeric user the program runs as: never root, without capabilities, and it cannot gain any. */
  readonly user: number;
  readonly cpu: ContainerCpuLimits;
  readonly memory: { readonly limitMiB: number; readonly reservationMiB?: number };
  readonly ports?: readonly ContainerPort[];
  readonly volumes?: readonly NamedVolume[];
  readonly healthCheck: HealthCheck;
  /** Time between the request to stop and the kill. */
  readonly stopGraceSeconds: number;
  /** The load balancer's entrance it is reached through. Default: reached by other containers only. */
  readonly behind?: Entrance | undefined;
  /** Files a process may have open. */
  readonly nofile?: number;
  /** Size of /dev/shm. */
  readonly shmSizeMiB?: number;
  readonly sysctls?: Readonly<Record<string, string>>;
  /** Equal containers under one name. Default 1. */
  readonly replicas?: number;
  readonly replacement: Replacement;
}

/**
 * What becomes of the old containers of a service in a deploy.
 * - `start-first`: a new one is healthy before an old one stops. Needs neither a host port nor a volume.
 * - `stop-first`: there is no room for both. All old ones of a Docker engine stop before the first new one starts; of
 *   several hosts one after another is emptied.
 * - `only-one`: never two at once, because it owns data or a port, or two would do everything twice. The old one stops
 *   first.
 */
export type Replacement = "start-first" | "stop-first" | "only-one";

/** An image by its name, or what it is built from. */
export type Image = Input<string> | ImageBuild;

/** What `docker build` makes an image from. An edit of any file it is sent is a new image. */
export interface ImageBuild {
  /** Folder; a relative one begins at the project's. */
  readonly context: string;
  /** Path in the folder. Default `Dockerfile`. */
  readonly dockerfile?: string;
  /** Build arguments. Not for secrets: they stay readable in the image. */
  readonly args?: Readonly<Record<string, string>>;
}

export const isBuild = (image: Image): image is ImageBuild =>
  typeof image === "object" && !Output.isInstance(image) && "context" in image;

/** A command that runs to its end before what depends on it. */
export type Command = Pick<Container, "name" | "image" | "env" | "secrets" | "user"> & {
  readonly argv: readonly string[];
  readonly memoryLimitMiB: number;
};

export interface ContainerCpuLimits {
  /** Threads it may use at most; undefined leaves it to the weights. */
  readonly quota?: number | undefined;
  /** Weight against its neighbours, 1024 for one thread. */
  readonly shares: number;
}

export interface ContainerFile {
  readonly path: string;
  readonly content: string;
  readonly executable?: boolean;
}

export interface ContainerPort {
  readonly container: number;
  /** Port on the host, reached from this machine alone. Undefined: reached by other containers only. */
  readonly host?: number;
}

/** A volume that outlives the container and the stack. */
export interface NamedVolume {
  readonly name: string;
  /** A new volume gets what the image has there, and whose it is: for a program that is not root, a folder it may write to. */
  readonly path: string;
  /** Whether a platform may leave it out where its hosts keep no volumes: what is in it goes with the container. Default false. */
  readonly dispensable?: boolean;
}

export interface HealthCheck {
  readonly command: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  /** Failures in this time after the start do not count. */
  readonly startPeriodSeconds: number;
}
