import { afterAll, beforeAll, describe, it } from "vitest";
import { type Serving, serve } from "../ec2/stub-provider/server";
import { StubAws } from "../ec2/stub-provider/stub-aws";
import { hostOf, IMAGES } from "./ec2-stack";
import { TestStack } from "./stack";

const MINUTE = 60_000;
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
    aws.hosts = [hostOf(aws, "data", "m7i.2xlarge", "data")];
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
