import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Command } from "../contract/container";
import { known } from "../hooks/known";
import { type RunTask, runEcsTask } from "./run-task";

/** Where a command's task runs, and how it is started. */
export interface CommandTask {
  readonly region: string;
  readonly cluster: aws.ecs.Cluster;
  readonly definition: aws.ecs.TaskDefinition;
  readonly logGroup: string;
  /** Hosts that it waits for until there is room. */
  readonly capacityProvider: pulumi.Input<string> | undefined;
  /** Default: through the AWS SDK. */
  readonly runTask: RunTask | undefined;
}

/**
 * What must have run before its dependents are touched: it keeps what the command was last run with, and runs the task
 * when it is made or changed. Where that fails nothing is kept, so that it runs again in the next update.
 */
export function commandGate(
  { name, argv, image }: Command,
  { region, cluster, definition, logGroup, capacityProvider, runTask = runEcsTask }: CommandTask,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource {
  const hook = new pulumi.ResourceHook(`run-${name}`, async () => {
    const [clusterArn, taskDefinition, provider] = await Promise.all([
      known(cluster.arn),
      known(definition.arn),
      known(capacityProvider),
    ]);
    const end = await runTask({
      region,
      cluster: clusterArn,
      taskDefinition,
      container: name,
      logGroup,
      capacityProvider: provider,
    });
    if (end.exitCode === 0) return;
    throw new Error(
      [
        `The ${name} (${argv.join(" ")}) ended with exit code ${end.exitCode ?? "none"}${end.reason && `: ${end.reason}`}. ` +
          "The application that runs was left as it is. Its last lines:",
        ...end.lastLines.map((line) => `  ${line}`),
        "Correct it and deploy again: it runs again until it succeeds.",
      ].join("\n"),
    );
  });
  return new pulumi.Stash(
    name,
    { input: { image, argv: [...argv] } },
    { ...options, hooks: { beforeCreate: [hook], beforeUpdate: [hook] } },
  );
}
