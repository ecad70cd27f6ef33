import { type Account, find, outside, type Rule, subnetOf, type Wish } from "./account";
import { block, inside, overlap, standing } from "./addresses";
import { ECS_RULES } from "./ecs-refusals";
import { architectureOfImage, architectureOfType } from "./machines";
import { takenName, unknownReference } from "./references";
import { USER_DATA_LIMIT } from "./schema-mistakes";
import { type Properties, record, records, text, texts } from "./values";

const hasGateway = (account: Account, vpcId: unknown) =>
  account.all("aws:ec2/internetGateway:InternetGateway").some(({ props }) => props.vpcId === vpcId);

function foreignGroups(account: Account, subnetId: unknown, groups: unknown): string | undefined {
  const { vpcId } = subnetOf(account, subnetId);
  const foreign = texts(groups).find(
    (group) => vpcId && (find(account, "aws:ec2/securityGroup:SecurityGroup", group)?.props.vpcId ?? vpcId) !== vpcId,
  );
  return foreign && `InvalidParameter: Security group ${foreign} and subnet ${subnetId} belong to different networks.`;
}

const interfacesOf = ({ networkInterfaces, primaryNetworkInterface }: Properties): string[] =>
  [...records(networkInterfaces), record(primaryNetworkInterface)].flatMap(
    ({ networkInterfaceId }) => text(networkInterfaceId) || [],
  );
const zoneOfInstance = (account: Account, { availabilityZone, subnetId, ...rest }: Properties): string => {
  const [first] = interfacesOf(rest);
  const card = find(account, "aws:ec2/networkInterface:NetworkInterface", first)?.props;
  return text(availabilityZone) || text(subnetOf(account, subnetId || card?.subnetId).availabilityZone);
};

/** Rules for making and for changing, by type. */
const RULES: Readonly<Record<string, readonly Rule<Wish>[]>> = {
  ...ECS_RULES,
  "aws:ec2/vpc:Vpc": [
    ({ inputs }) => {
      const { bits = 0 } = block(text(inputs.cidrBlock)) ?? {};
      return (bits < 16 || bits > 28) && `InvalidVpc.Range: The CIDR '${inputs.cidrBlock}' is invalid.`;
    },
  ],
  "aws:ec2/subnet:Subnet": [
    ({ inputs, account }) => {
      const vpc = block(text(find(account, "aws:ec2/vpc:Vpc", inputs.vpcId)?.props.cidrBlock));
      const own = block(text(inputs.cidrBlock));
      return (
        (!own || !vpc || !inside(own, vpc) || own.bits > 28) &&
        `InvalidSubnet.Range: The CIDR '${inputs.cidrBlock}' is invalid.`
      );
    },
    ({ inputs, old, account }) => {
      const own = block(text(inputs.cidrBlock));
      const other = account.all("aws:ec2/subnet:Subnet").find(({ id, props }) => {
        const theirs = block(text(props.cidrBlock));
        return id !== old?.id && props.vpcId === inputs.vpcId && own && theirs && overlap(own, theirs);
      });
      return other && `InvalidSubnet.Conflict: The CIDR '${inputs.cidrBlock}' conflicts with another subnet`;
    },
    ({ inputs, account }) =>
      inputs.availabilityZone !== undefined &&
      !account.zones.includes(text(inputs.availabilityZone)) &&
      `InvalidParameterValue: Value (${inputs.availabilityZone}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: ${account.zones.join(", ")}.`,
  ],
  "aws:ec2/natGateway:NatGateway": [
    ({ inputs, account }) =>
      inputs.connectivityType !== "private" &&
      !hasGateway(account, subnetOf(account, inputs.subnetId).vpcId) &&
      `Gateway.NotAttached: Network ${subnetOf(account, inputs.subnetId).vpcId} has no Internet gateway attached`,
  ],
  "aws:ec2/networkInterface:NetworkInterface": [
    ({ inputs, account }) => foreignGroups(account, inputs.subnetId, inputs.securityGroups),
    ({ inputs, old, account }) => {
      const subnet = block(text(subnetOf(account, inputs.subnetId).cidrBlock));
      const taken = account
        .all("aws:ec2/networkInterface:NetworkInterface")
        .filter(({ id, props }) => id !== old?.id && props.subnetId === inputs.subnetId)
        .flatMap(({ props }) => [text(props.privateIp), ...texts(props.privateIps)]);
      for (const address of [text(inputs.privateIp), ...texts(inputs.privateIps)].filter(Boolean)) {
        const where = subnet ? standing(address, subnet) : "free";
        if (where === "outside")
          return `InvalidParameterValue: Address does not fall within the subnet's address range: ${address}`;
        if (where === "reserved")
          return `InvalidParameterValue: Address ${address} is in subnet's reserved address range`;
        if (taken.includes(address))
          return `InvalidIPAddress.InUse: The specified address is already in use: ${address}`;
      }
      return undefined;
    },
  ],
  "aws:ec2/instance:Instance": [
    ({ inputs, account }) => foreignGroups(account, inputs.subnetId, inputs.vpcSecurityGroupIds),
    ({ inputs }) => {
      const [wanted, given] = [architectureOfType(text(inputs.instanceType)), architectureOfImage(text(inputs.ami))];
      return (
        given &&
        wanted !== given &&
        `InvalidParameterValue: The architecture '${wanted}' of the specified instance type does not match the architecture '${given}' of the specified AMI.`
      );
    },
    ({ inputs, old, account }) => {
      const held = interfacesOf(inputs).find((card) =>
        account
          .all("aws:ec2/instance:Instance")
          .some(({ id, props }) => id !== old?.id && interfacesOf(props).includes(card)),
      );
      return held && `InvalidNetworkInterface.InUse: Interface: ${held} in use.`;
    },
  ],
  "aws:ebs/volume:Volume": [
    ({ inputs, old }) =>
      old &&
      Number(inputs.size) < Number(old.props.size) &&
      "InvalidParameterValue: New size cannot be smaller than existing size",
    ({ inputs }) =>
      (Number(inputs.iops ?? 3000) > Math.max(3000, 500 * Number(inputs.size ?? 8)) ||
        Number(inputs.throughput ?? 125) > Number(inputs.iops ?? 3000) / 4) &&
      inputs.type === "gp3" &&
      "InvalidParameterCombination: gp3 takes at most 500 IOPS a GiB and 0.25 MiB/s an IOPS",
    ({ inputs, account }) =>
      !account.zones.includes(text(inputs.availabilityZone)) &&
      `InvalidZone.NotFound: The zone '${inputs.availabilityZone}' does not exist.`,
  ],
  "aws:ec2/volumeAttachment:VolumeAttachment": [
    ({ inputs, account }) => {
      const volume = find(account, "aws:ebs/volume:Volume", inputs.volumeId)?.props ?? {};
      const instance = find(account, "aws:ec2/instance:Instance", inputs.instanceId)?.props ?? {};
      return (
        volume.availabilityZone !== zoneOfInstance(account, instance) &&
        `InvalidVolume.ZoneMismatch: The volume '${inputs.volumeId}' is not in the same availability zone as instance '${inputs.instanceId}'`
      );
    },
    ({ inputs, old, account }) =>
      account
        .all("aws:ec2/volumeAttachment:VolumeAttachment")
        .some(({ id, props }) => id !== old?.id && props.volumeId === inputs.volumeId) &&
      `VolumeInUse: ${inputs.volumeId} is already attached to an instance`,
  ],
  "aws:ec2/launchTemplate:LaunchTemplate": [
    ({ inputs }) => {
      const data = text(inputs.userData);
      const decoded = Buffer.from(data, "base64");
      return (
        (data !== "" &&
          decoded.toString("base64") !== data &&
          "InvalidUserData.Malformed: Invalid BASE64 encoding of user data.") ||
        (decoded.length > USER_DATA_LIMIT && `InvalidParameterValue: User data is limited to ${USER_DATA_LIMIT} bytes`)
      );
    },
  ],
  "aws:autoscaling/group:Group": [
    ({ inputs: { minSize, maxSize, desiredCapacity = minSize } }) =>
      outside(desiredCapacity, Number(minSize), Number(maxSize)) &&
      `ValidationError: Desired capacity:${desiredCapacity} must be between the specified min size:${minSize} and max size:${maxSize}`,
  ],
  "aws:lb/loadBalancer:LoadBalancer": [
    ({ inputs, account }) => {
      const subnets = [
        ...texts(inputs.subnets),
        ...records(inputs.subnetMappings).map(({ subnetId }) => text(subnetId)),
      ];
      const zones = new Set(subnets.map((id) => subnetOf(account, id).availabilityZone));
      const { vpcId } = subnetOf(account, subnets[0]);
      return (
        (zones.size < 2 &&
          "ValidationError: At least two subnets in two different Availability Zones must be specified") ||
        (zones.size < subnets.length &&
          "InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same Availability Zone") ||
        (inputs.internal !== true &&
          !hasGateway(account, vpcId) &&
          `InvalidSubnet: VPC ${vpcId} has no internet gateway`) ||
        foreignGroups(account, subnets[0], inputs.securityGroups)
      );
    },
  ],
  "aws:lb/targetGroup:TargetGroup": [
    ({ inputs }) => {
      const { interval = 30, timeout = 5 } = record(inputs.healthCheck);
      return (
        Number(timeout) >= Number(interval) &&
        "ValidationError: Health check interval must be greater than the timeout."
      );
    },
    ({ inputs }) => {
      const { matcher = "200" } = record(inputs.healthCheck);
      const outside = text(matcher)
        .split(/[,-]/)
        .find((code) => Number(code) < 200 || Number(code) > 499);
      return outside && `ValidationError: Health check matcher HTTP code '${outside}' must be within 200 and 499.`;
    },
  ],
  "aws:lb/listener:Listener": [
    ({ inputs }) =>
      inputs.protocol === "HTTPS" &&
      !inputs.certificateArn &&
      "ValidationError: A certificate must be specified for HTTPS listeners",
  ],
  "aws:secretsmanager/secret:Secret": [
    ({ inputs, old, account }) =>
      !old &&
      account.secretsInDeletion.has(text(inputs.name)) &&
      `InvalidRequestException: You can't create this secret because a secret with this name is already scheduled for deletion. (${inputs.name})`,
    ({ inputs: { recoveryWindowInDays: days } }) =>
      days !== 0 &&
      outside(days, 7, 30) &&
      "InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
  ],
  "aws:appautoscaling/target:Target": [
    ({ inputs, account }) =>
      inputs.serviceNamespace === "ecs" &&
      !account.all("aws:ecs/service:Service").some(({ id }) => id.endsWith(`:${inputs.resourceId}`)) &&
      `ValidationException: ECS service doesn't exist: ${inputs.resourceId}`,
    ({ inputs }) =>
      Number(inputs.minCapacity) > Number(inputs.maxCapacity) &&
      "ValidationException: Maximum capacity cannot be less than minimum capacity",
  ],
  "aws:appautoscaling/policy:Policy": [
    ({ inputs, account }) =>
      !account
        .all("aws:appautoscaling/target:Target")
        .some(
          ({ props }) => props.resourceId === inputs.resourceId && props.scalableDimension === inputs.scalableDimension,
        ) &&
      `ObjectNotFoundException: No scalable target registered for service namespace: ${inputs.serviceNamespace}, resource ID: ${inputs.resourceId}`,
  ],
};

/** Why AWS refuses a wish, or undefined. */
export function refusal(wish: Wish): string | undefined {
  for (const rule of [unknownReference, takenName, ...(RULES[wish.type] ?? [])]) {
    const words = rule(wish);
    if (words) return words;
  }
  return undefined;
}
