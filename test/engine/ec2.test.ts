import { afterAll, beforeAll, describe, it } from "vitest";
import { instanceType, registeredHardware } from "../../components/platform/ec2/hardware";
import { parseMemory } from "../../components/sizing";
import type { Host } from "../ec2/stub-provider/placement";
import { type Serving, serve } from "../ec2/stub-provider/server";
import { StubAws } from "../ec2/stub-provider/stub-aws";
import { TestStack } from "./stack";

const MINUTE = 60_000;
const VOLUME = "aws:ebs/volume:Volume";
const digest = (letter: string) => `@sha256:${letter.repeat(64)}`;
const IMAGES = {
  "images.app": `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop${digest("a")}`,
  "images.postgres": `postgres:17${digest("b")}`,
  "images.redis": `redis:8${digest("c")}`,
};

/** A host as the agent registers it, its attributes set once the data volume is mounted. */
function host(aws: StubAws, name: string, type: string, role: "app" | "data"): Host {
  const known = instanceType(type);
  if (!known) throw new Error(type);
  const { threads, memory } = registeredHardware(known);
  return {
    name,
    cpu: threads * 1024,
    memory: parseMemory(memory),
    get attributes(): Record<string, string> {
      const volume = aws.all(VOLUME).at(-1)?.id ?? "";
      return { "sized-stack.role": role, ...(role === "data" && { "sized-stack.data": volume }) };
    },
  };
}

describe("a single host on EC2, under the real engine", { timeout: 4 * MINUTE }, () => {
  const aws = new StubAws();
  let serving: Serving;
  let stack: TestStack;

  beforeAll(async () => {
    serving = await serve(aws);
    stack = await TestStack.create({
      settings: {
        target: "ec2",
        tier: "high",
        "ec2.region": "eu-central-1",
        "ec2.instanceType": "m7i.2xlarge",
        ...IMAGES,
      },
      env: serving.environment,
    });
    aws.hosts = [host(aws, "data", "m7i.2xlarge", "data")];
  }, MINUTE);
  afterAll(async () => {
    await stack?.remove();
    serving?.stop();
  }, MINUTE);

  it("comes up, and a second preview is quiet", async () => {
    await stack.up();
    await stack.pulumi("preview", "--expect-no-changes");
  });
});
