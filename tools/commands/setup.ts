import { Command } from "commander";
import { runsOnEc2 } from "../stack/ec2";
import { prepare, preparePulumi } from "../toolchain";
import { onStack } from "./on-stack";

export const setup = new Command("setup")
  .description("find or set up what the stack needs: Pulumi, and for one on Docker the engine and the images")
  .action(onStack((stack) => (runsOnEc2(stack) ? preparePulumi() : prepare())));
