import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import type { Ec2Settings } from "../../settings/ec2";
import { Ec2Error } from "./error";
import { type InstanceType, resolveInstanceType } from "./hardware";

/** What only AWS can say about the settings. */
export interface Facts {
  /** Zones of the region that need no opting in, by name. */
  readonly zones: readonly string[];
  readonly types: { readonly app: InstanceType; readonly data: InstanceType };
  readonly subnets: readonly { readonly id: string; readonly vpcId: string; readonly zone: string }[];
  /** Address ranges of the VPC: of the one that is made, or all of the one that `ec2.vpc` names. */
  readonly ranges: readonly string[];
  /** Whether names of a private zone are answered in the VPC that `ec2.vpc` names; true where one is made. */
  readonly resolvesNames: boolean;
  /** Zone of the volume that `ec2.data.volumeId` names. */
  readonly volumeZone: string | undefined;
}

/**
 * Asks AWS, before anything is made.
 * @throws Ec2Error where there are no credentials, or AWS does not know what the settings name.
 */
export async function askAws(ec2: Ec2Settings, provider: pulumi.ProviderResource): Promise<Facts> {
  const options = { provider };
  await aws.getCallerIdentity({}, options).catch(refused("says who asks"));
  const { instanceType, dataInstanceType = instanceType, vpc, data } = ec2;
  const describe = async (name: string) => {
    const known = await aws.ec2.getInstanceType({ instanceType: name }, options);
    return {
      vCpus: known.defaultVcpus,
      memoryMiB: known.memorySize,
      architectures: known.supportedArchitectures,
    };
  };
  const [app, dataType, { names }, subnets, given, volume] = await Promise.all([
    resolveInstanceType(instanceType, describe),
    resolveInstanceType(dataInstanceType, describe),
    aws
      .getAvailabilityZones({ filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }] }, options)
      .catch(refused("names the zones of the region")),
    Promise.all(
      [...(vpc?.publicSubnetIds ?? []), ...(vpc?.privateSubnetIds ?? [])].map((id) =>
        aws.ec2.getSubnet({ id }, options).catch(refused(`knows the subnet ${id}`)),
      ),
    ),
    vpc && aws.ec2.getVpc({ id: vpc.id }, options).catch(refused(`knows the VPC ${vpc.id}`)),
    data.volumeId === undefined
      ? undefined
      : aws.ebs
          .getVolume({ filters: [{ name: "volume-id", values: [data.volumeId] }] }, options)
          .catch(refused(`knows the volume ${data.volumeId}`)),
  ]);
  return {
    zones: [...names].sort(),
    types: { app, data: dataType },
    subnets: subnets.map(({ id, vpcId, availabilityZone: zone }) => ({ id, vpcId, zone })),
    ranges: given ? rangesOf(given) : [ec2.cidr],
    resolvesNames: given === undefined || (given.enableDnsSupport && given.enableDnsHostnames),
    volumeZone: volume?.availabilityZone,
  };
}

/** The first range and those that were added to it. */
const rangesOf = ({ cidrBlock, cidrBlockAssociations }: aws.ec2.GetVpcResult): string[] => [
  ...new Set([
    cidrBlock,
    ...cidrBlockAssociations.filter(({ state }) => state === "associated").map((each) => each.cidrBlock),
  ]),
];

const refused = (what: string) => (error: unknown) => {
  const reason = error instanceof Error ? error.message.trim() : String(error);
  throw new Ec2Error(
    `AWS was asked and does not answer: nobody ${what}.\n${reason}\n` +
      "Credentials come from the environment (AWS_PROFILE, aws sso login), the region from ec2.region. Nothing was created or changed.",
  );
};
