import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { HostContext } from "./host";

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
export const reachesEcs = ({ network, profile }: HostContext, group: HostGroup): pulumi.Resource[] => [
  ...network.ready,
  ...profile.policies,
  group.out,
];
