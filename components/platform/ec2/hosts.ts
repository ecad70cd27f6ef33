import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { type AppHostsArgs, appHosts } from "./app-hosts";
import { type DataHost, type DataPlace, dataHost } from "./data-host";
import { type DataVolumeArgs, snapshots } from "./data-volume";
import type { InstanceType } from "./hardware";
import type { HostContext } from "./host";
import { type HostGroup, hostSecurityGroup } from "./host-group";

export interface HostsArgs {
  /** The data host's type; on a single host that of the one instance. */
  readonly dataHost: InstanceType;
  readonly dataPlace: DataPlace;
  /** Services with a volume, whose folders the data host makes. None: there is no data host, and `appHosts` must be. */
  readonly dataServices: readonly string[];
  readonly dataVolume: DataVolumeArgs;
  /** Hosts of the application. Default: it runs on the data host. */
  readonly appHosts?: AppHostsArgs | undefined;
}

/** The hosts of a system: a data host, hosts of the application, or one that is both. */
export interface Hosts {
  readonly dataHost: DataHost | undefined;
  readonly dataGroup: HostGroup;
  /** What adds hosts of the application. Undefined where the data host carries it. */
  readonly appCapacity: aws.ecs.CapacityProvider | undefined;
  /** On a single host the group of the data host. */
  readonly appGroup: HostGroup;
  /** What must be there before ECS places anything that is made for them. */
  readonly ready: readonly pulumi.Resource[];
}

/** Numeric user of the data services' processes, which their folders on the volume belong to. */
const DATA_UID = 999;

export function hosts(args: HostsArgs, context: HostContext): Hosts {
  const dataGroup = hostSecurityGroup("data-host", context);
  const data = args.dataServices.length > 0 ? hostOfData(args, dataGroup, context) : undefined;
  const appGroup = args.appHosts ? hostSecurityGroup("app-host", context) : dataGroup;
  const appCapacity = args.appHosts && appHosts(args.appHosts, appGroup, context);
  const associated = appCapacity ? [associate(appCapacity, context)] : [];
  return { dataHost: data, dataGroup, appCapacity, appGroup, ready: [...associated, ...(data ? [data.attached] : [])] };
}

function hostOfData(args: HostsArgs, group: HostGroup, context: HostContext): DataHost {
  const folders = args.dataServices.map((service) => ({ name: service, owner: DATA_UID }));
  const host = dataHost(args.dataHost, args.dataPlace, args.dataVolume, folders, group, context);
  snapshots(args.dataVolume.snapshotDays, context);
  return host;
}

const associate = ({ name }: aws.ecs.CapacityProvider, { cluster, options }: HostContext): pulumi.Resource =>
  new aws.ecs.ClusterCapacityProviders("cluster", { clusterName: cluster.name, capacityProviders: [name] }, options);
