import * as pulumi from "@pulumi/pulumi";
import type { CpuScale } from "./cpu-units";
import type { Architecture } from "./hardware";
import type { Hosts, HostsArgs } from "./hosts";
import type { TaskContext } from "./task-definition";
import { DATA_ATTRIBUTE, ROLE_ATTRIBUTE } from "./user-data";

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

export interface PlacementArgs extends Pick<HostsArgs, "dataHost" | "appHosts"> {
  /** What the plan's weights are multiplied with on each kind of host, so that ECS finds room for them. */
  readonly cpuScale: CpuScale;
}

/** A data service starts only where its volume is mounted, under its own port. */
export const besideData = ({ dataHost: type, cpuScale }: PlacementArgs, { dataHost }: Hosts): Placement => ({
  constraint: pulumi.interpolate`attribute:${DATA_ATTRIBUTE} == ${dataHost?.volumeId}`,
  architecture: type.architecture,
  hostPorts: "fixed",
  cpuScale: cpuScale.data,
  leastHosts: 1,
  mostHosts: 1,
  capacityProvider: undefined,
});

/** The application runs on its own hosts where it has any, in several copies on each. */
export const forApplication = (
  { appHosts: apps, dataHost: only, cpuScale }: PlacementArgs,
  { appCapacity }: Hosts,
): Placement => ({
  constraint: `attribute:${ROLE_ATTRIBUTE} == ${apps ? "app" : "data"}`,
  architecture: (apps?.type ?? only).architecture,
  hostPorts: "dynamic",
  cpuScale: cpuScale.app,
  leastHosts: apps?.min ?? 1,
  mostHosts: apps?.max ?? 1,
  capacityProvider: appCapacity?.name,
});
