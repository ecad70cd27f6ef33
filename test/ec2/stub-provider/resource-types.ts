import { type Properties, parsed, records, text, texts } from "./values";

export const ACCOUNT_ID = "123456789012";

/** What AWS knows of a resource when it makes it. */
export interface Made {
  readonly inputs: Properties;
  /** Its physical name: as given, or as the provider made it up. */
  readonly name: string;
  readonly region: string;
  /** Hexadecimal digits that were never used before. */
  readonly hex: (digits: number) => string;
}
interface Identified extends Made {
  readonly id: string;
}

export interface ResourceType {
  /** Whose change the provider answers with a replacement: paths of properties, or all but tags. */
  readonly replace: readonly string[] | "all";
  readonly id: (made: Made) => string;
  readonly computed?: (made: Identified) => Properties;
  /** Computed values that an update renews. */
  readonly renewed?: (old: Properties) => Properties;
  /** The property the provider makes a name up for, and the longest name AWS takes. */
  readonly named?: { readonly by: string; readonly longest: number };
}

export const arn = (service: string, resource: string, region: string): string =>
  `arn:aws:${service}:${region}:${ACCOUNT_ID}:${resource}`;
const globalArn = (service: string, resource: string) => arn(service, resource, "");
const nextVersion = (key: string) => (old: Properties) => ({ [key]: Number(old[key] ?? 0) + 1 });
const named = (longest: number, by = "name") => ({ named: { by, longest } });
const byName = ({ name }: Made): string => name;

/** A resource of EC2: an id such as `vpc-0123456789abcdef0`, and an ARN made of it. */
const ec2 = (
  prefix: string,
  kind: string,
  replace: ResourceType["replace"],
  more: Partial<ResourceType> = {},
): ResourceType => ({
  ...more,
  replace,
  id: ({ hex }) => `${prefix}-0${hex(16)}`,
  computed: (made) => ({ arn: arn("ec2", `${kind}/${made.id}`, made.region), ...more.computed?.(made) }),
});

/** A resource whose id is its ARN. */
const byArn = (
  service: string,
  resource: (made: Made) => string,
  replace: ResourceType["replace"],
  more: Partial<ResourceType> = {},
): ResourceType => ({
  ...more,
  replace,
  id: (made) => arn(service, resource(made), service === "iam" ? "" : made.region),
  computed: (made) => ({ arn: made.id, ...more.computed?.(made) }),
});

/** A link between two others, which has no life of its own. */
const link = (replace: ResourceType["replace"], prefix = "link"): ResourceType => ({
  replace,
  id: ({ hex }) => `${prefix}-${hex(10)}`,
});

const randomHost = (hex: Made["hex"]) => 20 + (Number.parseInt(hex(4), 16) % 200);
const NAME = ["name", "namePrefix"];

/**
 * The types the stub serves, after `ForceNew` in the Terraform AWS provider 6.x, which @pulumi/aws 7 bridges.
 * `region` replaces everywhere.
 */
export const RESOURCE_TYPES: Readonly<Record<string, ResourceType>> = {
  "aws:ec2/vpc:Vpc": ec2("vpc", "vpc", ["cidrBlock"], {
    computed: ({ hex }) => ({
      mainRouteTableId: `rtb-0${hex(16)}`,
      defaultRouteTableId: `rtb-0${hex(16)}`,
      defaultSecurityGroupId: `sg-0${hex(16)}`,
      defaultNetworkAclId: `acl-0${hex(16)}`,
    }),
  }),
  "aws:ec2/subnet:Subnet": ec2("subnet", "subnet", ["availabilityZone", "availabilityZoneId", "cidrBlock", "vpcId"]),
  "aws:ec2/internetGateway:InternetGateway": ec2("igw", "internet-gateway", []),
  "aws:ec2/eip:Eip": ec2("eipalloc", "elastic-ip", ["address", "domain", "networkBorderGroup", "publicIpv4Pool"], {
    computed: ({ id, hex }) => ({ allocationId: id, publicIp: `203.0.113.${randomHost(hex)}` }),
  }),
  "aws:ec2/natGateway:NatGateway": ec2(
    "nat",
    "natgateway",
    ["allocationId", "connectivityType", "privateIp", "subnetId"],
    { computed: ({ hex }) => ({ networkInterfaceId: `eni-0${hex(16)}`, publicIp: `203.0.113.${randomHost(hex)}` }) },
  ),
  "aws:ec2/routeTable:RouteTable": ec2("rtb", "route-table", ["vpcId"]),
  "aws:ec2/route:Route": link(["destinationCidrBlock", "destinationPrefixListId", "routeTableId"], "r-rtb"),
  "aws:ec2/routeTableAssociation:RouteTableAssociation": link(["gatewayId", "subnetId"], "rtbassoc"),
  "aws:ec2/mainRouteTableAssociation:MainRouteTableAssociation": link(["vpcId"], "rtbassoc"),
  "aws:ec2/vpcEndpoint:VpcEndpoint": ec2("vpce", "vpc-endpoint", ["serviceName", "vpcEndpointType", "vpcId"], {
    computed: ({ hex }) => ({ prefixListId: `pl-0${hex(16)}`, networkInterfaceIds: [], dnsEntries: [] }),
  }),
  "aws:ec2/securityGroup:SecurityGroup": ec2("sg", "security-group", [...NAME, "description", "vpcId"], named(255)),
  "aws:ec2/securityGroupRule:SecurityGroupRule": link(
    ["cidrBlocks", "fromPort", "protocol", "securityGroupId", "self", "sourceSecurityGroupId", "toPort", "type"],
    "sgrule",
  ),
  "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ec2("sgr", "security-group-rule", ["securityGroupId"]),
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ec2("sgr", "security-group-rule", ["securityGroupId"]),
  "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ec2("sg", "security-group", ["vpcId"]),
  "aws:ec2/networkInterface:NetworkInterface": ec2("eni", "network-interface", ["interfaceType", "subnetId"], {
    computed: ({ inputs, hex }) => ({
      privateIp: text(inputs.privateIp) || (texts(inputs.privateIps)[0] ?? `10.0.0.${randomHost(hex)}`),
      privateDnsName: `ip-${hex(8)}.ec2.internal`,
    }),
  }),
  "aws:ec2/instance:Instance": ec2(
    "i",
    "instance",
    [
      "ami",
      "associatePublicIpAddress",
      "availabilityZone",
      "cpuOptions",
      "ebsBlockDevices",
      "enclaveOptions",
      "hibernation",
      "keyName",
      "networkInterfaces",
      "placementGroup",
      "primaryNetworkInterface",
      "privateIp",
      "rootBlockDevice.deviceName",
      "rootBlockDevice.encrypted",
      "rootBlockDevice.kmsKeyId",
      "securityGroups",
      "subnetId",
    ],
    {
      computed: ({ id, hex }) => ({
        instanceState: "running",
        primaryNetworkInterfaceId: `eni-0${hex(16)}`,
        privateDns: `${id}.ec2.internal`,
        privateIp: `10.0.0.${randomHost(hex)}`,
      }),
    },
  ),
  "aws:ebs/volume:Volume": ec2("vol", "volume", [
    "availabilityZone",
    "encrypted",
    "kmsKeyId",
    "multiAttachEnabled",
    "outpostArn",
    "snapshotId",
  ]),
  "aws:ebs/snapshot:Snapshot": ec2("snap", "snapshot", ["volumeId"]),
  "aws:ec2/volumeAttachment:VolumeAttachment": link(["deviceName", "instanceId", "volumeId"], "vai"),
  "aws:ec2/tag:Tag": {
    replace: ["key", "resourceId"],
    id: ({ inputs }) => `${text(inputs.resourceId)},${text(inputs.key)}`,
  },
  "aws:ec2/launchTemplate:LaunchTemplate": ec2("lt", "launch-template", NAME, {
    ...named(125),
    computed: () => ({ latestVersion: 1, defaultVersion: 1 }),
    renewed: nextVersion("latestVersion"),
  }),
  "aws:autoscaling/group:Group": {
    ...named(255),
    replace: [...NAME, "placementGroup"],
    id: byName,
    computed: ({ name, region, hex }) => ({
      arn: arn("autoscaling", `autoScalingGroup:${hex(8)}:autoScalingGroupName/${name}`, region),
    }),
  },
  "aws:autoscaling/policy:Policy": {
    ...named(255),
    replace: ["autoscalingGroupName", "name"],
    id: byName,
    computed: ({ name, region }) => ({ arn: arn("autoscaling", `scalingPolicy:policyName/${name}`, region) }),
  },

  "aws:ecs/cluster:Cluster": byArn("ecs", ({ name }) => `cluster/${name}`, ["name"], named(255)),
  "aws:ecs/capacityProvider:CapacityProvider": byArn(
    "ecs",
    ({ name }) => `capacity-provider/${name}`,
    ["autoScalingGroupProvider.autoScalingGroupArn", "name"],
    named(255),
  ),
  "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": {
    replace: ["clusterName"],
    id: ({ inputs }) => text(inputs.clusterName),
  },
  "aws:ecs/taskDefinition:TaskDefinition": {
    replace: "all",
    id: ({ inputs }) => text(inputs.family),
    computed: ({ inputs, region, hex }) => {
      const arnWithoutRevision = arn("ecs", `task-definition/${text(inputs.family)}`, region);
      // Revisions grow by family; that they never repeat is what programs rely on.
      const revision = Number.parseInt(hex(7), 16);
      return { arn: `${arnWithoutRevision}:${revision}`, arnWithoutRevision, revision };
    },
  },
  "aws:ecs/service:Service": byArn(
    "ecs",
    ({ inputs, name }) => `service/${text(inputs.cluster).split("/").at(-1) || "default"}/${name}`,
    ["cluster", "iamRole", "launchType", "name", "schedulingStrategy"],
    named(255),
  ),

  "aws:lb/loadBalancer:LoadBalancer": byArn(
    "elasticloadbalancing",
    ({ name, hex }) => `loadbalancer/app/${name}/${hex(16)}`,
    [...NAME, "internal", "loadBalancerType"],
    {
      ...named(32),
      computed: ({ id, name, region, hex }) => ({
        arnSuffix: id.split("loadbalancer/")[1],
        dnsName: `${name}-${hex(8)}.${region}.elb.amazonaws.com`,
        zoneId: "Z35SXDOTRQ7X7K",
      }),
    },
  ),
  "aws:lb/targetGroup:TargetGroup": byArn(
    "elasticloadbalancing",
    ({ name, hex }) => `targetgroup/${name}/${hex(16)}`,
    [...NAME, "ipAddressType", "port", "protocol", "protocolVersion", "targetType", "vpcId"],
    { ...named(32), computed: ({ id }) => ({ arnSuffix: id.split(":").at(-1) }) },
  ),
  "aws:lb/listener:Listener": byArn(
    "elasticloadbalancing",
    ({ inputs, hex }) => `listener/${text(inputs.loadBalancerArn).split("loadbalancer/")[1]}/${hex(16)}`,
    ["loadBalancerArn"],
  ),
  "aws:lb/listenerRule:ListenerRule": byArn(
    "elasticloadbalancing",
    ({ inputs, hex }) => `listener-rule/${text(inputs.listenerArn).split("listener/")[1]}/${hex(16)}`,
    ["listenerArn"],
  ),
  "aws:acm/certificate:Certificate": byArn("acm", ({ hex }) => `certificate/${hex(8)}`, [
    "domainName",
    "validationMethod",
  ]),
  "aws:route53/zone:Zone": {
    replace: ["delegationSetId", "name"],
    id: ({ hex }) => `Z${hex(18).toUpperCase()}`,
    computed: ({ id }) => ({ zoneId: id, arn: `arn:aws:route53:::hostedzone/${id}` }),
  },
  "aws:route53/record:Record": {
    replace: ["name", "setIdentifier", "type", "zoneId"],
    id: ({ inputs }) => [inputs.zoneId, inputs.name, inputs.type].map(text).join("_"),
    computed: ({ inputs }) => ({ fqdn: text(inputs.name) }),
  },

  "aws:secretsmanager/secret:Secret": byArn(
    "secretsmanager",
    ({ name, hex }) => `secret:${name}-${hex(6)}`,
    NAME,
    named(512),
  ),
  "aws:secretsmanager/secretVersion:SecretVersion": {
    replace: ["secretBinary", "secretId", "secretString", "secretStringWoVersion"],
    id: ({ inputs, hex }) => `${text(inputs.secretId)}|terraform-${hex(26)}`,
    computed: ({ id, inputs }) => ({ arn: text(inputs.secretId), versionId: id.split("|")[1] }),
  },
  "aws:ssm/parameter:Parameter": {
    ...named(1011),
    replace: ["dataType", "name"],
    id: byName,
    computed: ({ name, region }) => ({
      arn: arn("ssm", `parameter/${name.replace(/^\//, "")}`, region),
      version: 1,
    }),
    renewed: nextVersion("version"),
  },
  "aws:kms/key:Key": byArn("kms", ({ hex }) => `key/${hex(8)}-${hex(12)}`, ["customerMasterKeySpec", "keyUsage"], {
    computed: ({ id }) => ({ keyId: id.split("/")[1] }),
  }),
  "aws:kms/alias:Alias": { replace: NAME, id: byName },

  "aws:iam/role:Role": {
    ...named(64),
    replace: [...NAME, "path"],
    id: byName,
    computed: ({ name, inputs }) => ({ arn: globalArn("iam", `role${text(inputs.path) || "/"}${name}`) }),
  },
  "aws:iam/rolePolicy:RolePolicy": {
    ...named(128),
    replace: [...NAME, "role"],
    id: ({ inputs, name }) => `${text(inputs.role)}:${name}`,
  },
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {
    replace: ["policyArn", "role"],
    id: ({ inputs }) => `${text(inputs.role)}/${text(inputs.policyArn)}`,
  },
  "aws:iam/policy:Policy": byArn(
    "iam",
    ({ name, inputs }) => `policy${text(inputs.path) || "/"}${name}`,
    [...NAME, "description", "path"],
    named(128),
  ),
  "aws:iam/instanceProfile:InstanceProfile": {
    ...named(128),
    replace: [...NAME, "path"],
    id: byName,
    computed: ({ name }) => ({ arn: globalArn("iam", `instance-profile/${name}`) }),
  },

  "aws:cloudwatch/logGroup:LogGroup": {
    ...named(512),
    replace: [...NAME, "logGroupClass"],
    id: byName,
    computed: ({ name, region }) => ({ arn: arn("logs", `log-group:${name}`, region) }),
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    ...named(255),
    replace: ["name"],
    id: byName,
    computed: ({ name, region }) => ({ arn: arn("cloudwatch", `alarm:${name}`, region) }),
  },
  "aws:cloudwatch/dashboard:Dashboard": {
    replace: ["dashboardName"],
    id: ({ inputs }) => text(inputs.dashboardName),
    computed: ({ id }) => ({ dashboardArn: globalArn("cloudwatch", `dashboard/${id}`) }),
  },
  "aws:cloudwatch/eventRule:EventRule": {
    ...named(64),
    replace: [...NAME, "eventBusName"],
    id: byName,
    computed: ({ name, region }) => ({ arn: arn("events", `rule/${name}`, region) }),
  },
  "aws:cloudwatch/eventTarget:EventTarget": link(["eventBusName", "rule", "targetId"], "target"),
  "aws:appautoscaling/target:Target": {
    replace: ["resourceId", "scalableDimension", "serviceNamespace"],
    id: ({ inputs }) => text(inputs.resourceId),
    computed: ({ region, hex }) => ({ arn: arn("application-autoscaling", `scalable-target/${hex(16)}`, region) }),
  },
  "aws:appautoscaling/policy:Policy": {
    ...named(255),
    replace: ["name", "resourceId", "scalableDimension", "serviceNamespace"],
    id: byName,
    computed: ({ name, region }) => ({ arn: arn("autoscaling", `scalingPolicy:policyName/${name}`, region) }),
  },
  "aws:dlm/lifecyclePolicy:LifecyclePolicy": {
    replace: [],
    id: ({ hex }) => `policy-0${hex(16)}`,
    computed: ({ id, region }) => ({ arn: arn("dlm", `policy/${id}`, region) }),
  },
  "aws:sns/topic:Topic": byArn("sns", ({ name }) => name, [...NAME, "fifoTopic"], named(256)),
  "aws:sns/topicSubscription:TopicSubscription": byArn(
    "sns",
    ({ inputs, hex }) => `${text(inputs.topic).split(":").at(-1)}:${hex(8)}`,
    ["endpoint", "protocol", "topic"],
  ),
};

/** The container definitions of a task definition, which travel as JSON. */
export const containersOf = (taskDefinition: Properties): Properties[] =>
  records(parsed(taskDefinition.containerDefinitions));
