import * as aws from "@pulumi/aws";
import type { MockCallArgs } from "@pulumi/pulumi/runtime";
import { describe, expect, it, vi } from "vitest";
import type { Target } from "../../components/platform/contract/target";
import { ec2Target } from "../../components/platform/ec2";
import { askAws } from "../../components/platform/ec2/facts";
import type { LoadedSettings } from "../../components/settings";
import { SizingRefusal, sizingPlan } from "../../components/sizing";
import { PREFIX, REGION, settingsWith, VPC } from "../components/ec2-system";
import { type Registrations, register } from "../components/mocks";

vi.setConfig({ testTimeout: 60_000 });

const loaded = (given: Parameters<typeof settingsWith>[0] = {}): LoadedSettings => ({
  ...settingsWith(given),
  secrets: {},
  postgresPassword: undefined,
  redisPassword: undefined,
});

/** AWS as it answers before anything is made. */
const ANSWERS: Readonly<Record<string, (inputs: MockCallArgs["inputs"]) => Record<string, unknown>>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({ accountId: "123456789012" }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": () => ({ names: [`${REGION}b`, `${REGION}a`] }),
  "aws:ec2/getVpc:getVpc": () => ({
    ...{ enableDnsSupport: true, enableDnsHostnames: true, cidrBlock: "10.9.0.0/16" },
    cidrBlockAssociations: [
      { associationId: "1", state: "associated", cidrBlock: "10.9.0.0/16" },
      { associationId: "2", state: "associated", cidrBlock: "100.64.0.0/16" },
      { associationId: "3", state: "disassociated", cidrBlock: "10.99.0.0/16" },
    ],
  }),
  "aws:ec2/getSubnet:getSubnet": ({ id }) => ({
    id,
    vpcId: VPC.id,
    availabilityZone: `${REGION}${/[ac]$/.test(id) ? "a" : "b"}`,
  }),
  "aws:ebs/getVolume:getVolume": () => ({ availabilityZone: `${REGION}b` }),
  "aws:ec2/getInstanceType:getInstanceType": () => ({
    defaultVcpus: 4,
    memorySize: 16_384,
    supportedArchitectures: ["arm64"],
  }),
  "aws:ssm/getParameter:getParameter": () => ({ insecureValue: "ami-1" }),
};

async function targetOf(
  settings: LoadedSettings,
  { prefix = PREFIX, answers = {} }: { prefix?: string; answers?: typeof ANSWERS } = {},
): Promise<{ target: Target; made: Registrations }> {
  let target: Target | undefined;
  const made = await register(
    async () => {
      target = await ec2Target(settings, prefix, "test");
      target.platform(sizingPlan(target.inputs));
    },
    {
      call: ({ token, inputs }) => {
        const answer = { ...ANSWERS, ...answers }[token];
        if (!answer) throw new Error(`nobody answers ${token}`);
        return answer(inputs);
      },
    },
  );
  if (!target) throw new Error("no target");
  return { target, made };
}

describe("the target ec2", () => {
  it("tags every resource, by the provider that makes them all", async () => {
    const { made } = await targetOf(loaded({ ec2: { tags: { team: "shop" } } }));
    const { inputs } = made.find("pulumi:providers:aws", "aws");
    expect(inputs.region).toBe(REGION);
    expect(JSON.parse(String(inputs.defaultTags))).toEqual({ tags: { team: "shop", "sized-stack": PREFIX } });
  });

  it("knows every range of a VPC that is there, and the one of the VPC it makes", async () => {
    const ranges: (readonly string[])[] = [];
    for (const ec2 of [{ egress: "existing", vpc: VPC }, { cidr: "10.30.0.0/16" }]) {
      const settings = settingsWith({ ec2 }).ec2;
      await register(
        async () => {
          const provider = new aws.Provider("aws", { region: REGION });
          if (settings) ranges.push((await askAws(settings, provider)).ranges);
        },
        { call: ({ token, inputs }) => ANSWERS[token]?.(inputs) ?? {} },
      );
    }
    expect(ranges).toEqual([["10.9.0.0/16", "100.64.0.0/16"], ["10.30.0.0/16"]]);
  });

  it("makes its network in two zones, in their order", async () => {
    const { made } = await targetOf(loaded());
    const zones = ["private-1", "private-2"].map(
      (name) => made.find("aws:ec2/subnet:Subnet", name).inputs.availabilityZone,
    );
    expect(zones).toEqual([`${REGION}a`, `${REGION}b`]);
  });

  it("puts the data host where a volume is that was there", async () => {
    const ec2 = { egress: "existing", vpc: VPC, data: { volumeId: "vol-0123456789abcdef0" } };
    const { made } = await targetOf(loaded({ ec2 }));
    expect(made.find("aws:ec2/networkInterface:NetworkInterface", "data-host").inputs.subnetId).toBe("subnet-0000000d");
  });

  it("asks AWS for an instance type that the table does not have", async () => {
    const { target } = await targetOf(loaded({ ec2: { instanceType: "m99g.xlarge" } }));
    expect(target.inputs.hardware).toEqual({ threads: 4, memory: "14837MiB" });
  });

  it("names the smallest instance type that fits, where the one that is set is too small", async () => {
    let sentence = "";
    const settings = loaded({ ec2: { instanceType: "t3.small" } });
    await register(
      async () => {
        const { inputs, refusal } = await ec2Target(settings, PREFIX, "test");
        try {
          sizingPlan(inputs);
        } catch (error) {
          if (error instanceof SizingRefusal) sentence = refusal(error);
        }
      },
      { call: ({ token, inputs }) => ANSWERS[token]?.(inputs) ?? {} },
    );
    expect(sentence).toMatch(/The smallest t3 instance type that fits is t3\.medium\.$/);
  });

  it.each<[string, LoadedSettings, Parameters<typeof targetOf>[1], string]>([
    [
      "without credentials",
      loaded(),
      {
        answers: {
          "aws:index/getCallerIdentity:getCallerIdentity": () => {
            throw new Error("No valid credential sources found");
          },
        },
      },
      "Credentials come from the environment (AWS_PROFILE, aws sso login), the region from ec2.region. Nothing was created",
    ],
    [
      "where AWS and the settings do not agree",
      loaded(),
      { answers: { "aws:index/getAvailabilityZones:getAvailabilityZones": () => ({ names: ["eu-central-1a"] }) } },
      "The settings of stack test need a correction:\n  ec2.region: has one zone alone, eu-central-1a; a load balancer needs two\n",
    ],
    [
      "of a name that DNS does not take",
      loaded(),
      { prefix: "shop-v1.2" },
      "would be named shop-v1.2, after project and stack",
    ],
    ["of a long name", loaded(), { prefix: "a".repeat(64) }, "at most 63 letters, digits, - and _ are needed"],
  ])("%s makes nothing", async (_, settings, options, sentence) => {
    await expect(targetOf(settings, options)).rejects.toThrow(sentence);
  });
});
