import { Command } from "commander";
import { containersOf } from "../stack/containers";
import { refuseOnEc2 } from "../stack/ec2";
import { followLogs } from "../stack/logs";
import { onStack } from "./on-stack";

export const logs = new Command("logs")
  .argument("[service]", "backend, celery, postgres, redis or load-balancer")
  .description("follow the logs of the stack's containers")
  .action(
    onStack(async (stack, service?: string) => {
      refuseOnEc2("logs", stack, service);
      await followLogs(await containersOf(stack, service));
    }),
  );
