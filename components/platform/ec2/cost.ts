import { familyOf, instanceType } from "./hardware";
import prices from "./prices.json";

/** A resource as Pulumi previews it. An input that is not known yet may be anything; it then has no price. */
export interface PricedResource {
  readonly name: string;
  /** Pulumi's type token, such as `aws:ec2/instance:Instance`. */
  readonly type: string;
  readonly inputs: Inputs;
}

type Inputs = Readonly<Record<string, unknown>>;

/** Hours Amazon reckons a month with. */
export const HOURS_A_MONTH = 730;

const STANDING_PRICES = [
  prices.instances,
  prices.volumes,
  prices.network,
  prices.loadBalancer,
  prices.cloudWatch,
  prices.secrets,
  prices.dns,
];

/** What the estimates are made from: on-demand, Linux, before taxes. `asOf`: the oldest standing price dates them. */
export const PRICE_BASIS = {
  region: prices.region,
  currency: prices.currency,
  asOf: STANDING_PRICES.map(({ asOf }) => asOf).reduce((oldest, asOf) => (asOf < oldest ? asOf : oldest)),
};

/** What costs by use, and is in no estimate: `usd` for each unit. */
export const USAGE_NOT_INCLUDED: readonly { readonly what: string; readonly unit: string; readonly usd: number }[] = [
  { what: "Traffic through a NAT gateway", unit: "GB", usd: prices.network.natGatewayGb },
  { what: "Traffic through an interface endpoint", unit: "GB", usd: prices.network.interfaceEndpointGb },
  { what: "Load of the load balancer", unit: "capacity unit and hour", usd: prices.loadBalancer.capacityUnitHour },
  { what: "Snapshots, each only what changed", unit: "GB and month", usd: prices.snapshots.gbMonth },
  { what: "Logs", unit: "GB taken in", usd: prices.cloudWatch.logsGb },
  { what: "Metrics of our own", unit: "metric and month", usd: prices.cloudWatch.customMetricMonth },
];

/** The gp3 performance that is in the price of the gigabytes. */
const GP3_INCLUDED = { iops: 3000, throughputMiBps: 125 };

/**
 * What an instance type costs an hour, USD. An estimate: the table has the price of each family's `large`; the other
 * sizes of a family cost in proportion to their memory, as its source shows for every one to a rounded digit.
 * @returns Undefined for a type, or a family, whose price is not known.
 */
export function instanceHour(name: string): number | undefined {
  const type = instanceType(name);
  if (!type) return undefined;
  const family = familyOf(type);
  const large = instanceType(`${family}.large`);
  const price = new Map(Object.entries(prices.instances.largeHour)).get(family);
  return large && price && (price * type.memoryMiB) / large.memoryMiB;
}

/**
 * What a resource costs a month just by being there, USD. An estimate.
 * @param launchTemplate Inputs of the template an Auto Scaling group starts its instances from.
 * @returns 0 for a type without a standing price; undefined where it has one that is not known.
 */
export function priceOf({ type, inputs }: PricedResource, launchTemplate: Inputs = {}): number | undefined {
  return STANDING[type] ? STANDING[type](inputs, launchTemplate) : 0;
}

const STANDING: Readonly<Record<string, (inputs: Inputs, launchTemplate: Inputs) => number | undefined>> = {
  "aws:ec2/instance:Instance": (inputs) => instanceMonth(inputs, [inputs.rootBlockDevice]),
  "aws:autoscaling/group:Group": ({ desiredCapacity, minSize }, template) =>
    times(
      numberOf(desiredCapacity ?? minSize),
      instanceMonth(template, listOf(template.blockDeviceMappings)?.map((mapping) => mapOf(mapping).ebs) ?? []),
    ),
  "aws:ebs/volume:Volume": (inputs) => gp3Month(inputs.type, inputs.size, inputs),
  "aws:ec2/natGateway:NatGateway": () => HOURS_A_MONTH * prices.network.natGatewayHour,
  "aws:ec2/eip:Eip": () => HOURS_A_MONTH * prices.network.publicIpv4Hour,
  "aws:lb/loadBalancer:LoadBalancer": loadBalancerMonth,
  "aws:ec2/vpcEndpoint:VpcEndpoint": ({ vpcEndpointType, subnetIds }) =>
    vpcEndpointType === "Interface"
      ? times(listOf(subnetIds)?.length, HOURS_A_MONTH * prices.network.interfaceEndpointHour)
      : 0,
  "aws:secretsmanager/secret:Secret": () => prices.secrets.secretMonth,
  "aws:cloudwatch/metricAlarm:MetricAlarm": ({ metricQueries }) =>
    // An alarm on an expression costs for each metric the expression reads.
    prices.cloudWatch.alarmMetricMonth *
    Math.max(1, (listOf(metricQueries) ?? []).filter((query) => mapOf(query).metric !== undefined).length),
  "aws:route53/zone:Zone": () => prices.dns.zoneMonth,
};

/** Types that cost something by being there. */
export const STANDING_TYPES: ReadonlySet<string> = new Set([
  ...Object.keys(STANDING),
  // Its groups are priced by it.
  "aws:ec2/launchTemplate:LaunchTemplate",
]);

/** An instance and those of its volumes whose size is stated; the rest is as large as the image says. */
function instanceMonth({ instanceType: name }: Inputs, volumes: readonly unknown[]): number | undefined {
  const hour = typeof name === "string" ? instanceHour(name) : undefined;
  const sized = volumes.map(mapOf).filter(({ volumeSize }) => volumeSize !== undefined);
  return [times(hour, HOURS_A_MONTH), ...sized.map((each) => gp3Month(each.volumeType, each.volumeSize, each))].reduce(
    plus,
    0,
  );
}

/** Only gp3, and only with the performance that comes with it. */
function gp3Month(type: unknown, size: unknown, { iops, throughput }: Inputs): number | undefined {
  const included =
    (numberOf(iops ?? 0) ?? Number.POSITIVE_INFINITY) <= GP3_INCLUDED.iops &&
    (numberOf(throughput ?? 0) ?? Number.POSITIVE_INFINITY) <= GP3_INCLUDED.throughputMiBps;
  return type === "gp3" && included ? times(numberOf(size), prices.volumes.gp3GbMonth) : undefined;
}

/** An Application Load Balancer, and its public address in each zone. */
function loadBalancerMonth({ loadBalancerType, internal, subnets }: Inputs): number | undefined {
  if ((loadBalancerType ?? "application") !== "application") return undefined;
  const addresses = internal === true ? 0 : listOf(subnets)?.length;
  return plus(
    HOURS_A_MONTH * prices.loadBalancer.applicationHour,
    times(addresses, HOURS_A_MONTH * prices.network.publicIpv4Hour),
  );
}

/** What one resource costs. */
export interface CostLine {
  readonly name: string;
  readonly type: string;
  /** USD a month; undefined: it has a price that is not known. */
  readonly usd: number | undefined;
}

/** What a system costs by being there, as far as its prices are known. An estimate: see `PRICE_BASIS`. */
export interface MonthlyCost {
  /** In the order given, without the resources that have no standing price. */
  readonly lines: readonly CostLine[];
  /** Sum of the known prices, USD a month. */
  readonly totalUsd: number;
  /** Whether every price is known; else the total is a lower bound. */
  readonly complete: boolean;
}

/**
 * What resources cost a month. An estimate, without `USAGE_NOT_INCLUDED`.
 * @param resources Those of one system: its Auto Scaling groups start from its one launch template.
 */
export function monthlyCost(resources: readonly PricedResource[]): MonthlyCost {
  const template = resources.find(({ type }) => type === "aws:ec2/launchTemplate:LaunchTemplate")?.inputs;
  const lines = resources
    .map((resource) => ({ name: resource.name, type: resource.type, usd: priceOf(resource, template) }))
    .filter(({ usd }) => usd !== 0);
  return {
    lines,
    totalUsd: lines.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
    complete: lines.every(({ usd }) => usd !== undefined),
  };
}

/** Sum and product of what may not be known. */
const plus = (a: number | undefined, b: number | undefined) => (a === undefined || b === undefined ? undefined : a + b);
const times = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a * b;

const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const listOf = (value: unknown): readonly unknown[] | undefined => (Array.isArray(value) ? value : undefined);
const mapOf = (value: unknown): Inputs => (typeof value === "object" && value !== null ? { ...value } : {});
