import { SERVICES } from "../sizing";
import type { Mistake } from "./mistakes";
import type { Settings } from "./schema";

/** The part of the settings that `target: ec2` reads. */
export type Ec2Settings = NonNullable<Settings["ec2"]>;

type Given = Readonly<Record<string, unknown>>;

/** What is given for one target and means nothing on the other, and what EC2 cannot do without. */
export function targetMistakes(given: Given): Mistake[] {
  if (given.target === "docker" && given.ec2 !== undefined) {
    return [{ path: ["ec2"], message: "is read with target: ec2 alone; remove it, or set target to ec2" }];
  }
  if (given.target !== "ec2") return [];
  return [
    ...(given.ec2 === undefined
      ? [{ path: ["ec2", "region"], message: 'is missing; an AWS region such as "eu-central-1" is needed' }]
      : []),
    ...DOCKER_ONLY.filter(({ key }) => given[key] !== undefined && given[key] !== "auto").map(({ key, instead }) => ({
      path: [key],
      message: `is Docker's alone; ${instead}`,
    })),
    ...("behindTlsProxy" in mapOf(given.entrance)
      ? [{ path: ["entrance", "behindTlsProxy"], message: "is Docker's alone; on EC2 set ec2.certificateArn" }]
      : []),
    ...("haproxy" in mapOf(given.images)
      ? [{ path: ["images", "haproxy"], message: "is Docker's alone; on EC2 an Application Load Balancer serves" }]
      : []),
  ];
}

const DOCKER_ONLY = [
  { key: "hardware", instead: "on EC2 the instance type says it: set ec2.instanceType" },
  { key: "share", instead: "on EC2 the system has its hosts to itself: set a smaller ec2.instanceType" },
  { key: "port", instead: "on EC2 the load balancer listens on 80, and on 443 with ec2.certificateArn" },
  { key: "cpuEnforcement", instead: "ECS knows weights alone" },
  { key: "hostNofile", instead: "the ECS images grant enough" },
] as const;

/** What the parts of the settings ask of each other on EC2; each part is right by itself. */
export function ec2Mistakes(settings: Settings): Mistake[] {
  const { ec2, topology, tier, postgres, overrides } = settings;
  if (settings.target !== "ec2" || ec2 === undefined) return [];
  const mistakes: Mistake[] = [];
  const add = (path: readonly string[], message: string) => mistakes.push({ path, message });
  const { appHosts, data, vpc, egress, zones = [], region, certificateArn, domain } = ec2;

  if (topology === "app-and-data") {
    if (appHosts.max < appHosts.min) {
      add(["ec2", "appHosts", "max"], `${appHosts.max} given; at least ec2.appHosts.min, ${appHosts.min}, is needed`);
    }
    if (tier === "extreme" && appHosts.min < 2) {
      add(["ec2", "appHosts", "min"], "1 given; tier extreme needs at least 2 app hosts, or one that dies takes all");
    }
  } else if (ec2.dataInstanceType !== undefined) {
    add(["ec2", "dataInstanceType"], "is read with topology: app-and-data alone; one host carries everything here");
  }
  if (egress === "existing" && vpc === undefined) {
    add(["ec2", "vpc"], "is missing; egress: existing needs the network that is there, with its subnets");
  }
  if (egress !== "existing" && vpc !== undefined) {
    add(["ec2", "egress"], `${egress} given; with ec2.vpc the subnets' own way out is used: existing is needed`);
  }
  for (const [index, zone] of zones.entries()) {
    if (!zone.startsWith(region))
      add(["ec2", "zones", String(index)], `"${zone}" given; a zone of ${region} is needed`);
    if (zones.indexOf(zone) < index) add(["ec2", "zones", String(index)], `"${zone}" is given twice`);
  }
  if (certificateArn !== undefined && certificateArn.split(":")[3] !== region) {
    add(
      ["ec2", "certificateArn"],
      `a certificate of ${certificateArn.split(":")[3]} given; one of ${region} is needed: request it there`,
    );
  }
  if (domain !== undefined && certificateArn === undefined) {
    add(["ec2", "certificateArn"], "is missing; ec2.domain needs a certificate for that name");
  }
  if (data.volumeId !== undefined && data.snapshotId !== undefined) {
    add(["ec2", "data", "snapshotId"], "is given beside ec2.data.volumeId; one of the two is needed");
  }
  if (postgres.diskGiB > data.sizeGiB) {
    add(["postgres", "diskGiB"], `${postgres.diskGiB} given; at most ec2.data.sizeGiB, ${data.sizeGiB}, is needed`);
  }
  for (const service of SERVICES) {
    for (const key of ["healthIntervalSeconds", "healthTimeoutSeconds"] as const) {
      const { least, most } = ECS_HEALTH_CHECK[key];
      const numbers: Readonly<Record<string, unknown>> = { ...overrides[service] };
      const given = numbers[key];
      if (typeof given === "number" && (given < least || given > most)) {
        add(["overrides", service, key], `${given} given; ECS takes ${least} to ${most}`);
      }
    }
  }
  return mistakes;
}

/** What ECS takes of a health check, seconds (HealthCheck in its API). */
const ECS_HEALTH_CHECK = {
  healthIntervalSeconds: { least: 5, most: 300 },
  healthTimeoutSeconds: { least: 2, most: 60 },
} as const;

/** What must hold of the images before they are deployed to EC2. A plan needs none of them. */
export function ec2ImageMistakes({ target, ec2, images, postgres, redis }: Settings): Mistake[] {
  if (target !== "ec2" || ec2 === undefined) return [];
  const mistakes: Mistake[] = [];
  const add = (path: readonly string[], message: string) => mistakes.push({ path, message });
  if (typeof images.app !== "string") {
    add(["images", "app"], "is a build; ECS builds no images: push it to a registry and name its digest");
  }
  const used: Record<string, string> = {
    ...(typeof images.app === "string" && { app: images.app }),
    ...(postgres.external === undefined && { postgres: images.postgres }),
    ...(redis.external === undefined && { redis: images.redis }),
  };
  for (const [name, image] of Object.entries(used)) {
    if (ec2.egress === "endpoints" && !/\.dkr\.ecr\./.test(image)) {
      add(["images", name], `"${image}" given; with egress: endpoints hosts reach images in ECR alone`);
    }
    if (!/@sha256:[0-9a-f]{64}$/.test(image)) {
      add(
        ["images", name],
        `"${image}" given; a digest is needed, so that what was previewed is what runs: ` +
          `${image.split("@")[0]}@sha256:… (docker buildx imagetools inspect prints it)`,
      );
    }
  }
  return mistakes;
}

const mapOf = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});
