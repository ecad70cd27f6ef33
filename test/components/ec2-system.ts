import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { Backend } from "../../components/backend";
import { CeleryFleet } from "../../components/celery-fleet";
import { LoadBalancer } from "../../components/load-balancer";
import { Migration } from "../../components/migration";
import type { Platform } from "../../components/platform";
import { Ec2Platform, platformArgs } from "../../components/platform/ec2";
import type { Facts } from "../../components/platform/ec2/facts";
import { knownInstanceType } from "../../components/platform/ec2/hardware";
import { ec2Inputs } from "../../components/platform/ec2/inputs";
import { Postgres } from "../../components/postgres";
import { Redis } from "../../components/redis";
import { parseSettings } from "../../components/settings/parse";
import type { Settings } from "../../components/settings/schema";
import { type SizingInputs, type SizingPlan, sizingPlan } from "../../components/sizing";
import { type Computed, type Registrations, register } from "./mocks";

export const PREFIX = "sized-stack-prod";
export const REGION = "eu-central-1";
export const DIGEST = `@sha256:${"0".repeat(64)}`;
export const ECR_IMAGE = `123456789012.dkr.ecr.${REGION}.amazonaws.com/app${DIGEST}`;
export const CERTIFICATE = `arn:aws:acm:${REGION}:123456789012:certificate/0a1b2c3d-4e5f`;
const ECR = `123456789012.dkr.ecr.${REGION}.amazonaws.com`;

/** A network that is there: two subnets of each kind, in two zones. */
export const VPC = {
  id: "vpc-00000000",
  publicSubnetIds: ["subnet-0000000a", "subnet-0000000b"],
  privateSubnetIds: ["subnet-0000000c", "subnet-0000000d"],
};

type Given = Record<string, unknown> & { readonly ec2?: Record<string, unknown> };

/** Settings of a stack on EC2 that nothing is wrong with, but for what is given. */
export const settingsWith = ({ ec2, ...given }: Given = {}): Settings =>
  parseSettings(
    {
      target: "ec2",
      tier: "high",
      images: { app: ECR_IMAGE, postgres: `${ECR}/postgres:17${DIGEST}`, redis: `${ECR}/redis:8${DIGEST}` },
      ...given,
      ec2: { region: REGION, ...ec2 },
    },
    "test",
  );

export function factsOf({ ec2 }: Settings, more: Partial<Facts> = {}): Facts {
  const app = knownInstanceType(ec2?.instanceType ?? "");
  return {
    zones: [`${REGION}a`, `${REGION}b`, `${REGION}c`],
    types: { app, data: knownInstanceType(ec2?.dataInstanceType ?? app.name) },
    subnets: [...VPC.publicSubnetIds, ...VPC.privateSubnetIds].map((id, index) => ({
      id,
      vpcId: VPC.id,
      zone: `${REGION}${"ab"[index % 2]}`,
    })),
    ranges: [ec2?.cidr ?? ""],
    resolvesNames: true,
    volumeZone: undefined,
    ...more,
  };
}

export const planOf = (settings: Settings): SizingPlan => sizingPlan(ec2Inputs(settings, factsOf(settings).types));

/** The components of the program, as it puts them together. */
export function components(
  platform: Platform,
  inputs: SizingInputs,
  images: Readonly<Record<"app" | "postgres" | "redis", string>>,
  options: pulumi.ComponentResourceOptions,
): void {
  const sized = { ...inputs, platform };
  const password = (name: string) => pulumi.secret(`${name}-secret`);
  const postgres = new Postgres(
    "postgres",
    { ...sized, image: images.postgres, password: password("p"), extensions: ["citext"] },
    options,
  );
  const redis = new Redis("redis", { ...sized, image: images.redis, password: password("r") }, options);
  const application = {
    ...sized,
    image: images.app,
    env: { GREETING: "hello" },
    secrets: { STRIPE_KEY: password("s") },
    postgres: postgres.endpoint,
    redis: redis.endpoint,
  };
  const migration = new Migration("migration", { ...application, argv: ["alembic", "upgrade", "head"] }, options);
  const after = [migration.done];
  const { entrance: behind } = new LoadBalancer(
    "load-balancer",
    { ...sized, backendHost: "backend", backendPort: 8000 },
    options,
  );
  new Backend("backend", { ...application, after, behind }, options);
  new CeleryFleet("celery", { ...application, after, queues: ["mail", "default"] }, options);
}

/** What AWS answers of a resource it made. */
const computed: Computed = ({ name, type, inputs }) => ({
  arn: arnOf(type, name),
  name: inputs.name ?? `${name}-1234567`,
  arnSuffix: `${name}-suffix`,
  dnsName: `${name}.elb.amazonaws.com`,
  versionId: `${name}-version`,
  privateIp: "10.20.128.10",
  zoneId: "Z1",
  latestVersion: 1,
});

export const arnOf = (type: string, name: string): string => `arn:aws:${type.split("/").at(-1)}:${REGION}:${name}`;

function answer({ token, inputs }: pulumi.runtime.MockCallArgs): Record<string, unknown> {
  if (token === "aws:ssm/getParameter:getParameter") return { insecureValue: `ami-of-${inputs.name}` };
  if (token === "aws:ecs/getService:getService") {
    return { taskDefinition: arnOf("aws:ecs/taskDefinition:TaskDefinition", inputs.serviceName) };
  }
  throw new Error(`nobody answers ${token}`);
}

/** Runs a program with the EC2 platform of the settings under mocks; by default the whole system. */
export const registerEc2 = (
  settings: Settings,
  {
    preview = false,
    facts = factsOf(settings),
    program = (platform: Platform, inputs: SizingInputs, options: pulumi.ComponentResourceOptions) =>
      components(platform, inputs, { ...settings.images, app: String(settings.images.app) }, options),
  } = {},
): Promise<Registrations> =>
  register(
    (options) => {
      if (settings.ec2 === undefined) throw new Error("no settings of EC2");
      const inputs = ec2Inputs(settings, facts.types);
      const provider = new aws.Provider("aws", { region: REGION });
      const args = platformArgs(settings, settings.ec2, facts, PREFIX, sizingPlan(inputs));
      program(new Ec2Platform("ec2", args, { ...options, provider }), inputs, options);
    },
    { preview, computed, call: answer },
  );
