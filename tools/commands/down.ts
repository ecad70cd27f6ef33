import { Command } from "commander";
import { ec2Arguments, runsOnEc2 } from "../stack/ec2";
import { destroy, pulumi } from "../stack/pulumi";
import { stackPrefix } from "../stack/settings";
import { kept, stackVolumes } from "../stack/volumes";
import { pulumiEnvironment } from "../toolchain/environment";
import { onStack } from "./on-stack";

export const down = new Command("down")
  .description("stop and remove everything but the data")
  .action(onStack((stack) => (runsOnEc2(stack) ? downOnEc2(stack) : downOnDocker(stack))));

async function downOnDocker(stack: string): Promise<void> {
  await destroy(stack, await pulumiEnvironment());
  const volumes = await stackVolumes(stackPrefix(stack));
  if (volumes.length > 0) console.log(kept(volumes));
}

/** With Pulumi's own question. */
async function downOnEc2(stack: string): Promise<void> {
  await pulumi(ec2Arguments.down(stack), await pulumiEnvironment());
}
