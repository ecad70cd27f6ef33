import type * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { InstanceType } from "./hardware";
import type { InstanceProfile } from "./instance-profile";
import type { MachineImages } from "./machine-images";
import type { Network } from "./network";

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

/** Disk of the system, of images and of logs: the data is on a volume of its own. */
export const ROOT_GIB = 30;

/** What every host is made with, whatever it carries. */
export const instanceArgs = ({ name: instanceType }: InstanceType, { profile }: HostContext) => ({
  instanceType,
  iamInstanceProfile: profile.name,
  // Session tokens only, and none for containers on the bridge: a task has a role of its own.
  metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
});
