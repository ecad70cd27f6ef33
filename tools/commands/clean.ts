import { Command } from "commander";
import { refuseOnEc2 } from "../stack/ec2";
import { removeMadeImages } from "../stack/images";
import { destroyForGood } from "../stack/pulumi";
import { stackPrefix } from "../stack/settings";
import { kept, removeVolumes, stackVolumes } from "../stack/volumes";
import { agrees } from "../terminal/question";
import { pulumiEnvironment } from "../toolchain/environment";
import { removeLocalImages } from "../toolchain/local-images";
import { onStack } from "./on-stack";

export const clean = new Command("clean").description("remove what `up` made; asks before it removes data").action(
  onStack(async (stack) => {
    refuseOnEc2("clean", stack);
    await destroyForGood(stack, await pulumiEnvironment());
    await offerToRemoveData(stackPrefix(stack));
    await removeMadeImages(stackPrefix(stack));
    removeLocalImages();
  }),
);

async function offerToRemoveData(prefix: string): Promise<void> {
  const volumes = await stackVolumes(prefix);
  if (volumes.length === 0) return;
  if (await agrees(`Remove the data too (${volumes.join(", ")})?`)) await removeVolumes(volumes);
  else console.log(kept(volumes));
}
