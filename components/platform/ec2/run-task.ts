import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTasksCommand, ECSClient, RunTaskCommand, type Task, waitUntilTasksStopped } from "@aws-sdk/client-ecs";

/** One task that runs to its end. */
export interface TaskRun {
  readonly region: string;
  readonly cluster: string;
  readonly taskDefinition: string;
  /** Name of its one container. */
  readonly container: string;
  readonly logGroup: string;
  /** Hosts that it waits for until there is room. Default: it must find room at once. */
  readonly capacityProvider: string | undefined;
}

/** How it ended. */
export interface TaskEnd {
  /** Undefined where the container never started. */
  readonly exitCode: number | undefined;
  /** Why, as ECS says it. */
  readonly reason: string;
  readonly lastLines: readonly string[];
}

/** Runs a task and waits for its end. Injected where there is no AWS. */
export type RunTask = (run: TaskRun) => Promise<TaskEnd>;

/** Longer than any migration should hold up a deploy; one that takes longer is run by hand. */
const TIMEOUT_SECONDS = 3600;
/** The SDK's own default asks ever more seldom, in the end every ten minutes. */
const ASKING_SECONDS = { minDelay: 2, maxDelay: 10 };
const LAST_LINES = 20;

/**
 * Runs a task on the cluster through the AWS SDK, with the credentials that the environment has.
 * @throws Error where ECS does not place it, or it does not end within the hour.
 */
export const runEcsTask: RunTask = async ({
  region,
  cluster,
  taskDefinition,
  container,
  logGroup,
  capacityProvider,
}) => {
  const ecs = new ECSClient({ region });
  const { tasks = [], failures = [] } = await ecs.send(
    new RunTaskCommand({
      cluster,
      taskDefinition,
      ...(capacityProvider && { capacityProviderStrategy: [{ capacityProvider, weight: 1 }] }),
    }),
  );
  const taskArn = tasks[0]?.taskArn;
  if (!taskArn) {
    const reasons = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(" ")).join("; ");
    throw new Error(`ECS did not place the task: ${reasons || "no reason given"}`);
  }
  await waitUntilTasksStopped(
    { client: ecs, maxWaitTime: TIMEOUT_SECONDS, ...ASKING_SECONDS },
    { cluster, tasks: [taskArn] },
  );
  const described = await ecs.send(new DescribeTasksCommand({ cluster, tasks: [taskArn] }));
  const [task]: readonly Task[] = described.tasks ?? [];
  const ended = task?.containers?.[0];
  return {
    exitCode: ended?.exitCode,
    reason: ended?.reason ?? task?.stoppedReason ?? "",
    lastLines: await lastLines(region, logGroup, `${container}/${container}/${taskArn.split("/").at(-1)}`),
  };
};

/** The last lines the task wrote; none where it wrote nothing, or may not be read. */
async function lastLines(region: string, logGroupName: string, logStreamName: string): Promise<string[]> {
  const logs = new CloudWatchLogsClient({ region });
  const command = new GetLogEventsCommand({ logGroupName, logStreamName, limit: LAST_LINES });
  const { events = [] } = await logs.send(command).catch(() => ({ events: [] }));
  return events.map(({ message = "" }) => message);
}
