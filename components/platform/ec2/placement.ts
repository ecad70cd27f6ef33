import type * as pulumi from "@pulumi/pulumi";
import type { Architecture } from "./hardware";
import type { TaskContext } from "./task-definition";

/** The hosts that a service's tasks run on. */
export interface Placement {
  /** Expression over the attributes of container instances. */
  readonly constraint: pulumi.Input<string>;
  readonly architecture: Architecture;
  readonly hostPorts: TaskContext["hostPorts"];
  /** What weights are multiplied with, so that they fit such a host. */
  readonly cpuScale: number;
  /** How many such hosts there always are, and at most. */
  readonly leastHosts: number;
  readonly mostHosts: number;
  /** What adds hosts of this kind. Undefined where there is the one. */
  readonly capacityProvider: pulumi.Input<string> | undefined;
}
