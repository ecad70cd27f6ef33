import { describe, expect, it } from "vitest";
import { factMistakes, namedArchitecture } from "../../components/platform/ec2/fact-mistakes";
import type { Facts } from "../../components/platform/ec2/facts";
import { knownInstanceType, resolveInstanceType } from "../../components/platform/ec2/hardware";
import { ec2Inputs, instancesOf } from "../../components/platform/ec2/inputs";
import { instanceRefusal } from "../../components/platform/ec2/instance-fit";
import { parseSettings } from "../../components/settings/parse";
import type { Settings } from "../../components/settings/schema";
import { SizingRefusal, sizingPlan } from "../../components/sizing";

const DIGEST = `@sha256:${"0".repeat(64)}`;
const IMAGES = { app: `ghcr.io/shop/app${DIGEST}`, postgres: `postgres:17${DIGEST}`, redis: `redis:8${DIGEST}` };
const VPC = {
  id: "vpc-00000000",
  publicSubnetIds: ["subnet-0000000a", "subnet-0000000b"],
  privateSubnetIds: ["subnet-0000000c", "subnet-0000000d"],
};
const CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d-4e5f";

type Given = Record<string, unknown> & { ec2?: unknown };
const settings = ({ ec2, ...given }: Given, purpose?: "deploy" | "plan"): Settings =>
  parseSettings(
    {
      target: "ec2",
      tier: "high",
      images: IMAGES,
      ...given,
      ...(ec2 === undefined ? {} : { ec2: typeof ec2 === "object" ? { region: "eu-central-1", ...ec2 } : ec2 }),
    },
    "prod",
    [],
    purpose && { purpose },
  );
const answer = (given: Given, purpose?: "deploy" | "plan"): string => {
  try {
    settings(given, purpose);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};
const refusal = (...mistakes: string[]): string =>
  [
    "The settings of stack prod need a correction:",
    ...mistakes.map((m) => `  ${m}`),
    "Nothing was created or changed.",
  ].join("\n");

describe("right settings of EC2 are accepted", () => {
  it.each<[string, Given]>([
    ["the region alone", { ec2: {} }],
    [
      "several hosts",
      { topology: "app-and-data", ec2: { dataInstanceType: "r7i.large", appHosts: { min: 1, max: 1 } } },
    ],
    ["a network that is there", { ec2: { egress: "existing", vpc: VPC } }],
    ["HTTPS", { ec2: { domain: "shop.example", certificateArn: CERTIFICATE } }],
    ["the defaults of Docker's keys", { hardware: "auto", ec2: {} }],
  ])("%s", (_, given) => expect(answer(given)).toBe("accepted"));
});

describe("a wrong setting of EC2 is answered with what was given and what is allowed", () => {
  it.each<[Given, ...string[]]>([
    [{}, 'ec2.region: is missing; an AWS region such as "eu-central-1" is needed'],
    [{ ec2: "eu-central-1" }, 'ec2: "eu-central-1" given; a map is needed'],
    [
      { ec2: { region: "Frankfurt" } },
      'ec2.region: "Frankfurt" given; an AWS region such as "eu-central-1" (not of China or GovCloud) is needed',
    ],
    [
      { ec2: { region: "us-gov-west-1" } },
      'ec2.region: "us-gov-west-1" given; an AWS region such as "eu-central-1" (not of China or GovCloud) is needed',
    ],
    [
      { ec2: { region: "eu-central-1a" } },
      'ec2.region: "eu-central-1a" given; an AWS region such as "eu-central-1" (not of China or GovCloud) is needed',
    ],
    [{ ec2: { regoin: "x" } }, "ec2.regoin: is no setting; did you mean region?"],
    [{ ec2: { instanceType: "" } }, 'ec2.instanceType: "" given; a text that is not empty is needed'],
    [{ ec2: { appHosts: { min: 0 } } }, "ec2.appHosts.min: 0 given; at least 1 is needed"],
    [{ ec2: { appHosts: { max: 101 } } }, "ec2.appHosts.max: 101 given; at most 100 is needed"],
    [{ ec2: { zones: ["eu-central-1a"] } }, 'ec2.zones: ["eu-central-1a"] given; at least 2 is needed'],
    [{ ec2: { zones: ["a", "eu-central-1b"] } }, 'ec2.zones.0: "a" given; a zone such as "eu-central-1a" is needed'],
    [
      { ec2: { cidr: "10.20.0.0/20" } },
      'ec2.cidr: "10.20.0.0/20" given; a private /16 such as "10.20.0.0/16" is needed',
    ],
    [{ ec2: { egress: "proxy" } }, 'ec2.egress: "proxy" given; nat, endpoints or existing is needed'],
    [
      { ec2: { egress: "existing", vpc: { ...VPC, id: "shop" } } },
      'ec2.vpc.id: "shop" given; an id such as vpc-0a1b2c3d4e5f60718 is needed',
    ],
    [
      { ec2: { egress: "existing", vpc: { ...VPC, publicSubnetIds: ["subnet-0000000a"] } } },
      'ec2.vpc.publicSubnetIds: ["subnet-0000000a"] given; at least 2 is needed',
    ],
    [{ ec2: { certificateArn: "shop" } }, 'ec2.certificateArn: "shop" given; the ARN of an ACM certificate is needed'],
    [{ ec2: { amiId: "ami-x" } }, 'ec2.amiId: "ami-x" given; an id such as ami-0a1b2c3d4e5f60718 is needed'],
    [{ ec2: { data: { sizeGiB: 5 } } }, "ec2.data.sizeGiB: 5 given; at least 10 is needed"],
    [
      { ec2: { data: { volumeId: "data" } } },
      'ec2.data.volumeId: "data" given; an id such as vol-0a1b2c3d4e5f60718 is needed',
    ],
    [{ ec2: { data: { snapshotDays: 0 } } }, "ec2.data.snapshotDays: 0 given; at least 1 is needed"],
    [{ ec2: { data: { protect: "yes" } } }, 'ec2.data.protect: "yes" given; true or false is needed'],
    [{ ec2: { celeryWaitSeconds: 0 } }, "ec2.celeryWaitSeconds: 0 given; at least 1 is needed"],
    [
      { ec2: { logDays: 10 } },
      "ec2.logDays: 10 given; 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 is needed",
    ],
    [{ ec2: { alarmTopicArn: "ops" } }, 'ec2.alarmTopicArn: "ops" given; the ARN of an SNS topic is needed'],
    [{ ec2: { tags: { team: 7 } } }, "ec2.tags.team: 7 given; a text is needed"],

    // What only Docker reads, and the other way round.
    [
      { hardware: { threads: 8, memory: "16GiB" }, ec2: {} },
      "hardware: is Docker's alone; on EC2 the instance type says it: set ec2.instanceType",
    ],
    [
      { share: 0.5, ec2: {} },
      "share: is Docker's alone; on EC2 the system has its hosts to itself: set a smaller ec2.instanceType",
    ],
    [
      { port: 80, ec2: {} },
      "port: is Docker's alone; on EC2 the load balancer listens on 80, and on 443 with ec2.certificateArn",
    ],
    [{ cpuEnforcement: "quota", ec2: {} }, "cpuEnforcement: is Docker's alone; ECS knows weights alone"],
    [{ hostNofile: 65536, ec2: {} }, "hostNofile: is Docker's alone; the ECS images grant enough"],
    [
      { images: { ...IMAGES, haproxy: "haproxy:3.0" }, ec2: {} },
      "images.haproxy: is Docker's alone; on EC2 an Application Load Balancer serves",
    ],
    [{ target: "docker", ec2: {} }, "ec2: is read with target: ec2 alone; remove it, or set target to ec2"],

    // What parts ask of each other.
    [
      { topology: "app-and-data", ec2: { appHosts: { min: 3, max: 2 } } },
      "ec2.appHosts.max: 2 given; at least ec2.appHosts.min, 3, is needed",
    ],
    [
      { topology: "app-and-data", tier: "extreme", ec2: { appHosts: { min: 1, max: 4 } } },
      "ec2.appHosts.min: 1 given; tier extreme needs at least 2 app hosts, or one that dies takes all",
    ],
    [
      { ec2: { dataInstanceType: "r7i.large" } },
      "ec2.dataInstanceType: is read with topology: app-and-data alone; one host carries everything here",
    ],
    [
      { ec2: { egress: "existing" } },
      "ec2.vpc: is missing; egress: existing needs the network that is there, with its subnets",
    ],
    [{ ec2: { vpc: VPC } }, "ec2.egress: nat given; with ec2.vpc the subnets' own way out is used: existing is needed"],
    [
      { ec2: { zones: ["eu-central-1a", "eu-west-1a"] } },
      'ec2.zones.1: "eu-west-1a" given; a zone of eu-central-1 is needed',
    ],
    [{ ec2: { zones: ["eu-central-1a", "eu-central-1a"] } }, 'ec2.zones.1: "eu-central-1a" is given twice'],
    [
      { ec2: { certificateArn: CERTIFICATE.replace("eu-central-1", "us-east-1") } },
      "ec2.certificateArn: a certificate of us-east-1 given; one of eu-central-1 is needed: request it there",
    ],
    [
      { ec2: { domain: "shop.example" } },
      "ec2.certificateArn: is missing; ec2.domain needs a certificate for that name",
    ],
    [
      { ec2: { data: { volumeId: "vol-00000000", snapshotId: "snap-00000000" } } },
      "ec2.data.snapshotId: is given beside ec2.data.volumeId; one of the two is needed",
    ],
    [{ postgres: { diskGiB: 100 }, ec2: {} }, "postgres.diskGiB: 100 given; at most ec2.data.sizeGiB, 50, is needed"],
    [
      { overrides: { redis: { healthIntervalSeconds: 2, healthTimeoutSeconds: 90 } }, ec2: {} },
      "overrides.redis.healthIntervalSeconds: 2 given; ECS takes 5 to 300",
      "overrides.redis.healthTimeoutSeconds: 90 given; ECS takes 2 to 60",
    ],
    [
      { images: { ...IMAGES, redis: "redis:8" }, ec2: {} },
      'images.redis: "redis:8" given; a digest is needed, so that what was previewed is what runs: redis:8@sha256:… ' +
        "(docker buildx imagetools inspect prints it)",
    ],
    [
      { images: { ...IMAGES, app: { context: "." } }, ec2: {} },
      "images.app: is a build; ECS builds no images: push it to a registry and name its digest",
    ],
    [
      {
        images: { ...IMAGES, app: `123456789012.dkr.ecr.eu-central-1.amazonaws.com/app${DIGEST}` },
        ec2: { egress: "endpoints" },
      },
      `images.postgres: "postgres:17${DIGEST}" given; with egress: endpoints hosts reach images in ECR alone`,
      `images.redis: "redis:8${DIGEST}" given; with egress: endpoints hosts reach images in ECR alone`,
    ],
  ])("%j", (given, ...mistakes) => {
    expect(answer(given)).toBe(refusal(...mistakes));
  });

  it("a plan needs no image of a stack that is only explained", () => {
    const unpushed = { images: { app: { context: "." }, postgres: "postgres:17", redis: "redis:8" }, ec2: {} };
    expect(answer(unpushed, "plan")).toBe("accepted");
    expect(answer({ ...unpushed, ec2: { domain: "shop.example" } }, "plan")).toContain("ec2.certificateArn");
  });
});

describe("what only AWS can say", () => {
  const ZONES = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];
  const [first = "", second = ""] = ZONES;
  const subnet = (id: string, zone: string, vpcId = VPC.id) => ({ id, vpcId, zone });
  const SUBNETS = [
    subnet("subnet-0000000a", first),
    subnet("subnet-0000000b", second),
    subnet("subnet-0000000c", first),
    subnet("subnet-0000000d", second),
  ];
  const x86 = knownInstanceType("m7i.2xlarge");
  const arm = knownInstanceType("m7g.2xlarge");
  const FACTS: Facts = {
    zones: ZONES,
    types: { app: x86, data: x86 },
    subnets: SUBNETS,
    ranges: ["10.20.0.0/16"],
    resolvesNames: true,
    volumeZone: undefined,
  };
  const mistakes = (given: Given, facts: Partial<Facts> = {}) =>
    factMistakes(settings(given), { ...FACTS, ...facts }).map(({ path, message }) => `${path.join(".")}: ${message}`);
  const existing = { ec2: { egress: "existing", vpc: VPC } };

  it.each<[string, Given, Partial<Facts>, ...string[]]>([
    ["agrees with the settings", { ec2: {} }, {}],
    ["agrees with a network that is there", existing, {}],
    [
      "a network in which nobody finds PostgreSQL and Redis by name",
      existing,
      { resolvesNames: false },
      "ec2.vpc.id: vpc-00000000 does not answer names of private zones; enable DNS support and DNS hostnames on it",
    ],
    [
      "a zone that this account does not have",
      { ec2: { zones: [first, "eu-central-1d"] } },
      {},
      `ec2.zones: "eu-central-1d" given; this account has ${ZONES.join(", ")}`,
    ],
    [
      "a region of one zone",
      { ec2: {} },
      { zones: [first] },
      `ec2.region: has one zone alone, ${first}; a load balancer needs two`,
    ],
    [
      "subnets of another VPC",
      existing,
      { subnets: [...SUBNETS.slice(0, 3), subnet("subnet-0000000d", second, "vpc-11111111")] },
      "ec2.vpc.privateSubnetIds: subnet-0000000d is in vpc-11111111; a subnet of vpc-00000000 is needed",
    ],
    [
      "subnets in one zone",
      existing,
      { subnets: [subnet("subnet-0000000a", first), subnet("subnet-0000000b", first), ...SUBNETS.slice(2)] },
      `ec2.vpc.publicSubnetIds: all are in ${first}; subnets in two zones are needed`,
    ],
    [
      "a volume where no zone of the network is",
      { ec2: { data: { volumeId: "vol-00000000" } } },
      { volumeZone: "eu-central-1c" },
      `ec2.data.volumeId: vol-00000000 is in eu-central-1c, where the hosts have no subnet (they have ${first}, ${second}); ` +
        "ec2.zones with eu-central-1c among them is needed",
    ],
    [
      "a volume where no private subnet is",
      { ec2: { ...existing.ec2, data: { volumeId: "vol-00000000" } } },
      { volumeZone: "eu-central-1c" },
      `ec2.data.volumeId: vol-00000000 is in eu-central-1c, where the hosts have no subnet (they have ${first}, ${second}); ` +
        "a private subnet there is needed",
    ],
    ["a volume in the second zone", { ec2: { data: { volumeId: "vol-00000000" } } }, { volumeZone: second }],
    [
      "an x86 image on ARM instances",
      { images: { ...IMAGES, app: `shop/app:1-amd64${DIGEST}` }, ec2: {} },
      { types: { app: arm, data: arm } },
      `images.app: "shop/app:1-amd64${DIGEST}" is for x86_64, m7g.2xlarge is arm64; the two must agree`,
    ],
    [
      "an ARM image on x86 instances",
      { images: { ...IMAGES, redis: `arm64v8/redis:8${DIGEST}` }, ec2: {} },
      {},
      `images.redis: "arm64v8/redis:8${DIGEST}" is for arm64, m7i.2xlarge is x86_64; the two must agree`,
    ],
    [
      "an image for the app hosts on a data host of another architecture",
      {
        topology: "app-and-data",
        images: { ...IMAGES, app: `shop/app:arm64${DIGEST}`, postgres: `postgres:17-arm64${DIGEST}` },
        ec2: {},
      },
      { types: { app: arm, data: x86 } },
      `images.postgres: "postgres:17-arm64${DIGEST}" is for arm64, m7i.2xlarge is x86_64; the two must agree`,
    ],
  ])("%s", (_, given, facts, ...expected) => {
    expect(mistakes(given, facts)).toEqual(expected);
  });

  it.each([
    ["arm64v8/redis", "arm64"],
    ["shop/app:1-aarch64", "arm64"],
    ["shop/app-amd64:1", "x86_64"],
    ["shop/app:x86-64", "x86_64"],
    ["shop/app:x86_64", "x86_64"],
    ["shop/charm64:1", undefined],
    ["postgres:17", undefined],
  ])("an image named %s is for %s", (image, architecture) => expect(namedArchitecture(image)).toBe(architecture));
});

describe("an instance type", () => {
  it("that nobody knows is answered with the nearest", async () => {
    const unknown = resolveInstanceType("m7i.2xlrage", async () => {
      throw new Error("InvalidInstanceType: it does not exist");
    });
    await expect(unknown).rejects.toThrow(
      'Instance type "m7i.2xlrage" is not known here, and AWS did not describe it: InvalidInstanceType: it does not ' +
        "exist\nDid you mean m7i.2xlarge, ",
    );
  });

  it("too small for the system is answered with the smallest that fits", () => {
    const given = settings({ celery: { beat: true }, ec2: { instanceType: "t3.small" } });
    const type = knownInstanceType("t3.small");
    const types = { app: type, data: type };
    const inputs = ec2Inputs(given, types);
    const refused = () => sizingPlan(inputs);
    expect(refused).toThrow(SizingRefusal);
    try {
      refused();
    } catch (error) {
      if (!(error instanceof SizingRefusal)) throw error;
      expect(instanceRefusal(error, inputs, instancesOf(given, types))).toBe(
        "t3.small: 2 vCPU, 2,048 MiB, of which Amazon ECS registers 1,582 MiB.\n" +
          "The machine offers 1198 MiB to containers; the system needs at least 2048 MiB, 850 MiB more. With 2 threads and " +
          "tier high the smallest machine that fits has 2432 MiB (2.38 GiB). No tier fits this hardware.\n" +
          "Containers get what Amazon ECS registers, less 384 MiB kept for beat and a migration task.\n" +
          "The smallest t3 instance type that fits is t3.medium.",
      );
    }
  });
});

describe("what EC2 is sized from", () => {
  it("is the instance type as ECS registers it, whatever Docker's defaults are", () => {
    const given = settings({ ec2: { instanceType: "m7i.2xlarge" } });
    const app = knownInstanceType("m7i.2xlarge");
    expect(ec2Inputs(given, { app, data: knownInstanceType("r7i.large") })).toMatchObject({
      hardware: { threads: 8, memory: "30074MiB" },
      hostReserve: "registered",
      dataReservation: "full",
      cpuEnforcement: "weight",
      hostNofile: 1_048_576,
    });
    expect(ec2Inputs(given, { app, data: app }).dataHardware).toBeUndefined();
  });

  it("on several hosts is the app hosts at most, and the data host of its own", () => {
    const given = settings({ topology: "app-and-data", ec2: { appHosts: { max: 7 } } });
    const types = { app: knownInstanceType("m7i.2xlarge"), data: knownInstanceType("r7i.large") };
    expect(ec2Inputs(given, types)).toMatchObject({
      appHosts: 7,
      dataHardware: { threads: 2, memory: "14837MiB" },
    });
  });
});
