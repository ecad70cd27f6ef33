import { Command } from "commander";
import { ALL_SERVICES } from "../../components/services";
import { containersOf } from "../stack/containers";
import { refuseOnEc2 } from "../stack/ec2";
import { followLogs } from "../stack/logs";
import { onStack } from "./on-stack";

export const logs = new Command("logs")
  .argument("[service]", ALL_SERVICES.map(({ name }) => name).join(", "))
  .description("follow the logs of the stack's containers")
  .action(
    onStack(async (stack, service?: string) => {
      refuseOnEc2("logs", stack, service);
      await followLogs(await containersOf(stack, service));
    }),
  );
