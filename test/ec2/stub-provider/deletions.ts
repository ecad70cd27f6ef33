import { type Account, answersTo, type Existing, type Rule, subnetOf } from "./account";
import { type Properties, records, stringsIn, text, texts } from "./values";

type Deletion = { readonly doomed: Existing; readonly account: Account };
const refersTo =
  ({ type, id, props }: Existing, properties: readonly string[]) =>
  (other: Existing) =>
    (other.type !== type || other.id !== id) &&
    properties.some((property) => stringsIn(other.props[property]).some((value) => [id, props.arn].includes(value)));
const usedBy =
  (words: string, types: RegExp, ...properties: string[]): Rule<Deletion> =>
  ({ doomed, account }) => {
    const user = account
      .everything()
      .filter(({ type }) => types.test(type))
      .find(refersTo(doomed, properties));
    return user && `${words.replace("{}", doomed.id)} (${user.type} ${user.id})`;
  };
const unless =
  (property: string, rule: Rule<Deletion>): Rule<Deletion> =>
  (deletion) =>
    deletion.doomed.props[property] !== true && rule(deletion);

const userData = ({ userData: data, userDataBase64 }: Properties) =>
  `${text(data)}\n${Buffer.from(text(data) || text(userDataBase64), "base64")}`;
/** Machines join the cluster that their user data names. */
const joins = (cluster: Existing, props: Properties) =>
  new RegExp(`ECS_CLUSTER=["']?${text(cluster.props.name)}["']?(\\s|$)`).test(userData(props));

const DELETION_RULES: Readonly<Record<string, readonly Rule<Deletion>[]>> = {
  "aws:ec2/vpc:Vpc": [
    usedBy("DependencyViolation: The vpc '{}' has dependencies and cannot be deleted.", /^aws:(ec2|vpc)\//, "vpcId"),
  ],
  "aws:ec2/subnet:Subnet": [
    usedBy(
      "DependencyViolation: The subnet '{}' has dependencies and cannot be deleted.",
      /Instance$|NetworkInterface$|NatGateway$|VpcEndpoint$|LoadBalancer$|autoscaling.group/,
      "subnetId",
      "subnetIds",
      "subnets",
      "vpcZoneIdentifiers",
    ),
  ],
  "aws:ec2/securityGroup:SecurityGroup": [
    usedBy(
      "DependencyViolation: resource {} has a dependent object",
      /Instance$|NetworkInterface$|VpcEndpoint$|LoadBalancer$|gressRule$|SecurityGroupRule$|SecurityGroup$/,
      "vpcSecurityGroupIds",
      "securityGroups",
      "securityGroupIds",
      "referencedSecurityGroupId",
      "sourceSecurityGroupId",
      "ingress",
      "egress",
    ),
  ],
  "aws:ec2/internetGateway:InternetGateway": [
    ({ doomed, account }) =>
      account
        .all("aws:ec2/natGateway:NatGateway")
        .some(({ props }) => subnetOf(account, props.subnetId).vpcId === doomed.props.vpcId) &&
      `DependencyViolation: Network ${doomed.props.vpcId} has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.`,
  ],
  "aws:ec2/eip:Eip": [usedBy("InvalidIPAddress.InUse: Address {} is in use.", /NatGateway$/, "allocationId")],
  "aws:ec2/networkInterface:NetworkInterface": [
    usedBy(
      "InvalidParameterValue: Network interface '{}' is currently in use.",
      /Instance$/,
      "networkInterfaces",
      "primaryNetworkInterface",
    ),
  ],
  "aws:ebs/volume:Volume": [usedBy("VolumeInUse: Volume {} is currently attached", /VolumeAttachment$/, "volumeId")],
  "aws:ec2/instance:Instance": [
    ({ doomed: { id, props } }) =>
      props.disableApiTermination === true &&
      props.forceDestroy !== true &&
      `OperationNotPermitted: The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
  ],
  "aws:ecs/cluster:Cluster": [
    usedBy(
      "ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.",
      /ecs.service:/,
      "cluster",
    ),
    ({ doomed, account }) => {
      const templates = account
        .all("aws:ec2/launchTemplate:LaunchTemplate")
        .filter(({ props }) => joins(doomed, props));
      const machine = [
        ...account.all("aws:ec2/instance:Instance").filter(({ props }) => joins(doomed, props)),
        ...account
          .all("aws:autoscaling/group:Group")
          .filter(({ props }) => templates.some(({ id }) => stringsIn(props.launchTemplate).includes(id))),
      ][0];
      return (
        machine &&
        `ClusterContainsContainerInstancesException: The Cluster cannot be deleted while Container Instances are active or draining. (${machine.id})`
      );
    },
  ],
  "aws:ecs/capacityProvider:CapacityProvider": [
    ({ doomed, account }) =>
      account
        .all("aws:ecs/clusterCapacityProviders:ClusterCapacityProviders")
        .some(({ props }) => texts(props.capacityProviders).some((name) => answersTo(doomed, name))) &&
      "ResourceInUseException: The specified capacity provider is in use and cannot be removed.",
  ],
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": [
    ({ doomed, account }) =>
      account
        .all("aws:ecs/service:Service")
        .some(({ props }) =>
          records(props.capacityProviderStrategies).some(({ capacityProvider }) =>
            texts(doomed.props.capacityProviders).includes(text(capacityProvider)),
          ),
        ) && "ResourceInUseException: The specified capacity provider is in use and cannot be removed.",
  ],
  "aws:lb/loadBalancer:LoadBalancer": [
    ({ doomed: { id, props } }) =>
      props.enableDeletionProtection === true &&
      `OperationNotPermitted: Load balancer '${id}' cannot be deleted because deletion protection is enabled`,
  ],
  "aws:lb/targetGroup:TargetGroup": [
    usedBy(
      "ResourceInUse: Target group '{}' is currently in use by a listener or a rule",
      /lb.listener/i,
      "defaultActions",
      "actions",
    ),
  ],
  "aws:iam/role:Role": [
    unless(
      "forceDetachPolicies",
      usedBy("DeleteConflict: Cannot delete entity, must detach all policies first.", /RolePolicyAttachment$/, "role"),
    ),
    unless(
      "forceDetachPolicies",
      usedBy("DeleteConflict: Cannot delete entity, must delete policies first.", /RolePolicy$/, "role"),
    ),
    usedBy(
      "DeleteConflict: Cannot delete entity, must remove roles from instance profile first.",
      /InstanceProfile$/,
      "role",
    ),
  ],
  "aws:iam/policy:Policy": [
    usedBy("DeleteConflict: Cannot delete a policy attached to entities.", /RolePolicyAttachment$/, "policyArn"),
  ],
  "aws:route53/zone:Zone": [
    ({ doomed, account }) =>
      doomed.props.forceDestroy !== true &&
      account.all("aws:route53/record:Record").some(({ props }) => props.zoneId === doomed.id) &&
      "HostedZoneNotEmpty: The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
  ],
};

/** Why AWS keeps what should go, or undefined. */
export function deletionRefusal(doomed: Existing, account: Account): string | undefined {
  for (const rule of DELETION_RULES[doomed.type] ?? []) {
    const words = rule({ doomed, account });
    if (words) return words;
  }
  return undefined;
}
