import { find, type Wish } from "./account";
import { ACCOUNT_ID } from "./resource-types";
import { stringsIn, text } from "./values";

/** An id by its prefix, with the error for one that AWS does not know. */
const UNKNOWN_ID: Readonly<Record<string, string>> = {
  vpc: "InvalidVpcID.NotFound: The vpc ID",
  subnet: "InvalidSubnetID.NotFound: The subnet ID",
  sg: "InvalidGroup.NotFound: The security group",
  vol: "InvalidVolume.NotFound: The volume",
  snap: "InvalidSnapshot.NotFound: The snapshot",
  eni: "InvalidNetworkInterfaceID.NotFound: The networkInterface ID",
  igw: "InvalidInternetGatewayID.NotFound: The internetGateway ID",
  nat: "NatGatewayNotFound: The NAT gateway",
  rtb: "InvalidRouteTableID.NotFound: The routeTable ID",
  eipalloc: "InvalidAllocationID.NotFound: The allocation ID",
  lt: "InvalidLaunchTemplateId.NotFound: The specified launch template, with template ID",
  i: "InvalidInstanceID.NotFound: The instance ID",
};
const ID = /^(vpc|subnet|sg|vol|snap|eni|igw|nat|rtb|eipalloc|lt|i)-[0-9a-f]{8,17}$/;

/** Services whose ARNs AWS looks up when it is given them. */
const UNKNOWN_ARN: Readonly<Record<string, string>> = {
  acm: "CertificateNotFound: Certificate",
  autoscaling: "ValidationError: Auto Scaling group",
  ecs: "ClientException: No such resource in Amazon ECS:",
  elasticloadbalancing: "TargetGroupNotFound, LoadBalancerNotFound or ListenerNotFound:",
  iam: "NoSuchEntity: Role or policy",
  secretsmanager: "ResourceNotFoundException: Secrets Manager can't find the specified secret:",
  sns: "NotFound: Topic does not exist:",
};

/** Things that are referred to by name. */
const NAMED_REFERENCES: readonly (readonly [type: string, property: string, target: string, words: string])[] = [
  [
    "aws:ec2/instance:Instance",
    "iamInstanceProfile",
    "aws:iam/instanceProfile:InstanceProfile",
    "InvalidParameterValue: Invalid IAM Instance Profile name:",
  ],
  [
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "role",
    "aws:iam/role:Role",
    "NoSuchEntity: The role cannot be found:",
  ],
  ["aws:iam/rolePolicy:RolePolicy", "role", "aws:iam/role:Role", "NoSuchEntity: The role cannot be found:"],
  ["aws:iam/instanceProfile:InstanceProfile", "role", "aws:iam/role:Role", "NoSuchEntity: The role cannot be found:"],
  [
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
    "clusterName",
    "aws:ecs/cluster:Cluster",
    "ClusterNotFoundException: Cluster not found:",
  ],
  ["aws:ecs/service:Service", "cluster", "aws:ecs/cluster:Cluster", "ClusterNotFoundException: Cluster not found:"],
  ["aws:route53/record:Record", "zoneId", "aws:route53/zone:Zone", "NoSuchHostedZone: No hosted zone found with ID:"],
];

/** Something that is referred to and was never made, or is gone. */
export function unknownReference({ type, inputs, account }: Wish): string | undefined {
  const known = new Set(account.everything().flatMap(({ id, made }) => [id, ...stringsIn(made)]));
  for (const value of stringsIn(inputs)) {
    const prefix = ID.exec(value)?.[1];
    if (prefix && !known.has(value)) return `${UNKNOWN_ID[prefix]} '${value}' does not exist`;
    const [, service = "", owner = ""] = /^arn:aws:([a-z-]+):[a-z0-9-]*:(\d*|aws):[^*]+$/.exec(value) ?? [];
    if (UNKNOWN_ARN[service] && owner === ACCOUNT_ID && !known.has(value)) {
      return `${UNKNOWN_ARN[service]} '${value}' not found`;
    }
  }
  for (const [from, property, target, words] of NAMED_REFERENCES) {
    const reference = text(inputs[property]);
    if (from === type && reference && !find(account, target, reference)) return `${words} ${reference}`;
  }
  return undefined;
}

/** Where a second one of the same name is refused: what must differ, and AWS's words. Elsewhere it overwrites. */
const UNIQUE: Readonly<Record<string, readonly [properties: readonly string[], words: string]>> = {
  "aws:ec2/securityGroup:SecurityGroup": [
    ["name", "vpcId"],
    "InvalidGroup.Duplicate: The security group already exists for the VPC",
  ],
  "aws:ec2/launchTemplate:LaunchTemplate": [
    ["name"],
    "InvalidLaunchTemplateName.AlreadyExistsException: Launch template name already in use.",
  ],
  "aws:autoscaling/group:Group": [["name"], "AlreadyExists: AutoScalingGroup by this name already exists"],
  "aws:ecs/capacityProvider:CapacityProvider": [
    ["name"],
    "ClientException: The specified capacity provider already exists.",
  ],
  "aws:ecs/service:Service": [
    ["name", "cluster"],
    "InvalidParameterException: Creation of service was not idempotent.",
  ],
  "aws:lb/loadBalancer:LoadBalancer": [
    ["name"],
    "DuplicateLoadBalancerName: A load balancer with the same name exists, but with different settings",
  ],
  "aws:lb/targetGroup:TargetGroup": [
    ["name"],
    "DuplicateTargetGroupName: A target group with the same name exists, but with different settings",
  ],
  "aws:secretsmanager/secret:Secret": [
    ["name"],
    "ResourceExistsException: The operation failed because the secret already exists.",
  ],
  "aws:ssm/parameter:Parameter": [["name"], "ParameterAlreadyExists: The parameter already exists."],
  "aws:iam/role:Role": [["name"], "EntityAlreadyExists: Role with that name already exists."],
  "aws:iam/policy:Policy": [
    ["name"],
    "EntityAlreadyExists: A policy with that name already exists. Duplicate names are not allowed.",
  ],
  "aws:iam/instanceProfile:InstanceProfile": [["name"], "EntityAlreadyExists: Instance Profile already exists."],
  "aws:cloudwatch/logGroup:LogGroup": [
    ["name"],
    "ResourceAlreadyExistsException: The specified log group already exists",
  ],
  "aws:lb/listener:Listener": [
    ["loadBalancerArn", "port"],
    "DuplicateListener: A listener already exists on this port for this load balancer",
  ],
  "aws:lb/listenerRule:ListenerRule": [["listenerArn", "priority"], "PriorityInUse: Priority is currently in use"],
  "aws:route53/record:Record": [
    ["zoneId", "name", "type", "setIdentifier"],
    "InvalidChangeBatch: Tried to create resource record set but it already exists",
  ],
  "aws:ec2/route:Route": [
    ["routeTableId", "destinationCidrBlock"],
    "RouteAlreadyExists: The route identified by the destination already exists.",
  ],
  "aws:ec2/routeTableAssociation:RouteTableAssociation": [
    ["subnetId"],
    "Resource.AlreadyAssociated: the specified association already exists",
  ],
};

/** A name or a port that another one has. */
export function takenName({ type, inputs, old, account }: Wish): string | undefined {
  const [properties, words] = UNIQUE[type] ?? [];
  if (!properties || inputs.allowOverwrite === true) return undefined;
  const twin = account
    .all(type)
    .find(({ id, props }) => id !== old?.id && properties.every((property) => props[property] === inputs[property]));
  return twin && `${words} (${properties.map((property) => inputs[property]).join(", ")})`;
}
