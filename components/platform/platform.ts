import type { Input, Resource } from "@pulumi/pulumi";
import type { LoadBalancerPlan } from "../sizing";
import type { Command, Container } from "./container";

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

/** What is to be reached from outside, and how a platform tells that it is alive. */
export interface EntranceArgs {
  readonly name: string;
  readonly plan: LoadBalancerPlan;
  /** Name of the service, and the port its containers listen on. */
  readonly host: string;
  readonly port: number;
  /** Answered by the process alone. */
  readonly healthPath: string;
  /** Answers that show a process to be alive. */
  readonly aliveStatuses: readonly number[];
  /** The longest a request may take that is under way when its container leaves the rotation, seconds. */
  readonly drainSeconds: number;
}

/** Where clients reach a service. A platform recognises its own. */
export interface Entrance {
  readonly url: Input<string>;
  /** What a DNS record of one's own points to, where the platform has a name for it. */
  readonly hostName?: Input<string>;
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
