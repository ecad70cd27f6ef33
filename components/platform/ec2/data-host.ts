import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { type DataVolumeArgs, dataVolume } from "./data-volume";
import { ecsReservedMemoryMiB, type InstanceType } from "./hardware";
import { type HostContext, instanceArgs, ROOT_GIB } from "./host";
import { type HostGroup, reachesEcs } from "./host-group";
import { type DataFolder, dataHostUserData } from "./user-data";

export interface DataHost {
  readonly instanceId: pulumi.Output<string>;
  readonly volumeId: pulumi.Input<string>;
  /** Stays the same when the instance is replaced. */
  readonly privateIp: pulumi.Output<string>;
  readonly attached: pulumi.Resource;
}

/** Where the data host and its volume are. */
export interface DataPlace {
  /** Which of the private subnets, the first being 0. */
  readonly subnet: number;
  /**
   * The zone of that subnet. A plain value: what a protected volume depends on stays with it when all else is
   * destroyed, and the network is not to.
   */
  readonly zone: string;
}

/** The instance that carries the data volume; on a single host everything else too. */
export function dataHost(
  type: InstanceType,
  { subnet, zone }: DataPlace,
  volume: DataVolumeArgs,
  folders: readonly DataFolder[],
  group: HostGroup,
  context: HostContext,
): DataHost {
  const { prefix, network, options } = context;
  const subnetId = network.privateSubnetIds[subnet] ?? "";
  const tags = { Name: `${prefix}-data` };
  const address = new aws.ec2.NetworkInterface(
    "data-host",
    { subnetId, securityGroups: [group.id], description: `Fixed address of ${prefix}'s data host`, tags },
    options,
  );
  const volumeId = dataVolume(zone, volume, context);
  const instance = new aws.ec2.Instance(
    "data-host",
    {
      ...instanceArgs(type, context),
      ami: context.images.of(type),
      primaryNetworkInterface: { networkInterfaceId: address.id },
      // Not `volumeTags`: those would be put on the data volume too, in place of its own.
      rootBlockDevice: { encrypted: true, volumeType: "gp3", volumeSize: ROOT_GIB, tags },
      userData: pulumi
        .all([context.cluster.name, volumeId])
        .apply(([cluster, id]) =>
          dataHostUserData({ cluster, reservedMemoryMiB: ecsReservedMemoryMiB(type.memoryMiB), volumeId: id, folders }),
        ),
      // It runs at the first boot alone, and the agent refuses to come back with another amount of memory.
      userDataReplaceOnChange: true,
      tags,
    },
    {
      ...options,
      dependsOn: reachesEcs(context, group),
      // One address and one volume: the old instance must have let go of both.
      deleteBeforeReplace: true,
      replaceOnChanges: ["instanceType"],
    },
  );
  const attached = new aws.ec2.VolumeAttachment(
    "data",
    { instanceId: instance.id, volumeId, deviceName: "/dev/sdf", stopInstanceBeforeDetaching: true },
    { ...options, deleteBeforeReplace: true },
  );
  return { instanceId: instance.id, volumeId, privateIp: address.privateIp, attached };
}
