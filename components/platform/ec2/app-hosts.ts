import * as aws from "@pulumi/aws";
import { ecsReservedMemoryMiB, type InstanceType } from "./hardware";
import { type HostContext, instanceArgs, ROOT_GIB } from "./host";
import { type HostGroup, reachesEcs } from "./host-group";
import { appHostUserData } from "./user-data";

export interface AppHostsArgs {
  readonly type: InstanceType;
  readonly min: number;
  readonly max: number;
  /** Copies of the application that a deploy runs side by side on a host. */
  readonly rolloutFactor: 1 | 2;
}

/**
 * Per cent of the hosts that may be in use before ECS adds one. Where each has room for a second copy, one that scaling
 * adds would never lack room, and no host would be added: just below 100 keeps one that nothing runs on, up to `max`,
 * where ECS, which spreads tasks, starts it.
 */
export const targetCapacity = ({ rolloutFactor, min, max }: Omit<AppHostsArgs, "type">): number =>
  rolloutFactor === 2 && min < max ? 99 : 100;

/** Hosts that are there while the fewest are in use. */
const atRest = (args: Omit<AppHostsArgs, "type">): number =>
  Math.min(args.max, Math.ceil((100 * args.min) / targetCapacity(args)));

/**
 * Hosts of the application, as many as its tasks need, over the zones of the network. ECS decides how many: it adds
 * one where a task finds no room, and empties one before it is taken away.
 */
export function appHosts(args: AppHostsArgs, group: HostGroup, context: HostContext): aws.ecs.CapacityProvider {
  const { type, min, max } = args;
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
      desiredCapacity: atRest(args),
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
        managedScaling: { status: "ENABLED", targetCapacity: targetCapacity(args) },
      },
    },
    options,
  );
}
