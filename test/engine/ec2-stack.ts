import { instanceType, registeredHardware } from "../../components/platform/ec2/hardware";
import { parseMemory } from "../../components/sizing";
import { EcsEndpoint } from "../ec2/ecs-endpoint";
import type { Host } from "../ec2/stub-provider/placement";
import { type Serving, serve } from "../ec2/stub-provider/server";
import { REGION, StubAws } from "../ec2/stub-provider/stub-aws";
import { TestStack } from "./stack";

export const VOLUME = "aws:ebs/volume:Volume";
export const SERVICE = "aws:ecs/service:Service";
export const digest = (letter: string) => `@sha256:${letter.repeat(64)}`;
export const SHOP = `123456789012.dkr.ecr.${REGION}.amazonaws.com/shop`;
/** A stack on EC2 that nothing is wrong with. */
export const SETTINGS = {
  target: "ec2",
  tier: "medium",
  "ec2.region": REGION,
  "ec2.instanceType": "m7i.2xlarge",
  "images.app": `${SHOP}${digest("a")}`,
  "images.postgres": `postgres:17${digest("b")}`,
  "images.redis": `redis:8${digest("c")}`,
  "migration[0]": "alembic",
  "migration[1]": "upgrade",
  "ec2.data.protect": "false",
};

/** A host as the agent registers it, its attributes set once the data volume is mounted. */
export function host(aws: StubAws, type: string, role: "app" | "data", count = 1): Host {
  const known = instanceType(type);
  if (!known) throw new Error(`${type} is not in the table`);
  const { threads, memory } = registeredHardware(known);
  return {
    name: role,
    cpu: threads * 1024,
    memory: parseMemory(memory),
    ...(role === "app" && { scaled: true, count }),
    get attributes(): Record<string, string> {
      const volume = aws.all(VOLUME).at(-1)?.id ?? "";
      return { "sized-stack.role": role, ...(role === "data" && { "sized-stack.data": volume }) };
    },
  };
}

/** The program on an AWS that exists in this process alone. */
export class Ec2Stack {
  readonly aws = new StubAws();
  readonly ecs = new EcsEndpoint();
  private seen = 0;
  private constructor(
    readonly stack: TestStack,
    private readonly serving: Serving,
    aws: StubAws,
    ecs: EcsEndpoint,
  ) {
    this.aws = aws;
    this.ecs = ecs;
  }

  static async create(settings: Readonly<Record<string, string | number>>): Promise<Ec2Stack> {
    const [aws, ecs] = [new StubAws(), new EcsEndpoint()];
    const serving = await serve(aws);
    const credentials = { AWS_ACCESS_KEY_ID: "of-a-test", AWS_SECRET_ACCESS_KEY: "of-a-test" };
    const env = { ...serving.environment, ...credentials, AWS_ENDPOINT_URL: await ecs.start() };
    return new Ec2Stack(await TestStack.create({ settings, env }), serving, aws, ecs);
  }

  /** What the preview would do, by operation, components left out. */
  async previewed(): Promise<Record<string, string[]>> {
    const { steps }: { steps: { op: string; urn: string }[] } = JSON.parse(
      await this.stack.pulumi("preview", "--json"),
    );
    const operations: Record<string, string[]> = {};
    for (const { op, urn } of steps) {
      const [types = "", name = ""] = urn.split("::").slice(2);
      const type = types.split("$").at(-1) ?? "";
      if (!/^(aws|pulumi:index):/.test(type)) continue;
      operations[op] = [...(operations[op] ?? []), `${type.split(/[:/]/).at(-1)} ${name}`].sort();
    }
    return operations;
  }

  /** What AWS was made to do since this was last asked. */
  done(): string[] {
    const since = this.aws.calls.slice(this.seen);
    this.seen = this.aws.calls.length;
    return since
      .filter(({ op, refused }) => /create|update|delete/.test(op) && !refused)
      .map(({ op, type, name }) => `${op} ${type.split(":").at(-1)} ${name}`);
  }

  failure = (): Promise<string> =>
    this.stack.up().then(
      () => "no failure",
      (error: Error) => error.message,
    );

  async remove(): Promise<void> {
    await this.stack.remove();
    this.serving.stop();
    this.ecs.stop();
  }
}
