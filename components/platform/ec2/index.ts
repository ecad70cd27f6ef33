import * as aws from "@pulumi/aws";
import { ALL_SERVICES } from "../../services";
import { type LoadedSettings, SettingsError } from "../../settings";
import { reported } from "../../settings/mistakes";
import type { SizingPlan } from "../../sizing";
import type { Target } from "../contract/target";
import { cpuScale } from "./cpu-units";
import type { DataPlace } from "./data-host";
import { Ec2Platform, type Ec2PlatformArgs } from "./ec2-platform";
import { Ec2Error } from "./error";
import { factMistakes, zonesOf } from "./fact-mistakes";
import { askAws, type Facts } from "./facts";
import { ec2Inputs, instancesOf } from "./inputs";
import { instanceRefusal } from "./instance-fit";
import type { NetworkArgs } from "./network";

export { Ec2Platform, type Ec2PlatformArgs } from "./ec2-platform";

type Ec2 = NonNullable<LoadedSettings["ec2"]>;

/**
 * The target `ec2`: what its instances offer, and the platform on them.
 * @throws Ec2Error or SettingsError where AWS and the settings do not agree, before anything is made.
 */
export async function ec2Target(settings: LoadedSettings, prefix: string, stack: string): Promise<Target> {
  const { ec2 } = settings;
  if (ec2 === undefined) throw new Ec2Error("ec2.region is missing.");
  refuseName(prefix);
  const tags = tagsOf(ec2, prefix);
  const provider = new aws.Provider("aws", { region: ec2.region as aws.Region, defaultTags: { tags } });
  const facts = await askAws(ec2, provider);
  const mistakes = factMistakes(settings, facts);
  if (mistakes.length > 0) throw new SettingsError(reported(stack, mistakes));
  const inputs = ec2Inputs(settings, facts.types);
  return {
    inputs,
    image: (name) => name,
    refusal: (error) => instanceRefusal(error, inputs, instancesOf(settings, facts.types)),
    platform: (plan) => new Ec2Platform("ec2", platformArgs(settings, ec2, facts, prefix, plan), { provider }),
  };
}

/** The cluster, and a label of the private zone, are named so: letters, digits, - and _, and no more than DNS takes. */
function refuseName(prefix: string): void {
  if (/^[A-Za-z0-9][\w-]{0,62}$/.test(prefix)) return;
  throw new Ec2Error(
    `Everything in AWS would be named ${prefix}, after project and stack; at most 63 letters, digits, - and _ are ` +
      "needed. Choose another name for the stack. Nothing was created or changed.",
  );
}

const tagsOf = ({ tags }: Ec2, prefix: string) => ({ ...tags, "sized-stack": prefix });

/** What the platform is made from: plain values, all known before anything is made. */
export function platformArgs(
  { topology }: Pick<LoadedSettings, "topology">,
  ec2: Ec2,
  facts: Facts,
  prefix: string,
  plan: SizingPlan,
): Ec2PlatformArgs {
  const { region, data, appHosts, amiId, certificateArn, domain, alarmTopicArn, logDays } = ec2;
  const { types } = facts;
  const several = topology === "app-and-data";
  const dataServices = ALL_SERVICES.filter((service) => service.volumePath && service.running(plan)?.containers).map(
    ({ name }) => name,
  );
  return {
    prefix,
    region,
    tags: tagsOf(ec2, prefix),
    network: networkArgs(ec2, facts),
    dataHost: several ? types.data : types.app,
    dataPlace: dataPlace(ec2, facts),
    dataServices,
    dataVolume: data,
    // Without data to keep, one host in a group of one comes back by itself.
    appHosts:
      several || dataServices.length === 0
        ? { type: types.app, rolloutFactor: plan.rolloutFactor, ...(several ? appHosts : ONE) }
        : undefined,
    amiId,
    cpuScale: cpuScale(plan),
    entrance: { certificateArn, domain, ranges: facts.ranges },
    logDays,
    scaling: { queueService: "celery", longestWaitSeconds: ec2.celeryWaitSeconds },
    alarmTopicArn,
  };
}

const ONE = { min: 1, max: 1 } as const;

function networkArgs(ec2: Ec2, facts: Facts): NetworkArgs {
  const { vpc, egress, cidr, region } = ec2;
  if (vpc) return { vpcId: vpc.id, publicSubnetIds: vpc.publicSubnetIds, privateSubnetIds: vpc.privateSubnetIds };
  return { zones: zonesOf(ec2, facts), cidr, egress: egress === "endpoints" ? "endpoints" : "nat", region };
}

/** The private subnet in its volume's zone, else the first. */
function dataPlace(ec2: Ec2, facts: Facts): DataPlace {
  const { volumeZone, subnets } = facts;
  const zoneOf = (id: string): string => subnets.find((subnet) => subnet.id === id)?.zone ?? "";
  const zones = ec2.vpc ? ec2.vpc.privateSubnetIds.map(zoneOf) : zonesOf(ec2, facts);
  const subnet = volumeZone === undefined ? 0 : Math.max(0, zones.indexOf(volumeZone));
  return { subnet, zone: zones[subnet] ?? "" };
}
