import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Entrance, EntranceArgs } from "../contract/entrance";
import type { HostGroup } from "./host-group";
import type { Network } from "./network";

/** Who may reach a service from outside, and under which name. */
export interface EntranceSettings {
  /** Certificate of ACM in the same region. With it HTTPS on 443, and HTTP only sends people there. */
  readonly certificateArn?: string | undefined;
  /** Name the certificate is for; a DNS record to the stack's output `loadBalancerHostName` is the user's to make. */
  readonly domain?: string | undefined;
  /** Address ranges of the network, where it takes its own addresses from. */
  readonly ranges: readonly string[];
}

/** An Application Load Balancer with one target group: the entrance of a service on ECS. */
export interface Ec2Entrance extends Entrance {
  readonly targetGroupArn: pulumi.Output<string>;
  readonly port: number;
  /** ECS refuses a service whose target group no listener leads to. */
  readonly listener: pulumi.Resource;
  /** Where its requests come from. */
  readonly securityGroupId: pulumi.Output<string>;
  readonly loadBalancer: aws.lb.LoadBalancer;
  readonly targetGroup: aws.lb.TargetGroup;
}

/** Ports Docker publishes on where it may choose: the host's net.ipv4.ip_local_port_range on the ECS images. */
const DYNAMIC_PORTS = { fromPort: 32_768, toPort: 65_535 } as const;

export function applicationLoadBalancer(
  { port, healthPath, aliveStatuses, drainSeconds, idleSeconds }: EntranceArgs,
  { certificateArn, domain, ranges }: EntranceSettings,
  prefix: string,
  network: Network,
  options: pulumi.CustomResourceOptions,
): Ec2Entrance {
  const tags = { Name: `${prefix}-load-balancer` };
  const group = new aws.ec2.SecurityGroup(
    "load-balancer",
    { vpcId: network.vpcId, description: `Load balancer of ${prefix}`, tags },
    options,
  );
  const openTo = (name: string, listenPort: number) =>
    new aws.vpc.SecurityGroupIngressRule(
      name,
      { securityGroupId: group.id, cidrIpv4: "0.0.0.0/0", ipProtocol: "tcp", fromPort: listenPort, toPort: listenPort },
      options,
    );
  openTo("http", 80);
  if (certificateArn) openTo("https", 443);
  new aws.vpc.SecurityGroupEgressRule(
    "load-balancer-out",
    { securityGroupId: group.id, cidrIpv4: "0.0.0.0/0", ipProtocol: "-1" },
    options,
  );

  const loadBalancer = new aws.lb.LoadBalancer(
    "load-balancer",
    {
      loadBalancerType: "application",
      internal: false,
      subnets: [...network.publicSubnetIds],
      securityGroups: [group.id],
      // Less than uvicorn keeps a connection open: one that is being closed is never used again.
      idleTimeout: idleSeconds,
      dropInvalidHeaderFields: true,
      tags,
    },
    { ...options, dependsOn: [...network.ready] },
  );
  const targetGroup = new aws.lb.TargetGroup(
    "backend",
    {
      vpcId: network.vpcId,
      port,
      protocol: "HTTP",
      targetType: "instance",
      loadBalancingAlgorithmType: "least_outstanding_requests",
      deregistrationDelay: drainSeconds,
      healthCheck: {
        path: healthPath,
        // A load balancer of AWS takes no 5xx for alive, and ECS replaces what it calls unhealthy. A full worker answers
        // 503: only one that does so ten times in a row, in two and a half minutes, counts as broken. Whether a process
        // answers at all is the container's own health check to tell, within seconds.
        matcher: aliveStatuses.filter((status) => status < 500).join(","),
        interval: 15,
        timeout: 10,
        healthyThreshold: 2,
        unhealthyThreshold: 10,
      },
    },
    options,
  );
  const forward = [{ type: "forward", targetGroupArn: targetGroup.arn }];
  const listen = (name: string, args: Omit<aws.lb.ListenerArgs, "loadBalancerArn">) =>
    new aws.lb.Listener(name, { loadBalancerArn: loadBalancer.arn, ...args }, options);
  let listener: aws.lb.Listener;
  if (certificateArn) {
    listener = listen("https", {
      port: 443,
      protocol: "HTTPS",
      certificateArn,
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      defaultActions: forward,
    });
    listen("http", {
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } }],
    });
  } else {
    listener = listen("http", { port: 80, protocol: "HTTP", defaultActions: forward });
  }
  return {
    url: certificateArn && domain ? `https://${domain}` : pulumi.interpolate`http://${loadBalancer.dnsName}`,
    hostName: loadBalancer.dnsName,
    // Never everybody: it appends the client to what the client says itself, and who trusts all takes the first of them.
    addresses: ranges.join(),
    targetGroupArn: targetGroup.arn,
    port,
    listener,
    securityGroupId: group.id,
    loadBalancer,
    targetGroup,
  };
}

/** Lets the load balancer reach the hosts of the application, and nobody else from outside. */
export function admitLoadBalancer(
  { securityGroupId }: Ec2Entrance,
  group: HostGroup,
  options: pulumi.CustomResourceOptions,
): void {
  new aws.vpc.SecurityGroupIngressRule(
    "from-load-balancer",
    {
      securityGroupId: group.id,
      referencedSecurityGroupId: securityGroupId,
      ipProtocol: "tcp",
      ...DYNAMIC_PORTS,
    },
    options,
  );
}
