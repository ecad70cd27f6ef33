import type { Input, Resource } from "@pulumi/pulumi";
import type { Container } from "./container";

/** Where containers run. Components describe; a platform makes resources. */
export interface Platform {
  /** Runs a service's containers as children of `parent`. */
  run(container: Container, options: RunOptions): RunningService;
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
