import { instanceType, registeredHardware } from "../../components/platform/ec2/hardware";
import { parseMemory } from "../../components/sizing";
import type { Host } from "../ec2/stub-provider/placement";
import type { StubAws } from "../ec2/stub-provider/stub-aws";

const VOLUME = "aws:ebs/volume:Volume";
const digest = (letter: string) => `@sha256:${letter.repeat(64)}`;

/** Images as EC2 wants them: by digest. */
export const IMAGES = {
  "images.app": `123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop${digest("a")}`,
  "images.postgres": `postgres:17${digest("b")}`,
  "images.redis": `redis:8${digest("c")}`,
};

/** A host as the agent registers it, its attributes set once the data volume is mounted. */
export function hostOf(aws: StubAws, name: string, type: string, role: "app" | "data"): Host {
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
