import { z } from "zod";
import { text } from "./values";

const awsId = (kind: string, example: string) =>
  z.string().regex(new RegExp(`^${kind}-[0-9a-f]{8,17}$`), `an id such as ${example}`);
const subnets = (example: string) => z.array(awsId("subnet", "subnet-0a1b2c3d4e5f60718")).min(2).describe(example);

/** What only `target: ec2` reads. */
export const ec2 = z
  .strictObject({
    region: z
      .string()
      .regex(
        /^(?!cn-|us-gov-)[a-z]{2}(-[a-z]+)+-\d$/,
        'an AWS region such as "eu-central-1" (not of China or GovCloud)',
      )
      .describe("AWS region."),
    instanceType: text
      .default("m7i.2xlarge")
      .describe(
        "Type of the one instance, or with `app-and-data` of an app host. Its memory and vCPUs are the hardware.",
      ),
    dataInstanceType: text.optional().describe("Type of the data host of `app-and-data`; default: as the app hosts."),
    appHosts: z
      .strictObject({
        min: z.int().min(1).max(100).default(2).describe("Hosts that always run, over the zones."),
        max: z
          .int()
          .min(1)
          .max(100)
          .default(4)
          .describe("Hosts at most: all of them together keep to max_connections."),
      })
      .prefault({})
      .describe("App hosts of `app-and-data`."),
    zones: z
      .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'a zone such as "eu-central-1a"'))
      .min(2)
      .optional()
      .describe(
        "Availability zones of the network that is made, the data host in the first; default: two of the region.",
      ),
    cidr: z
      .string()
      .regex(/^(10\.\d{1,3}|172\.(1[6-9]|2\d|3[01])|192\.168)\.0\.0\/16$/, 'a private /16 such as "10.20.0.0/16"')
      .default("10.20.0.0/16")
      .describe("Addresses of the network that is made."),
    egress: z
      .enum(["nat", "endpoints", "existing"])
      .default("nat")
      .describe(
        "How hosts reach registries and AWS: `nat` one NAT gateway, `endpoints` AWS alone (images in ECR), `existing` " +
          "as the given `vpc` has it.",
      ),
    vpc: z
      .strictObject({
        id: awsId("vpc", "vpc-0a1b2c3d4e5f60718").describe("The network to use instead of making one."),
        publicSubnetIds: subnets("Subnets of the load balancer, in two zones or more."),
        privateSubnetIds: subnets("Subnets of the hosts, in two zones or more; the data host is in the first."),
      })
      .optional()
      .describe("A network that is there. Needs `egress: existing`."),
    domain: text
      .optional()
      .describe("Name the system is reached at; needs `certificateArn`, and a DNS record of yours."),
    certificateArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]+$/, "the ARN of an ACM certificate")
      .optional()
      .describe("Certificate for HTTPS, in the same region; HTTP then only redirects."),
    amiId: awsId("ami", "ami-0a1b2c3d4e5f60718")
      .optional()
      .describe("ECS-optimized AMI of the hosts; default: the recommended one at their creation, kept until set."),
    data: z
      .strictObject({
        sizeGiB: z.int().min(10).max(16_384).default(50).describe("Size of the data volume, GiB; it can only grow."),
        volumeId: awsId("vol", "vol-0a1b2c3d4e5f60718")
          .optional()
          .describe("A volume that is there, instead of a new one: that of a destroyed stack."),
        snapshotId: awsId("snap", "snap-0a1b2c3d4e5f60718").optional().describe("Snapshot to make a new volume from."),
        snapshotDays: z.int().min(1).max(365).default(14).describe("Days that daily snapshots are kept."),
        protect: z
          .boolean()
          .default(true)
          .describe("Whether Pulumi refuses to let go of the volume: then `pulumi destroy --exclude-protected`."),
      })
      .prefault({})
      .describe("The volume of PostgreSQL and Redis. It outlives the stack in any case."),
    celeryWaitSeconds: z
      .int()
      .min(1)
      .max(86_400)
      .default(30)
      .describe("Seconds a task may wait in the queue before workers are added (`app-and-data`)."),
    logDays: z
      .union(
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731].map((days) => z.literal(days)),
        {
          error: "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731",
        },
      )
      .default(30)
      .describe("Days that logs are kept."),
    alarmTopicArn: z
      .string()
      .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:.+$/, "the ARN of an SNS topic")
      .optional()
      .describe("SNS topic that alarms are sent to; without one they show in the console alone."),
    tags: z.record(z.string(), z.string()).default({}).describe("Tags of every resource."),
  })
  .optional()
  .describe("What only `target: ec2` reads; `region` must be set there.");
