import { readFileSync } from "node:fs";
import * as path from "node:path";
import { describe, expect, it, vi } from "vitest";
import { DockerPlatform } from "../../components/platform";
import { ec2Inputs } from "../../components/platform/ec2/inputs";
import { blockOf } from "../../components/platform/ec2/network";
import {
  containerDefinition,
  deploymentPercent,
  ecrRepositoryArn,
  type KnownContainer,
} from "../../components/platform/ec2/task-definition";
import { components, ECR_IMAGE, factsOf, PREFIX, registerEc2, settingsWith } from "../components/ec2-system";
import { register } from "../components/mocks";

vi.setConfig({ testTimeout: 60_000 });

const CONTEXT = { region: "eu-central-1", logGroup: "/logs", hostPorts: "dynamic" } as const;
const CONTAINER: KnownContainer = {
  name: "web",
  image: "web@sha256:1",
  argv: ["serve"],
  env: { B: 1, A: "x" },
  secretsFrom: { Z: "arn:z", Y: "arn:y" },
  user: 1000,
  cpu: { shares: 512, quota: 2 },
  memory: { limitMiB: 300 },
};

describe("a container definition", () => {
  const defined = (
    more: Partial<KnownContainer> = {},
    context: Partial<Parameters<typeof containerDefinition>[1]> = {},
  ) => containerDefinition({ ...CONTAINER, ...more }, { ...CONTEXT, ...context });

  it("has what every container has, and nothing that was not said", () => {
    expect(defined()).toEqual({
      name: "web",
      image: "web@sha256:1",
      essential: true,
      command: ["serve"],
      environment: [
        { name: "A", value: "x" },
        { name: "AWS_REGION", value: "eu-central-1" },
        { name: "B", value: "1" },
      ],
      secrets: [
        { name: "Y", valueFrom: "arn:y" },
        { name: "Z", valueFrom: "arn:z" },
      ],
      user: "1000",
      cpu: 512,
      memory: 300,
      portMappings: [],
      mountPoints: [],
      linuxParameters: { capabilities: { add: [], drop: ["ALL"] } },
      dockerSecurityOptions: ["no-new-privileges"],
      logConfiguration: {
        logDriver: "awslogs",
        options: { "awslogs-group": "/logs", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "web" },
      },
    });
  });

  it.each<[Partial<KnownContainer>, object]>([
    [{ memory: { limitMiB: 300, reservationMiB: 100 } }, { memory: 300, memoryReservation: 100 }],
    [{ entrypoint: ["sh"] }, { entryPoint: ["sh"] }],
    [{ stopGraceSeconds: 90 }, { stopTimeout: 90 }],
    [{ nofile: 4096 }, { ulimits: [{ name: "nofile", softLimit: 4096, hardLimit: 4096 }] }],
    [{ shmSizeMiB: 128 }, { linuxParameters: { sharedMemorySize: 128, capabilities: { drop: ["ALL"] } } }],
    [
      { sysctls: { b: "2", a: "1" } },
      {
        systemControls: [
          { namespace: "a", value: "1" },
          { namespace: "b", value: "2" },
        ],
      },
    ],
    [{ ports: [{ container: 8000 }] }, { portMappings: [{ containerPort: 8000, hostPort: 0, protocol: "tcp" }] }],
    [
      { volumes: [{ name: "db", path: "/data" }] },
      { mountPoints: [{ sourceVolume: "db", containerPath: "/data", readOnly: false }] },
    ],
    [
      { healthCheck: { command: ["ok"], intervalSeconds: 5, timeoutSeconds: 4, retries: 3, startPeriodSeconds: 60 } },
      { healthCheck: { command: ["CMD", "ok"], interval: 5, timeout: 4, retries: 3, startPeriod: 60 } },
    ],
  ])("%j", (given, expected) => expect(defined(given)).toMatchObject(expected));

  it("publishes a data service's port under its own number", () => {
    expect(defined({ ports: [{ container: 5432 }] }, { hostPorts: "fixed" })).toMatchObject({
      portMappings: [{ containerPort: 5432, hostPort: 5432 }],
    });
  });

  it("does not let the user's own AWS_REGION stand", () => {
    const { environment } = defined({ env: { AWS_REGION: "us-east-1" } }) as { environment: object[] };
    expect(environment).toEqual([{ name: "AWS_REGION", value: "eu-central-1" }]);
  });

  it("is the same text whatever order the parts came in", () => {
    const turned = { env: { A: "x", B: 1 }, secretsFrom: { Y: "arn:y", Z: "arn:z" } };
    expect(JSON.stringify(defined(turned))).toBe(JSON.stringify(defined()));
  });

  it("refuses files, which ECS cannot deliver", () => {
    expect(() => defined({ files: [{ path: "/a", content: "b" }] })).toThrow("web: ECS puts no files into containers");
  });
});

it.each([
  ["only-one", 1, 0, 100],
  ["only-one", 4, 0, 100],
  ["start-first", 1, 100, 200],
  ["start-first", 4, 100, 200],
  ["stop-first", 1, 0, 100],
  ["stop-first", 2, 50, 100],
  ["stop-first", 3, 66, 100],
  ["stop-first", 100, 99, 100],
] as const)("%s on %i hosts: %i to %i per cent", (replacement, hosts, minimumHealthy, maximum) => {
  expect(deploymentPercent(replacement, hosts)).toEqual({ minimumHealthy, maximum });
});

it.each([2, 3, 7, 100])("of %i hosts without room for two copies one is emptied at a time", (hosts) => {
  const { minimumHealthy } = deploymentPercent("stop-first", hosts);
  // ECS rounds what must stay healthy up.
  expect(hosts - Math.ceil((hosts * minimumHealthy) / 100)).toBe(1);
});

const ECR = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
it.each([
  [`${ECR}/shop/app:1`, "shop/app"],
  [`${ECR}/app@sha256:00`, "app"],
  [`${ECR}/app:1@sha256:00`, "app"],
  ["postgres:17", undefined],
  ["ghcr.io/shop/app:1", undefined],
  ["example.com/123456789012.dkr.ecr.eu-central-1.amazonaws.com/app", undefined],
])("the repository of %s is %s", (image, repository) => {
  const arn = repository && `arn:aws:ecr:eu-central-1:123456789012:repository/${repository}`;
  expect(ecrRepositoryArn(image)).toBe(arn);
});

it.each([
  ["10.20.0.0/16", 0, "10.20.0.0/20"],
  ["10.20.0.0/16", 1, "10.20.16.0/20"],
  ["10.20.0.0/16", 8, "10.20.128.0/20"],
  ["192.168.0.0/16", 15, "192.168.240.0/20"],
])("of %s the block %i is %s", (cidr, index, block) => expect(blockOf(cidr, index)).toBe(block));

/** What differs between the platforms, by the words of `containerDefinition`. */
const EXCEPTIONS = ["X_FILE", "AWS_REGION", "POSTGRES_HOST", "REDIS_HOST", "drain program"];

describe("a container on EC2 and on Docker", () => {
  it("has the same image, command and environment, but for the documented exceptions", async () => {
    const settings = settingsWith({ tier: "extreme", celery: { beat: true } });
    const { images } = settings;
    const inputs = ec2Inputs(settings, factsOf(settings).types);
    const docker = await register((options) => {
      const platform = new DockerPlatform("docker", { prefix: PREFIX }, options);
      components(platform, inputs, { ...images, app: ECR_IMAGE }, options);
    });
    const ec2 = await registerEc2(settings);

    for (const [service, container] of [
      ["backend", "backend-1"],
      ["celery", "celery-1"],
      ["celery-beat", "celery-beat"],
      ["postgres", "postgres"],
      ["redis", "redis"],
    ] as const) {
      const there = docker.find("docker:index/container:Container", container).inputs;
      const task = ec2.find("aws:ecs/taskDefinition:TaskDefinition", service).inputs;
      const [here] = JSON.parse(String(task.containerDefinitions));

      expect(here.image).toBe(docker.find("docker:index/remoteImage:RemoteImage", `${service}-image`).inputs.name);
      expect(here.entryPoint).toEqual(there.entrypoints);
      expect(here.command).toEqual(withoutDrain(there.command as string[]));
      expect(here.user).toBe(there.user);
      const asDocker = [
        ...here.environment.map(({ name, value }: Variable) => `${name}=${value}`),
        ...here.secrets.map(({ name }: Variable) => `${name}_FILE=/run/secrets/${name.toLowerCase()}`),
      ]
        .filter((line: string) => !/^(AWS_REGION|FORWARDED_ALLOW_IPS)=/.test(line))
        .map((line: string) => line.replace(`.${PREFIX}.internal`, ""));
      const envs = (there.envs as string[]).filter((line) => !line.startsWith("FORWARDED_ALLOW_IPS="));
      expect(asDocker.sort()).toEqual(envs.toSorted());
    }
  });

  it("has the exceptions documented where the definition is made", () => {
    const source = readFileSync(path.join(__dirname, "../../components/platform/ec2/task-definition.ts"), "utf8");
    const [documented] = /Otherwise than on Docker:.*?\*\//s.exec(source) ?? [""];
    for (const exception of EXCEPTIONS) expect(documented).toContain(exception);
  });
});

interface Variable {
  readonly name: string;
  readonly value: string;
}

/** The command behind Docker's drain program: python, the program, its port and its seconds. */
const withoutDrain = (command: string[]): string[] =>
  command[1]?.includes("sized-stack-drain") ? command.slice(4) : command;
