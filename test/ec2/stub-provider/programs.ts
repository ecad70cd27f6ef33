import type { Host } from "./placement";

/** One machine with a data volume, one service behind a load balancer. */
const SYSTEM = `
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";

const zones = aws.getAvailabilityZonesOutput({ state: "available" }).names;
const vpc = new aws.ec2.Vpc("main", { cidrBlock: "10.0.0.0/16" });
const gateway = new aws.ec2.InternetGateway("main", { vpcId: vpc.id });
const subnets = [0, 1].map(
  (index) =>
    new aws.ec2.Subnet(\`public-\${index}\`, {
      vpcId: vpc.id,
      availabilityZone: zones[index],
      cidrBlock: \`10.0.\${index}.0/24\`,
    }),
);
const group = new aws.ec2.SecurityGroup("hosts", { vpcId: vpc.id, description: "hosts" });

const alb = new aws.lb.LoadBalancer(
  "web",
  { subnets: subnets.map(({ id }) => id), securityGroups: [group.id] },
  { dependsOn: gateway },
);
const targets = new aws.lb.TargetGroup("web", { port: 80, protocol: "HTTP", vpcId: vpc.id });
const listener = new aws.lb.Listener("http", {
  loadBalancerArn: alb.arn,
  port: 80,
  defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
});

const trust = aws.iam.getPolicyDocumentOutput({
  statements: [{ actions: ["sts:AssumeRole"], principals: [{ type: "Service", identifiers: ["ec2.amazonaws.com"] }] }],
}).json;
const role = new aws.iam.Role("host", { assumeRolePolicy: trust });
const profile = new aws.iam.InstanceProfile("host", { role: role.name });
const cluster = new aws.ecs.Cluster("main", {});
const image = aws.ssm.getParameterOutput({
  name: "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id",
}).value;
const address = new aws.ec2.NetworkInterface("data", {
  subnetId: subnets[0].id,
  privateIps: ["10.0.0.10"],
  securityGroups: [group.id],
});
const host = new aws.ec2.Instance(
  "data",
  {
    ami: image,
    instanceType: "m7g.large",
    iamInstanceProfile: profile.name,
    primaryNetworkInterface: { networkInterfaceId: address.id },
    userData: pulumi.interpolate\`#!/bin/sh\\necho ECS_CLUSTER=\${cluster.name} >> /etc/ecs/ecs.config\\n\`,
  },
  { deleteBeforeReplace: true },
);
const volume = new aws.ebs.Volume(
  "data",
  { availabilityZone: zones[0], size: 20, type: "gp3", encrypted: true },
  { retainOnDelete: true },
);
const attachment = new aws.ec2.VolumeAttachment(
  "data",
  { deviceName: "/dev/sdf", instanceId: host.id, volumeId: volume.id, stopInstanceBeforeDetaching: true },
  { deleteBeforeReplace: true },
);

new aws.ebs.Volume("scratch", { availabilityZone: zones[0], size: 1 });

const template = new aws.ec2.LaunchTemplate("app", { instanceType: "m7g.large", imageId: image });
const fleet = new aws.autoscaling.Group("app", {
  minSize: 1,
  maxSize: 2,
  launchTemplate: { id: template.id, version: "$Latest" },
  vpcZoneIdentifiers: subnets.map(({ id }) => id),
});
const provider = new aws.ecs.CapacityProvider("app", { autoScalingGroupProvider: { autoScalingGroupArn: fleet.arn } });
new aws.ecs.ClusterCapacityProviders("main", { clusterName: cluster.name, capacityProviders: [provider.name] });

const secret = new aws.secretsmanager.Secret("password", {});
const version = new aws.secretsmanager.SecretVersion("password", {
  secretId: secret.id,
  secretString: pulumi.secret("of a test"),
});
const logs = new aws.cloudwatch.LogGroup("backend", { retentionInDays: 30 });
const definition = (tag: string) => ({
  family: "backend",
  executionRoleArn: role.arn,
  containerDefinitions: pulumi.jsonStringify([
    {
      name: "backend",
      image: \`backend:\${tag}\`,
      cpu: 512,
      memory: 1024,
      memoryReservation: 512,
      stopTimeout: 30,
      portMappings: [{ containerPort: 8000, hostPort: 0 }],
      secrets: [{ name: "PASSWORD", valueFrom: pulumi.interpolate\`\${secret.arn}:::\${version.versionId}\` }],
      logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": logs.name } },
    },
  ]),
});
const task = new aws.ecs.TaskDefinition("backend", definition(TAG));
const service = new aws.ecs.Service(
  "backend",
  {
    cluster: cluster.arn,
    taskDefinition: task.arn,
    desiredCount: 2,
    loadBalancers: [{ targetGroupArn: targets.arn, containerName: "backend", containerPort: 8000 }],
    placementConstraints: [{ type: "memberOf", expression: "attribute:role == app" }],
    waitForSteadyState: true,
  },
  { dependsOn: listener },
);
export const deployed = aws.ecs.getServiceOutput({ clusterArn: cluster.arn, serviceName: service.name }).taskDefinition;
export const wanted = task.arn;
`;
/** Room for four of the service's tasks on one, and none of them on the other. */
export const HOSTS: readonly Host[] = [
  { name: "app", cpu: 2048, memory: 2200, attributes: { role: "app" } },
  { name: "data", cpu: 2048, memory: 7600, attributes: { role: "data" } },
];
const on = (role: string) => `placementConstraints: [{ type: "memberOf", expression: "attribute:role == ${role}" }]`;
const FORWARD = `defaultActions: [{ type: "forward", targetGroupArn: targets.arn }]`;

/** What AWS refuses to make: a name, its class, its arguments, AWS's words. */
const RESOURCES: readonly (readonly [name: string, kind: string, args: string, words: string])[] = [
  ["vpc-too-large", "ec2.Vpc", `{ cidrBlock: "10.0.0.0/8" }`, "InvalidVpc.Range"],
  [
    "vpc-never-made",
    "ec2.Subnet",
    `{ vpcId: "vpc-0123456789abcdef0", cidrBlock: "10.0.7.0/24" }`,
    "InvalidVpcID.NotFound",
  ],
  ["subnet-outside", "ec2.Subnet", `{ vpcId: vpc.id, cidrBlock: "10.1.0.0/24" }`, "InvalidSubnet.Range"],
  ["subnet-over-another", "ec2.Subnet", `{ vpcId: vpc.id, cidrBlock: "10.0.1.128/25" }`, "InvalidSubnet.Conflict"],
  [
    "subnet-elsewhere",
    "ec2.Subnet",
    `{ vpcId: vpc.id, cidrBlock: "10.0.7.0/24", availabilityZone: "us-east-1a" }`,
    "parameter availabilityZone is invalid",
  ],
  [
    "nat-without-gateway",
    "ec2.NatGateway",
    `{ subnetId: bareSubnets[0].id, connectivityType: "public" }`,
    "has no Internet gateway attached",
  ],

  [
    "group-never-made",
    "ec2.NetworkInterface",
    `{ subnetId: subnets[0].id, securityGroups: ["sg-0123456789abcdef0"] }`,
    "InvalidGroup.NotFound",
  ],
  [
    "group-of-another-network",
    "ec2.NetworkInterface",
    "{ subnetId: bareSubnets[0].id, securityGroups: [group.id] }",
    "belong to different networks",
  ],
  [
    "address-outside",
    "ec2.NetworkInterface",
    `{ subnetId: subnets[0].id, privateIps: ["10.0.1.10"] }`,
    "does not fall within the subnet's address range",
  ],
  [
    "address-reserved",
    "ec2.NetworkInterface",
    `{ subnetId: subnets[0].id, privateIps: ["10.0.0.2"] }`,
    "subnet's reserved address range",
  ],
  [
    "address-taken",
    "ec2.NetworkInterface",
    `{ subnetId: subnets[0].id, privateIps: ["10.0.0.10"] }`,
    "InvalidIPAddress.InUse",
  ],
  [
    "arm-image-on-x86",
    "ec2.Instance",
    `{ ami: image, instanceType: "m7i.large", subnetId: subnets[0].id }`,
    "does not match the architecture 'arm64'",
  ],
  [
    "interface-in-use",
    "ec2.Instance",
    `{ ami: image, instanceType: "m7g.large", primaryNetworkInterface: { networkInterfaceId: address.id } }`,
    "InvalidNetworkInterface.InUse",
  ],
  [
    "profile-never-made",
    "ec2.Instance",
    `{ ami: image, instanceType: "m7g.large", iamInstanceProfile: "nobody" }`,
    "Invalid IAM Instance Profile name: nobody",
  ],
  [
    "volume-in-another-zone",
    "ec2.VolumeAttachment",
    `{ deviceName: "/dev/sdg", instanceId: host.id, volumeId: far.id }`,
    "InvalidVolume.ZoneMismatch",
  ],
  [
    "volume-attached-twice",
    "ec2.VolumeAttachment",
    `{ deviceName: "/dev/sdg", instanceId: host.id, volumeId: volume.id }`,
    "is already attached to an instance",
  ],
  [
    "volume-too-fast",
    "ebs.Volume",
    `{ availabilityZone: zones[0], size: 1, type: "gp3", throughput: 1000 }`,
    "InvalidParameterCombination",
  ],
  ["user-data-in-clear", "ec2.LaunchTemplate", `{ userData: "#!/bin/sh" }`, "InvalidUserData.Malformed"],
  [
    "more-than-its-largest",
    "autoscaling.Group",
    "{ minSize: 1, maxSize: 2, desiredCapacity: 3, launchTemplate: { id: template.id } }",
    "Desired capacity:3 must be between",
  ],

  [
    "balancer-in-one-zone",
    "lb.LoadBalancer",
    "{ subnets: [subnets[0].id] }",
    "At least two subnets in two different Availability Zones",
  ],
  [
    "balancer-without-gateway",
    "lb.LoadBalancer",
    "{ subnets: bareSubnets.map(({ id }) => id) }",
    "has no internet gateway",
  ],
  [
    "https-without-certificate",
    "lb.Listener",
    `{ loadBalancerArn: alb.arn, port: 443, protocol: "HTTPS", ${FORWARD} }`,
    "A certificate must be specified",
  ],
  [
    "certificate-elsewhere",
    "lb.Listener",
    `{ loadBalancerArn: alb.arn, port: 444, protocol: "HTTPS", certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1", ${FORWARD} }`,
    "CertificateNotFound",
  ],
  ["port-taken", "lb.Listener", `{ loadBalancerArn: alb.arn, port: 80, ${FORWARD} }`, "DuplicateListener"],
  [
    "name-taken",
    "lb.TargetGroup",
    `{ name: silent.name, port: 81, protocol: "HTTP", vpcId: vpc.id }`,
    "DuplicateTargetGroupName",
  ],
  [
    "slow-health-check",
    "lb.TargetGroup",
    `{ port: 80, protocol: "HTTP", vpcId: vpc.id, healthCheck: { interval: 10, timeout: 10 } }`,
    "interval must be greater than the timeout",
  ],
  [
    "wrong-matcher",
    "lb.TargetGroup",
    `{ port: 80, protocol: "HTTP", vpcId: vpc.id, healthCheck: { matcher: "200,503" } }`,
    "matcher HTTP code '503' must be within 200 and 499",
  ],
  [
    "record-taken",
    "route53.Record",
    `{ zoneId: zone.id, name: "db", type: "A", ttl: 60, records: ["10.0.0.1"] }`,
    "but it already exists",
  ],

  ["secret-in-deletion", "secretsmanager.Secret", `{ name: "deleted yesterday" }`, "already scheduled for deletion"],
  [
    "role-never-made",
    "iam.RolePolicyAttachment",
    `{ role: "nobody", policyArn: "arn:aws:iam::aws:policy/ReadOnlyAccess" }`,
    "NoSuchEntity",
  ],
  [
    "provider-name",
    "ecs.CapacityProvider",
    `{ name: "ecs-app", autoScalingGroupProvider: { autoScalingGroupArn: fleet.arn } }`,
    `cannot be prefixed with "aws", "ecs", or "fargate"`,
  ],
  [
    "unprotected-fleet",
    "ecs.CapacityProvider",
    `{ autoScalingGroupProvider: { autoScalingGroupArn: fleet.arn, managedTerminationProtection: "ENABLED" } }`,
    "must have instance protection from scale in enabled",
  ],
  [
    "scaling-of-nothing",
    "appautoscaling.Target",
    `{ serviceNamespace: "ecs", scalableDimension: "ecs:service:DesiredCount", resourceId: "service/none/none", minCapacity: 1, maxCapacity: 2 }`,
    "ECS service doesn't exist",
  ],
  ["cluster-never-made", "ecs.Service", `{ cluster: "nowhere", taskDefinition: task.arn }`, "ClusterNotFoundException"],
  [
    "task-never-made",
    "ecs.Service",
    `{ cluster: cluster.arn, taskDefinition: "nothing:1" }`,
    "Unable to describe task definition",
  ],
];

/** Containers that no task definition may have. */
const CONTAINERS: readonly (readonly [name: string, container: string, words: string])[] = [
  ["no-memory", "cpu: 1", "At least one of 'memory' or 'memoryReservation'"],
  ["little-memory", "memory: 5", "minimum memory of a container is 6 MiB"],
  [
    "reservation-above-limit",
    "memory: 512, memoryReservation: 1024",
    "'memory' must be greater than 'memoryReservation'",
  ],
  ["stops-at-once", "memory: 64, stopTimeout: 1", "stopTimeout must be at least 2 seconds"],
  ["unknown-ulimit", `memory: 64, ulimits: [{ name: "files", softLimit: 1, hardLimit: 2 }]`, "ulimits: a known name"],
  [
    "hurried-check",
    `memory: 64, healthCheck: { command: ["CMD", "true"], interval: 1 }`,
    "healthCheck: interval 5-300",
  ],
  [
    "nobody-reads-secrets",
    `memory: 64, secrets: [{ name: "X", valueFrom: secret.arn }]`,
    "you must also specify a value for 'executionRoleArn'",
  ],
];

const balanced = (group: string, container: string) =>
  `loadBalancers: [{ targetGroupArn: ${group}.arn, containerName: "${container}", containerPort: 80 }]`;
/** Services that do not start: of a container, with arguments of the service. */
const SERVICES: readonly (readonly [name: string, container: string, args: string, words: string])[] = [
  [
    "nobody-listens",
    "memory: 64, portMappings: [{ containerPort: 80 }]",
    balanced("silent", "it"),
    "does not have an associated load balancer",
  ],
  [
    "container-not-there",
    "memory: 64",
    balanced("targets", "other"),
    "The container other does not exist in the task definition",
  ],
  ["port-not-there", "memory: 64", balanced("targets", "it"), "did not have a container port 80 defined"],
  ["grace-for-nothing", "memory: 64", "healthCheckGracePeriodSeconds: 30", "Health check grace period is only valid"],
  [
    "two-ways-to-place",
    "memory: 64",
    `launchType: "EC2", capacityProviderStrategies: [{ capacityProvider: provider.name }]`,
    "Specifying both a launch type and capacity provider strategy",
  ],
  [
    "foreign-provider",
    "memory: 64",
    `capacityProviderStrategies: [{ capacityProvider: "other" }]`,
    "'other' is not associated with the cluster",
  ],
  [
    "blocked",
    "memory: 64",
    "deploymentMinimumHealthyPercent: 100, deploymentMaximumPercent: 100",
    "as this will block deployments",
  ],
  ["secret-without-value", `memory: 64, secrets: [{ name: "X", valueFrom: empty.arn }]`, "", "unable to pull secrets"],
  [
    "log-group-never-made",
    `memory: 64, logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "none" } }`,
    "",
    "The specified log group does not exist: none",
  ],
  ["too-large", "memory: 7700", on("data"), "data has insufficient memory available"],
  ["too-many-cpus", "memory: 64, cpu: 4096", on("data"), "data has insufficient CPU units available"],
  ["no-room-left", "memory: 600", `desiredCount: 2, ${on("app")}`, "app has insufficient memory available"],
  [
    "host-port-taken",
    "memory: 64, portMappings: [{ containerPort: 80, hostPort: 5432 }]",
    `desiredCount: 2, ${on("data")}`,
    "data is already using a port required by your task",
  ],
  ["no-such-host", "memory: 64", on("gpu"), "is missing an attribute required by your task"],
];

const task = (name: string, container: string, more = "executionRoleArn: role.arn,") =>
  `new aws.ecs.TaskDefinition("${name}", { family: "${name}", ${more}
    containerDefinitions: pulumi.jsonStringify([{ name: "it", image: "it", ${container} }]) })`;

/** What refused resources refer to: a network without a way out, a target group that nothing listens for, and so on. */
const PREPARED = `
const bare = new aws.ec2.Vpc("bare", { cidrBlock: "10.9.0.0/16" });
const bareSubnets = [0, 1].map(
  (index) =>
    new aws.ec2.Subnet(\`bare-\${index}\`, {
      vpcId: bare.id,
      availabilityZone: zones[index],
      cidrBlock: \`10.9.\${index}.0/24\`,
    }),
);
const silent = new aws.lb.TargetGroup("silent", { port: 80, protocol: "HTTP", vpcId: vpc.id });
const zone = new aws.route53.Zone("internal", { name: "internal", vpcs: [{ vpcId: vpc.id }] });
new aws.route53.Record("db", { zoneId: zone.id, name: "db", type: "A", ttl: 60, records: ["10.0.0.2"] });
const far = new aws.ebs.Volume("far", { availabilityZone: zones[1], size: 1 });
const empty = new aws.secretsmanager.Secret("empty", {});
const tasks = { ${SERVICES.map(([name, container]) => `"${name}": ${task(name, container)}`).join(",\n")} };
`;

/** The system, with the tag of the service's image. */
export const system = (tag: string, more = ""): string =>
  `${SYSTEM.replace("TAG", JSON.stringify(tag))}${PREPARED}${more}`;

/** A program that goes on after a refusal: the SDK ends it with the first one, before all are registered. */
export const UNDETERRED = `
process.removeAllListeners("unhandledRejection").on("unhandledRejection", () => {});
`;

/** What AWS refuses: the name of the resource, the line of the program, AWS's words. */
export const REFUSED: readonly (readonly [name: string, line: string, words: string])[] = [
  ...RESOURCES.map(([name, kind, args, words]) => [name, `new aws.${kind}("${name}", ${args});`, words] as const),
  ...CONTAINERS.map(([name, container, words]) => [name, `${task(name, container, "")};`, words] as const),
  ...SERVICES.map(
    ([name, , args, words]) =>
      [
        name,
        `new aws.ecs.Service("${name}", { cluster: cluster.arn, taskDefinition: tasks["${name}"].arn, ${args} });`,
        words,
      ] as const,
  ),
];

/** What the provider itself knows to be wrong. */
export const WRONG_NETWORK_MODE = `${task("wrong", "memory: 64", 'networkMode: "overlay",')};`;
