import type * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { Backend } from "../../components/backend";
import { CeleryFleet } from "../../components/celery-fleet";
import { LoadBalancer } from "../../components/load-balancer";
import { DockerPlatform } from "../../components/platform";
import { haproxyConfig } from "../../components/platform/docker/haproxy";
import { Postgres, type PostgresEndpoint } from "../../components/postgres";
import { type SizingInputs, sizingPlan } from "../../components/sizing";
import { planWith, REFERENCE } from "../sizing/machines";
import { registerEc2, settingsWith } from "./ec2-system";
import { register } from "./mocks";

const sized = { hardware: { threads: 4, memory: "8GiB" }, tier: "low" } as const;
const OWN = "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s";
const ELSEWHERE: PostgresEndpoint = {
  host: "db.example",
  port: 5432,
  database: "shop",
  user: "shop",
  password: "given",
};

/** Variables of backend and Celery as Docker gets them. */
async function environments(
  env: Readonly<Record<string, pulumi.Input<string>>> = {},
  { external = false, ...inputs }: Partial<SizingInputs> & { external?: boolean } = {},
) {
  const made = await register(
    (options) => {
      const platform = new DockerPlatform("docker", { prefix: "sized-stack-test" }, options);
      const on = { ...sized, ...inputs, platform };
      const postgres = external ? ELSEWHERE : new Postgres("postgres", { ...on, password: "given" }, options).endpoint;
      const application = { ...on, image: "app", env, postgres, redis: { host: "r", port: 6379, password: "given" } };
      const args = { ...on, backendHost: "backend", backendPort: 8000 };
      const { entrance: behind } = new LoadBalancer("load-balancer", args, options);
      new Backend("backend", { ...application, behind }, options);
      new CeleryFleet("celery", application, options);
    },
    { computed: ({ type }) => (type.endsWith(":Network") ? { ipamConfigs: [{ subnet: "172.30.0.0/16" }] } : {}) },
  );
  const envs = (name: string) =>
    Object.fromEntries(
      (made.find("docker:index/container:Container", name).inputs.envs as string[]).map((line) => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
  return { backend: envs("backend-1"), celery: envs("celery-1"), made };
}

describe("PostgreSQL's time limits", () => {
  it("are those of the backend's connections alone", async () => {
    const { backend, celery, made } = await environments();
    expect(backend).toMatchObject({ PGOPTIONS: OWN, DB_STATEMENT_TIMEOUT: "60" });
    expect(celery).not.toHaveProperty("PGOPTIONS");
    const { command } = made.find("docker:index/container:Container", "postgres").inputs;
    expect(String(command)).not.toContain("statement_timeout");
  });

  it("are as set, and come before the user's own options, which win", async () => {
    const { backend, celery } = await environments(
      { PGOPTIONS: "-c search_path=shop -c statement_timeout=5s" },
      { statementTimeoutSeconds: 0 },
    );
    expect(backend.PGOPTIONS).toBe(
      "-c statement_timeout=0s -c idle_in_transaction_session_timeout=0s -c search_path=shop -c statement_timeout=5s",
    );
    expect(celery.PGOPTIONS).toBe("-c search_path=shop -c statement_timeout=5s");
  });

  it("are not asked of a server that may have PgBouncer in front, and an advisory says so", async () => {
    const { backend } = await environments({}, { external: true, externalPostgresConnections: 200 });
    expect(backend).not.toHaveProperty("PGOPTIONS");
    const { advisories } = sizingPlan({ ...REFERENCE, externalPostgresConnections: 200 });
    expect(advisories.map(({ id }) => id)).toContain("external.statement-timeout");
    expect(planWith().advisories.map(({ id }) => id)).not.toContain("external.statement-timeout");
  });

  it("a migration gives up a lock that others would wait behind", async () => {
    const made = await registerEc2(settingsWith());
    const { containerDefinitions } = made.find("aws:ecs/taskDefinition:TaskDefinition", "migration").inputs;
    const [{ environment }] = JSON.parse(String(containerDefinitions));
    expect(environment).toContainEqual({ name: "PGOPTIONS", value: "-c lock_timeout=5s" });
  });
});

describe("the load balancer's time limit", () => {
  const plan = planWith({ behindLoadBalancer: true, entranceIdleSeconds: 300 });

  it("is one setting for both platforms", async () => {
    const made = await registerEc2(settingsWith({ entrance: { idleSeconds: 300 } }));
    expect(made.find("aws:lb/loadBalancer:LoadBalancer", "load-balancer").inputs).toMatchObject({ idleTimeout: 300 });
    const { made: docker } = await environments({}, { entranceIdleSeconds: 300 });
    const { uploads } = docker.find("docker:index/container:Container", "load-balancer").inputs;
    const [{ content }] = uploads as [{ content: string }];
    for (const limit of ["client", "server", "http-keep-alive"]) expect(content).toContain(`timeout ${limit} 300s`);
  });

  it.each([5, 60, 300, 3600])("of %i s is shorter than uvicorn keeps a connection", (entranceIdleSeconds) => {
    const { timeoutKeepAlive } = planWith({ behindLoadBalancer: true, entranceIdleSeconds }).backend;
    expect(timeoutKeepAlive).toBe(entranceIdleSeconds + 15);
  });

  it("above what a stop leaves to requests is pointed out, with the setting to raise", () => {
    const id = "backend.stop-ends-requests";
    expect(plan.advisories.find((each) => each.id === id)?.sentence).toContain("a deploy ends it after 25 s");
    const longer = planWith({ entranceIdleSeconds: 300, backendStopGraceSeconds: 305 });
    expect(longer.advisories.map((each) => each.id)).not.toContain(id);
    expect(planWith().advisories.map((each) => each.id)).not.toContain(id);
  });
});

describe("work for the database", () => {
  it("has threads of its own beside those of other endpoints, and a queue that ends", () => {
    const { poolSize, maxOverflow, threadLimit, databaseQueue } = planWith().backend;
    expect(threadLimit).toBe(poolSize + maxOverflow + 40);
    expect(databaseQueue).toBe(10 * (poolSize + maxOverflow));
  });

  it("never waits on more than half of a worker's connections", () => {
    expect(sizingPlan({ ...REFERENCE, externalPostgresConnections: 10_000 }).backend.databaseQueue).toBe(1000);
  });
});

describe("whom uvicorn believes what it says of its client", () => {
  it("is the network of the load balancer's container on Docker", async () => {
    expect((await environments()).backend.FORWARDED_ALLOW_IPS).toBe("172.30.0.0/16");
  });

  it("is the VPC on EC2, never everybody", async () => {
    const made = await registerEc2(settingsWith({ ec2: { cidr: "10.77.0.0/16" } }));
    const { containerDefinitions } = made.find("aws:ecs/taskDefinition:TaskDefinition", "backend").inputs;
    const [{ environment }] = JSON.parse(String(containerDefinitions));
    expect(environment).toContainEqual({ name: "FORWARDED_ALLOW_IPS", value: "10.77.0.0/16" });
  });

  it("is refused as an argument, and a TLS proxy in front on EC2", () => {
    expect(() => settingsWith({ backend: { arguments: ["--forwarded-allow-ips=*"] } })).toThrow(
      "forwarded-allow-ips cannot be set here: the load balancer's addresses are trusted, and they alone",
    );
    expect(() => settingsWith({ entrance: { behindTlsProxy: true } })).toThrow(
      "entrance.behindTlsProxy: is Docker's alone; on EC2 set ec2.certificateArn",
    );
  });
});

it("every answer of HAProxy's own is JSON, and its 503 says when to come again", () => {
  const config = haproxyConfig({
    ...{ plan: planWith().loadBalancer, host: "backend", port: 8000, healthPath: "/api/health", aliveStatuses: [200] },
    ...{ drainSeconds: 25, idleSeconds: 60, maxBodyMiB: 16 },
  });
  const answers = config.split("\n").filter((line) => line.includes("http-error status"));
  expect(answers.map((line) => /status (\d+)/.exec(line)?.[1])).toEqual([
    "400",
    "408",
    "413",
    "500",
    "502",
    "503",
    "504",
  ]);
  for (const line of answers) expect(line).toMatch(/content-type application\/json string '{"detail":"[^"]+"}'/);
  expect(answers.filter((line) => line.includes("Retry-After")).map((line) => line.includes("503"))).toEqual([true]);
});
