import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";

/**
 * How hosts without a public address reach registries and AWS. `nat`: one NAT gateway. `endpoints`: interface
 * endpoints, no way out but to AWS. `existing`: the given subnets have their own.
 */
export type Egress = "nat" | "endpoints" | "existing";

/** A network to make, or one that is there. */
export type NetworkArgs =
  | {
      readonly zones: readonly string[];
      /** Addresses of the VPC, a /16. */
      readonly cidr: string;
      readonly egress: Exclude<Egress, "existing">;
      readonly region: string;
    }
  | {
      readonly vpcId: string;
      /** Subnets of the load balancer, in two zones or more. */
      readonly publicSubnetIds: readonly string[];
      /** Subnets of the hosts, the first that of the data host. */
      readonly privateSubnetIds: readonly string[];
    };

/** Where things go. */
export interface Network {
  readonly vpcId: pulumi.Input<string>;
  readonly publicSubnetIds: readonly pulumi.Input<string>[];
  /** The data host is in the first. */
  readonly privateSubnetIds: readonly pulumi.Input<string>[];
  /** What must be there before a host can reach anything. */
  readonly ready: readonly pulumi.Resource[];
}

/** Makes the network, or takes the given one as it is. */
export function network(prefix: string, args: NetworkArgs, options: pulumi.CustomResourceOptions): Network {
  if ("vpcId" in args) return { ...args, ready: [] };
  const named = (name: string) => ({ tags: { Name: `${prefix}-${name}` } });
  const vpc = new aws.ec2.Vpc(
    "vpc",
    { cidrBlock: args.cidr, enableDnsHostnames: true, enableDnsSupport: true, ...named("vpc") },
    options,
  );
  // Without rules: what is not said to be open is closed.
  new aws.ec2.DefaultSecurityGroup("default-security-group", { vpcId: vpc.id, ...named("unused") }, options);
  const gateway = new aws.ec2.InternetGateway("internet-gateway", { vpcId: vpc.id, ...named("internet") }, options);

  const subnets = (kind: "public" | "private", firstBlock: number) =>
    args.zones.map(
      (availabilityZone, index) =>
        new aws.ec2.Subnet(
          `${kind}-${index + 1}`,
          {
            vpcId: vpc.id,
            availabilityZone,
            cidrBlock: blockOf(args.cidr, firstBlock + index),
            ...named(`${kind}-${index + 1}`),
          },
          options,
        ),
    );
  const publicSubnets = subnets("public", 0);
  const privateSubnets = subnets("private", 8);

  const publicRoutes = routeTable("public", vpc, publicSubnets, named("public"), options);
  const out = new aws.ec2.Route(
    "public-internet",
    { routeTableId: publicRoutes.table.id, destinationCidrBlock: EVERYWHERE, gatewayId: gateway.id },
    options,
  );
  const privateRoutes = routeTable("private", vpc, privateSubnets, named("private"), options);
  const egress =
    args.egress === "nat"
      ? natGateway(prefix, publicSubnets, privateRoutes.table, { ...options, dependsOn: [out] })
      : endpoints(prefix, vpc, args, privateSubnets, privateRoutes.table, options);
  const ids = (of: readonly aws.ec2.Subnet[]) => of.map(({ id }) => id);
  return {
    vpcId: vpc.id,
    publicSubnetIds: ids(publicSubnets),
    privateSubnetIds: ids(privateSubnets),
    ready: [out, ...egress, ...publicRoutes.associations, ...privateRoutes.associations],
  };
}

const EVERYWHERE = "0.0.0.0/0";

/** The nth /20 of a /16: `10.20.16.0/20` is the second of `10.20.0.0/16`. */
export function blockOf(cidr: string, index: number): string {
  const [first, second] = cidr.split(".");
  return `${first}.${second}.${index * 16}.0/20`;
}

function routeTable(
  kind: string,
  vpc: aws.ec2.Vpc,
  subnets: readonly aws.ec2.Subnet[],
  named: object,
  options: pulumi.CustomResourceOptions,
): { table: aws.ec2.RouteTable; associations: readonly pulumi.Resource[] } {
  const table = new aws.ec2.RouteTable(kind, { vpcId: vpc.id, ...named }, options);
  const associations = subnets.map(
    ({ id: subnetId }, index) =>
      new aws.ec2.RouteTableAssociation(`${kind}-${index + 1}`, { routeTableId: table.id, subnetId }, options),
  );
  return { table, associations };
}

/** One for all zones: if its zone fails, hosts of the others run on, and start no new image. */
function natGateway(
  prefix: string,
  [subnet]: readonly aws.ec2.Subnet[],
  table: aws.ec2.RouteTable,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  if (!subnet) return [];
  const tags = { Name: `${prefix}-nat` };
  const address = new aws.ec2.Eip("nat", { domain: "vpc", tags }, options);
  const gateway = new aws.ec2.NatGateway("nat", { allocationId: address.id, subnetId: subnet.id, tags }, options);
  const route = new aws.ec2.Route(
    "private-nat",
    { routeTableId: table.id, destinationCidrBlock: EVERYWHERE, natGatewayId: gateway.id },
    options,
  );
  return [route];
}

/** What the ECS agent, image pulls from ECR, logs, secrets and Session Manager need; S3 holds the layers of ECR. */
const ENDPOINTS = [
  "ecs",
  "ecs-agent",
  "ecs-telemetry",
  "ecr.api",
  "ecr.dkr",
  "logs",
  "monitoring",
  "secretsmanager",
  "ssm",
  "ssmmessages",
] as const;

function endpoints(
  prefix: string,
  vpc: aws.ec2.Vpc,
  { region, cidr }: { region: string; cidr: string },
  subnets: readonly aws.ec2.Subnet[],
  table: aws.ec2.RouteTable,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource[] {
  const tags = (name: string) => ({ Name: `${prefix}-${name}` });
  const group = new aws.ec2.SecurityGroup(
    "endpoints",
    { vpcId: vpc.id, description: "HTTPS from the VPC to AWS", tags: tags("endpoints") },
    options,
  );
  const https = new aws.vpc.SecurityGroupIngressRule(
    "endpoints-https",
    { securityGroupId: group.id, cidrIpv4: cidr, ipProtocol: "tcp", fromPort: 443, toPort: 443 },
    options,
  );
  const interfaces = ENDPOINTS.map(
    (service) =>
      new aws.ec2.VpcEndpoint(
        service.replace(".", "-"),
        {
          vpcId: vpc.id,
          serviceName: `com.amazonaws.${region}.${service}`,
          vpcEndpointType: "Interface",
          privateDnsEnabled: true,
          subnetIds: subnets.map(({ id }) => id),
          securityGroupIds: [group.id],
          tags: tags(service),
        },
        options,
      ),
  );
  const s3 = new aws.ec2.VpcEndpoint(
    "s3",
    {
      vpcId: vpc.id,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: [table.id],
      tags: tags("s3"),
    },
    options,
  );
  return [https, ...interfaces, s3];
}
