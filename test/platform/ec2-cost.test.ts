import { describe, expect, it } from "vitest";
import {
  HOURS_A_MONTH,
  instanceHour,
  monthlyCost,
  PRICE_BASIS,
  type PricedResource,
  priceOf,
  USAGE_NOT_INCLUDED,
} from "../../components/platform/ec2/cost";
import prices from "../../components/platform/ec2/prices.json";

/** What stands for a value that a preview does not know yet. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const resource = (type: string, inputs: PricedResource["inputs"] = {}, name = "it"): PricedResource => ({
  name,
  type,
  inputs,
});

describe("the price of an instance's hour", () => {
  // From the source of the table, sizes that are not `large`.
  it.each([
    ["t3.nano", 0.0052],
    ["t3a.2xlarge", 0.3008],
    ["t4g.small", 0.0168],
    ["c5.9xlarge", 1.53],
    ["c6g.medium", 0.034],
    ["c7i-flex.4xlarge", 0.6783],
    ["m5.24xlarge", 4.608],
    ["m7i.2xlarge", 0.4032],
    ["m7a.medium", 0.05796],
    ["m8g.48xlarge", 8.61696],
    ["m8i.96xlarge", 20.32128],
    ["r5a.16xlarge", 3.616],
    ["r7g.xlarge", 0.2142],
    ["r8a.48xlarge", 15.33696],
    ["r8i.12xlarge", 3.33408],
  ])("of %s is %d USD, in proportion to its family's large size", (name, usd) => {
    expect(instanceHour(name)).toBeCloseTo(usd, 4);
  });

  it("is unknown, not zero, for a type or a family without a source", () => {
    expect(instanceHour("m9g.large")).toBeUndefined();
    expect(instanceHour("m7i.3xlarge")).toBeUndefined();
    expect(instanceHour("constructor")).toBeUndefined();
  });
});

describe("what a resource costs a month by being there", () => {
  it.each<[string, PricedResource["inputs"], number]>([
    ["aws:ec2/instance:Instance", { instanceType: "m7i.2xlarge" }, 0.4032 * 730],
    [
      "aws:ec2/instance:Instance",
      { instanceType: "m7i.2xlarge", rootBlockDevice: { volumeSize: 30, volumeType: "gp3" } },
      0.4032 * 730 + 2.4,
    ],
    ["aws:ebs/volume:Volume", { type: "gp3", size: 100, iops: 3000, throughput: 125 }, 8],
    ["aws:ec2/natGateway:NatGateway", {}, 32.85],
    ["aws:ec2/eip:Eip", {}, 3.65],
    ["aws:lb/loadBalancer:LoadBalancer", { loadBalancerType: "application", subnets: ["a", "b"] }, 16.425 + 7.3],
    ["aws:lb/loadBalancer:LoadBalancer", { internal: true, subnets: ["a", "b"] }, 16.425],
    ["aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Interface", subnetIds: [UNKNOWN, UNKNOWN] }, 14.6],
    ["aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Gateway", routeTableIds: ["a"] }, 0],
    ["aws:ec2/vpcEndpoint:VpcEndpoint", { routeTableIds: ["a"] }, 0],
    ["aws:secretsmanager/secret:Secret", {}, 0.4],
    ["aws:cloudwatch/metricAlarm:MetricAlarm", { metricName: "CPUUtilization" }, 0.1],
    [
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      { metricQueries: [{ id: "a", metric: {} }, { id: "b", metric: {} }, { expression: "a / b" }] },
      0.2,
    ],
    ["aws:route53/zone:Zone", { vpcs: [{}] }, 0.5],
    ["aws:ec2/securityGroup:SecurityGroup", {}, 0],
    ["aws:ecs/service:Service", {}, 0],
  ])("%s with %j: %d USD", (type, inputs, usd) => {
    expect(priceOf(resource(type, inputs))).toBeCloseTo(usd, 6);
  });

  it.each<[string, PricedResource["inputs"]]>([
    ["aws:ec2/instance:Instance", { instanceType: "m9g.large" }],
    ["aws:ec2/instance:Instance", { instanceType: UNKNOWN }],
    ["aws:ec2/instance:Instance", { instanceType: "m7i.large", rootBlockDevice: { volumeSize: 30 } }],
    ["aws:autoscaling/group:Group", { minSize: 2 }],
    ["aws:ebs/volume:Volume", { type: "gp3", size: UNKNOWN }],
    ["aws:ebs/volume:Volume", { type: "gp3" }],
    ["aws:ebs/volume:Volume", { type: "io2", size: 100 }],
    ["aws:ebs/volume:Volume", { type: "gp3", size: 100, iops: 3001 }],
    ["aws:ebs/volume:Volume", { type: "gp3", size: 100, throughput: 126 }],
    ["aws:lb/loadBalancer:LoadBalancer", { loadBalancerType: "network" }],
    ["aws:lb/loadBalancer:LoadBalancer", { subnets: UNKNOWN }],
    ["aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Interface", subnetIds: UNKNOWN }],
  ])("%s with %j: unknown, not zero", (type, inputs) => {
    expect(priceOf(resource(type, inputs))).toBeUndefined();
  });

  it("a group starts as many of its template's instances as are desired, else as are the least", () => {
    const template = {
      instanceType: "c7g.large",
      blockDeviceMappings: [{ ebs: { volumeSize: 30, volumeType: "gp3" } }, { ebs: { snapshotId: "s" } }],
    };
    const each = 0.0725 * 730 + 2.4;
    const group = (inputs: PricedResource["inputs"]) =>
      priceOf(resource("aws:autoscaling/group:Group", inputs), template);
    expect(group({ minSize: 2, desiredCapacity: 3, maxSize: 8 })).toBeCloseTo(3 * each);
    expect(group({ minSize: 2, maxSize: 8 })).toBeCloseTo(2 * each);
    expect(group({ minSize: 0, maxSize: 8 })).toBe(0);
    expect(group({ minSize: UNKNOWN })).toBeUndefined();
  });
});

describe("what a system costs a month", () => {
  const system = [
    resource("aws:ec2/vpc:Vpc", {}, "network"),
    resource("aws:ec2/natGateway:NatGateway", {}, "nat"),
    resource("aws:ec2/launchTemplate:LaunchTemplate", { instanceType: "m7i.large" }, "app"),
    resource("aws:autoscaling/group:Group", { minSize: 2 }, "app"),
    resource("aws:ebs/volume:Volume", { type: "gp3", size: 50 }, "data"),
  ];

  it("is the sum over what has a price, with the instances of the launch template", () => {
    const { lines, totalUsd, complete } = monthlyCost(system);
    expect(lines.map(({ name, usd }) => [name, usd?.toFixed(2)])).toEqual([
      ["nat", "32.85"],
      ["app", "147.17"],
      ["data", "4.00"],
    ]);
    expect(totalUsd).toBeCloseTo(32.85 + 147.168 + 4);
    expect(complete).toBe(true);
  });

  it("says where a price is missing, and sums the others", () => {
    const { lines, totalUsd, complete } = monthlyCost([
      ...system,
      resource("aws:ec2/instance:Instance", { instanceType: "m9g.large" }, "db"),
    ]);
    expect(lines.at(-1)).toEqual({ name: "db", type: "aws:ec2/instance:Instance", usd: undefined });
    expect(totalUsd).toBeCloseTo(184.018);
    expect(complete).toBe(false);
  });

  it("is nothing, and complete, for nothing", () => {
    expect(monthlyCost([])).toEqual({ lines: [], totalUsd: 0, complete: true });
  });
});

describe("the table of prices", () => {
  it("names page, source and date of every group; the estimates are as old as the oldest", () => {
    const { region, currency, ...groups } = prices;
    for (const { page, source, asOf } of Object.values(groups)) {
      expect(page).not.toBe("");
      expect(source).not.toBe("");
      expect(asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
    }
    expect(PRICE_BASIS).toEqual({ region: "us-east-1", currency: "USD", asOf: "2025-10-28" });
    expect([region, currency]).toEqual(["us-east-1", "USD"]);
  });

  it("has no zero: what is not known is left out", () => {
    const numbers = JSON.stringify(prices).match(/:(\d[\d.]*)/g) ?? [];
    expect(numbers.length).toBeGreaterThan(40);
    expect(numbers.map((number) => Number(number.slice(1))).filter((number) => !(number > 0))).toEqual([]);
  });

  it("names what costs by use, each with its price", () => {
    expect(USAGE_NOT_INCLUDED.map(({ unit, usd }) => `${usd} a ${unit}`)).toEqual([
      "0.045 a GB",
      "0.01 a GB",
      "0.008 a capacity unit and hour",
      "0.05 a GB and month",
      "0.5 a GB taken in",
      "0.3 a metric and month",
    ]);
    expect(HOURS_A_MONTH).toBe(730);
  });
});
