import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Container } from "../contract/container";
import type { Hosts } from "./hosts";

/** Where data services have their names: answered inside the network alone. */
export interface PrivateZone {
  readonly name: string;
  readonly id: pulumi.Input<string>;
}

export function privateZone(
  prefix: string,
  vpcId: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): PrivateZone {
  const name = `${prefix}.internal`;
  const zone = new aws.route53.Zone("internal", { name, vpcs: [{ vpcId }], forceDestroy: false }, options);
  return { name, id: zone.zoneId };
}

/** The name of a data service, and what a client needs beside it. */
export interface PrivateName {
  readonly host: string;
  readonly resources: readonly pulumi.Resource[];
}

/** Gives a data service a name, which stays when its host is replaced; open to the application's hosts alone. */
export function privateName(
  { name, ports = [] }: Pick<Container, "name" | "ports">,
  zone: PrivateZone,
  { dataHost, dataGroup, appGroup }: Hosts,
  options: pulumi.CustomResourceOptions,
): PrivateName {
  const host = `${name}.${zone.name}`;
  const record = new aws.route53.Record(
    name,
    { zoneId: zone.id, name: host, type: "A", ttl: 60, records: dataHost ? [dataHost.privateIp] : [] },
    { ...options, deleteBeforeReplace: true },
  );
  const rules = ports.map(
    ({ container: port }) =>
      new aws.vpc.SecurityGroupIngressRule(
        `${name}-${port}`,
        {
          securityGroupId: dataGroup.id,
          referencedSecurityGroupId: appGroup.id,
          ipProtocol: "tcp",
          fromPort: port,
          toPort: port,
        },
        options,
      ),
  );
  return { host, resources: [record, ...rules] };
}
