import * as aws from "@pulumi/aws";
import { type LoadedSettings, SettingsError, sizingInputs } from "../../settings";
import { reported } from "../../settings/mistakes";
import type { SizingRefusal } from "../../sizing";
import type { Target } from "../target";
import { Ec2Platform } from "./ec2-platform";
import { factMistakes, zonesOf } from "./fact-mistakes";
import { askAws, type Facts } from "./facts";
import { EC2_SIZING, Ec2Error, registeredHardware } from "./hardware";
import { instanceRefusal } from "./instance-fit";
import type { NetworkArgs } from "./network";

export { Ec2Platform, type Ec2PlatformArgs } from "./ec2-platform";

/**
 * The target `ec2`: what its instances offer, and the platform on them.
 * @throws Ec2Error or SettingsError where AWS and the settings do not agree, before anything is made.
 */
export async function ec2Target(settings: LoadedSettings, prefix: string, stack: string): Promise<Target> {
  const { ec2, topology } = settings;
  if (ec2 === undefined) throw new Ec2Error("ec2.region is missing.");
  const { region, data, appHosts, amiId, certificateArn, domain, alarmTopicArn } = ec2;
  const provider = new aws.Provider("aws", {
    region: region as aws.Region,
    defaultTags: { tags: { ...ec2.tags, "sized-stack": prefix } },
  });
  const facts = await askAws(ec2, provider);
  const mistakes = factMistakes(settings, facts);
  if (mistakes.length > 0) throw new SettingsError(reported(stack, mistakes));
  const { types } = facts;
  const several = topology === "app-and-data";
  const inputs = {
    ...sizingInputs(settings, registeredHardware(types.app)),
    ...(several && { dataHardware: registeredHardware(types.data) }),
    ...EC2_SIZING,
  };
  const dataServices = [
    ...(settings.postgres.external ? [] : ["postgres"]),
    ...(settings.redis.external ? [] : ["redis"]),
  ];
  return {
    inputs,
    image: (name) => name,
    refusal: (error: SizingRefusal) => instanceRefusal(error, inputs, several ? types : { app: types.app }),
    platform: ({ rolloutFactor }) =>
      new Ec2Platform(
        "ec2",
        {
          prefix,
          region,
          network: networkArgs(ec2, facts),
          dataHost: several ? types.data : types.app,
          dataSubnet: dataSubnet(ec2, facts),
          dataServices,
          dataVolume: data,
          // Without data to keep, one host in a group of one comes back by itself.
          appHosts:
            several || dataServices.length === 0 ? { type: types.app, ...(several ? appHosts : ONE) } : undefined,
          amiId,
          rolloutFactor,
          entrance: { certificateArn, domain },
          logDays: ec2.logDays,
          scaling: { queueService: "celery", longestWaitSeconds: ec2.celeryWaitSeconds },
          alarmTopicArn,
        },
        { provider },
      ),
  };
}

const ONE = { min: 1, max: 1 } as const;

function networkArgs(ec2: NonNullable<LoadedSettings["ec2"]>, facts: Facts): NetworkArgs {
  const { vpc, egress, cidr, region } = ec2;
  if (vpc) return { vpcId: vpc.id, publicSubnetIds: vpc.publicSubnetIds, privateSubnetIds: vpc.privateSubnetIds };
  return { zones: zonesOf(ec2, facts), cidr, egress: egress === "endpoints" ? "endpoints" : "nat", region };
}

/** Which of the private subnets the data host is in: that of its volume's zone, else the first. */
function dataSubnet(ec2: NonNullable<LoadedSettings["ec2"]>, { volumeZone, subnets, ...facts }: Facts): number {
  if (volumeZone === undefined) return 0;
  const zones = ec2.vpc
    ? ec2.vpc.privateSubnetIds.map((id) => subnets.find((subnet) => subnet.id === id)?.zone)
    : zonesOf(ec2, { volumeZone, subnets, ...facts });
  return Math.max(0, zones.indexOf(volumeZone));
}
