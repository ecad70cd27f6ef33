import type { Input, Resource } from "@pulumi/pulumi";
import type { Command, Container } from "./container";
import type { Entrance, EntranceArgs } from "./entrance";

/** Where containers run. Components describe; a platform makes resources. */
export interface Platform {
  /** Runs a service's containers as children of `parent`. */
  run(container: Container, options: RunOptions): RunningService;
  /**
   * Runs a command to its end, once for each image and argv. Where it fails, the update fails with its last lines,
   * what depends on the returned resource stays as it is, and the next update runs it again.
   */
  runOnce(command: Command, options: RunOptions): Resource;
  /** Makes the entrance of a service; the service's container is run after it, with it as `behind`. */
  publish(entrance: EntranceArgs, options: RunOptions): Entrance;
}

export interface RunOptions {
  readonly parent: Resource;
  /** What must be up before the containers start. */
  readonly dependsOn?: readonly Resource[];
  /** Last word on the provider's own arguments, for what no setting names. */
  readonly transform?: ContainerTransform | undefined;
}

/** Changes the provider's arguments of one container; what it returns is used. */
// biome-ignore lint/suspicious/noExplicitAny: each platform has its own argument type; the caller names it.
export type ContainerTransform = (args: any) => any;

export interface RunningService {
  /** Host name under which other containers of the system reach the service. */
  readonly host: Input<string>;
  readonly containers: readonly Resource[];
}
