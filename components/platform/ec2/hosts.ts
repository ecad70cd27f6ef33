import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { ecsReservedMemoryMiB, type InstanceType } from "./hardware";
import type { MachineImages } from "./machine-images";
import type { Network } from "./network";
import { role, rolePath } from "./roles";
import { appHostUserData, type DataFolder, dataHostUserData } from "./user-data";

/** The volume that PostgreSQL and Redis keep their data on. */
export interface DataVolumeArgs {
  readonly sizeGiB: number;
  /** A volume that is there, instead of a new one: that of a destroyed stack, for instance. */
  readonly volumeId?: string | undefined;
  /** Snapshot to make the new volume from. */
  readonly snapshotId?: string | undefined;
  /** Days that daily snapshots are kept. */
  readonly snapshotDays: number;
  /** Whether Pulumi refuses to remove it from the stack. It is never deleted either way. */
  readonly protect: boolean;
}

export interface AppHostsArgs {
  readonly type: InstanceType;
  readonly min: number;
  readonly max: number;
}

/** What all hosts share. */
export interface HostContext {
  readonly prefix: string;
  readonly network: Network;
  readonly cluster: aws.ecs.Cluster;
  readonly profile: InstanceProfile;
  readonly images: MachineImages;
  /** Tags of the stack, for what an Auto Scaling group launches: the provider's own do not reach that. */
  readonly tags: Readonly<Record<string, string>>;
  readonly options: pulumi.CustomResourceOptions;
}

/** A profile for instances, and the policies without which the agent on them reaches nothing. */
export interface InstanceProfile {
  readonly name: pulumi.Input<string>;
  readonly policies: readonly pulumi.Resource[];
}

/** What an instance may do: join the cluster, report metrics, and be reached by Session Manager instead of SSH. */
export function instanceProfile(prefix: string, options: pulumi.CustomResourceOptions): InstanceProfile {
  const instance = role(prefix, "instance", "ec2.amazonaws.com", [], options, [
    "service-role/AmazonEC2ContainerServiceforEC2Role",
    "AmazonSSMManagedInstanceCore",
    "CloudWatchAgentServerPolicy",
  ]);
  const args = { role: instance.role.name, path: rolePath(prefix) };
  const { name } = new aws.iam.InstanceProfile("instance", args, options);
  return { name, policies: instance.policies };
}

/** A security group of hosts. */
export interface HostGroup {
  readonly id: pulumi.Output<string>;
  /** Without it they reach nothing. */
  readonly out: pulumi.Resource;
}

/** A group for hosts: out to everywhere, in from nowhere until a rule says otherwise. */
export function hostSecurityGroup(name: string, { prefix, network, options }: HostContext): HostGroup {
  const group = new aws.ec2.SecurityGroup(
    name,
    { vpcId: network.vpcId, description: `Hosts of ${prefix}: ${name}`, tags: { Name: `${prefix}-${name}` } },
    options,
  );
  const out = new aws.vpc.SecurityGroupEgressRule(
    `${name}-out`,
    { securityGroupId: group.id, cidrIpv4: "0.0.0.0/0", ipProtocol: "-1" },
    options,
  );
  return { id: group.id, out };
}

/**
 * What the agent needs to reach ECS. Hosts depend on it, and services on hosts: so it is there until the last service
 * has drained, or a destroy would cut the agent off and wait for it.
 */
const reachesEcs = ({ network, profile }: HostContext, group: HostGroup): pulumi.Resource[] => [
  ...network.ready,
  ...profile.policies,
  group.out,
];

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

/** Tag that snapshots are made by, and that a volume is found by after its stack was destroyed. */
export const DATA_TAG = "sized-stack:data";

function dataVolume(
  availabilityZone: string,
  { sizeGiB, volumeId, snapshotId, protect }: DataVolumeArgs,
  { prefix, options }: HostContext,
): pulumi.Input<string> {
  if (volumeId !== undefined) {
    // By this tag it is snapshotted, whoever made it; and found again.
    const args = { resourceId: volumeId, key: DATA_TAG, value: prefix };
    new aws.ec2.Tag("data", args, { ...options, retainOnDelete: true });
    return volumeId;
  }
  const volume = new aws.ebs.Volume(
    "data",
    {
      availabilityZone,
      size: sizeGiB,
      type: "gp3",
      encrypted: true,
      ...(snapshotId === undefined ? {} : { snapshotId }),
      tags: { Name: `${prefix}-data`, [DATA_TAG]: prefix },
    },
    // A volume is made from a snapshot once: a setting that is taken away later must not make another one.
    { ...options, retainOnDelete: true, protect, ignoreChanges: ["availabilityZone", "snapshotId"] },
  );
  return volume.id;
}

/** A snapshot of the data volume a day, by its tag: those of earlier volumes are kept as long as these. */
export function snapshots(days: number, { prefix, options }: HostContext): void {
  const lifecycle = role(prefix, "snapshots", "dlm.amazonaws.com", [], options, [
    "service-role/AWSDataLifecycleManagerServiceRole",
  ]);
  new aws.dlm.LifecyclePolicy(
    "snapshots",
    {
      description: `Daily snapshots of the data of ${prefix}`,
      executionRoleArn: lifecycle.role.arn,
      policyDetails: {
        resourceTypes: ["VOLUME"],
        targetTags: { [DATA_TAG]: prefix },
        schedules: [
          {
            name: "daily",
            copyTags: true,
            createRule: { interval: 24, intervalUnit: "HOURS", times: "03:00" },
            retainRule: { count: days },
          },
        ],
      },
    },
    options,
  );
}

const ROOT_GIB = 30;

/** What every host is made with, whatever it carries. */
const instanceArgs = ({ name: instanceType }: InstanceType, { profile }: HostContext) => ({
  instanceType,
  iamInstanceProfile: profile.name,
  // Session tokens only, and none for containers on the bridge: a task has a role of its own.
  metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
});

/**
 * Hosts of the application, as many as its tasks need, over the zones of the network. ECS decides how many: it adds
 * one where a task finds no room, and empties one before it is taken away.
 */
export function appHosts(
  { type, min, max }: AppHostsArgs,
  group: HostGroup,
  context: HostContext,
): aws.ecs.CapacityProvider {
  const { prefix, network, cluster, images, options } = context;
  const tags = { ...context.tags, Name: `${prefix}-app` };
  const { iamInstanceProfile, ...instance } = instanceArgs(type, context);
  const reservedMemoryMiB = ecsReservedMemoryMiB(type.memoryMiB);
  const template = new aws.ec2.LaunchTemplate(
    "app-hosts",
    {
      ...instance,
      namePrefix: `${prefix}-app-`,
      imageId: images.of(type),
      iamInstanceProfile: { name: iamInstanceProfile },
      vpcSecurityGroupIds: [group.id],
      blockDeviceMappings: [
        { deviceName: "/dev/xvda", ebs: { encrypted: "true", volumeType: "gp3", volumeSize: ROOT_GIB } },
      ],
      userData: cluster.name.apply((name) =>
        Buffer.from(appHostUserData({ cluster: name, reservedMemoryMiB })).toString("base64"),
      ),
      tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
      updateDefaultVersion: true,
    },
    options,
  );
  const hosts = new aws.autoscaling.Group(
    "app-hosts",
    {
      namePrefix: `${prefix}-app-`,
      minSize: min,
      maxSize: max,
      vpcZoneIdentifiers: [...network.privateSubnetIds],
      launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
      // Only ECS takes a host away, and only an empty one.
      protectFromScaleIn: true,
      forceDelete: true,
      instanceRefresh: {
        strategy: "Rolling",
        preferences: { minHealthyPercentage: 100, scaleInProtectedInstances: "Refresh" },
      },
      tags: Object.entries({ ...tags, AmazonECSManaged: "true" }).map(([key, value]) => ({
        key,
        value,
        propagateAtLaunch: true,
      })),
    },
    // ECS moves the number of hosts.
    { ...options, dependsOn: reachesEcs(context, group), ignoreChanges: ["desiredCapacity"] },
  );
  return new aws.ecs.CapacityProvider(
    "app-hosts",
    {
      autoScalingGroupProvider: {
        autoScalingGroupArn: hosts.arn,
        managedDraining: "ENABLED",
        managedTerminationProtection: "ENABLED",
        managedScaling: { status: "ENABLED", targetCapacity: 100 },
      },
    },
    options,
  );
}
