import * as pulumi from "@pulumi/pulumi";
import { Backend } from "../../components/backend";
import { CeleryFleet } from "../../components/celery-fleet";
import { LoadBalancer } from "../../components/load-balancer";
import { Migration } from "../../components/migration";
import { Ec2Platform } from "../../components/platform/ec2";
import { EC2_SIZING, knownInstanceType, registeredHardware } from "../../components/platform/ec2/hardware";
import { Postgres } from "../../components/postgres";
import { Redis } from "../../components/redis";
import { parseSettings, sizingInputs } from "../../components/settings/parse";
import { sizingPlan } from "../../components/sizing";
import { type Registered, register } from "../components/mocks";

export const PREFIX = "sized-stack-prod";
const DIGEST = `@sha256:${"0".repeat(64)}`;

/** Everything a stack with these settings is made of on EC2, as a preview shows it; nothing is asked of AWS. */
export async function ec2System(given: { readonly ec2: object; readonly [key: string]: unknown }) {
  const settings = parseSettings(
    {
      target: "ec2",
      images: { app: `app${DIGEST}`, postgres: `postgres:17${DIGEST}`, redis: `redis:8${DIGEST}` },
      ...given,
    },
    "prod",
  );
  const { ec2, topology } = settings;
  if (!ec2) throw new Error("ec2 is missing");
  const several = topology === "app-and-data";
  const app = knownInstanceType(ec2.instanceType);
  const data = knownInstanceType(ec2.dataInstanceType ?? ec2.instanceType);
  const inputs = {
    ...sizingInputs(settings, registeredHardware(app)),
    ...(several && { dataHardware: registeredHardware(data) }),
    ...EC2_SIZING,
  };
  const { region, cidr, egress, logDays, certificateArn, domain } = ec2;
  const program = (options: pulumi.ComponentResourceOptions) => {
    const platform = new Ec2Platform(
      "ec2",
      {
        prefix: PREFIX,
        region,
        network: {
          zones: [`${region}a`, `${region}b`],
          cidr,
          egress: egress === "endpoints" ? "endpoints" : "nat",
          region,
        },
        dataHost: data,
        dataSubnet: 0,
        dataServices: ["postgres", "redis"],
        dataVolume: ec2.data,
        appHosts: several ? { type: app, ...ec2.appHosts } : undefined,
        rolloutFactor: sizingPlan(inputs).rolloutFactor,
        entrance: { certificateArn, domain },
        logDays,
        scaling: { queueService: "celery", longestWaitSeconds: ec2.celeryWaitSeconds },
      },
      options,
    );
    const sized = { ...inputs, platform };
    const postgres = new Postgres("postgres", { ...sized, image: "postgres", password: pulumi.secret("p") }, options);
    const redis = new Redis("redis", { ...sized, image: "redis", password: pulumi.secret("r") }, options);
    const application = { ...sized, image: "app", postgres: postgres.endpoint, redis: redis.endpoint };
    const { done } = new Migration("migration", { ...application, argv: ["migrate"] }, options);
    const { entrance: behind } = new LoadBalancer(
      "load-balancer",
      { ...sized, backendHost: "backend", backendPort: 8000 },
      options,
    );
    new Backend("backend", { ...application, after: [done], behind }, options);
    new CeleryFleet("celery", { ...application, after: [done] }, options);
  };
  const { registered } = await register(program, { preview: true });
  return { settings: { ...settings, ec2 }, registered: registered as readonly Registered[] };
}
