import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { role, rolePath } from "./roles";

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
