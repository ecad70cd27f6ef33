import { setTimeout as sleep } from "node:timers/promises";
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

/** A host that was replaced in the same update joins the cluster within minutes, its data mounted. */
const PLACEMENT = { timeoutSeconds: 900, pauseSeconds: 10 };

/**
 * Runs a task on the cluster through the AWS SDK, with the credentials that the environment has.
 * @throws Error where ECS finds no place for it, or it does not end within the hour.
 */
export async function runEcsTask(
  { region, cluster, taskDefinition, container, logGroup, capacityProvider }: TaskRun,
  patience = PLACEMENT,
): Promise<TaskEnd> {
  const ecs = new ECSClient({ region });
  const command = new RunTaskCommand({
    cluster,
    taskDefinition,
    ...(capacityProvider && { capacityProviderStrategy: [{ capacityProvider, weight: 1 }] }),
  });
  const taskArn = await placed(ecs, command, patience);
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
}

/** Starts the task as soon as there is a host with room for it. */
async function placed(ecs: ECSClient, command: RunTaskCommand, patience: typeof PLACEMENT): Promise<string> {
  for (const until = Date.now() + patience.timeoutSeconds * 1000; ; await sleep(patience.pauseSeconds * 1000)) {
    const { taskArn, reason } = await start(ecs, command);
    if (taskArn) return taskArn;
    if (Date.now() >= until) throw new Error(`ECS did not place the task: ${reason}`);
  }
}

/** The task, or why it was not placed. */
async function start(ecs: ECSClient, command: RunTaskCommand): Promise<{ taskArn?: string; reason: string }> {
  try {
    const { tasks = [], failures = [] } = await ecs.send(command);
    const reason = failures.map(({ reason, detail }) => [reason, detail].filter(Boolean).join(" ")).join("; ");
    const taskArn = tasks[0]?.taskArn;
    return { ...(taskArn && { taskArn }), reason: reason || "no reason given" };
  } catch (error) {
    // A cluster without a host is an error, not a failure.
    if (error instanceof Error && error.message.includes("No Container Instances")) return { reason: error.message };
    throw error;
  }
}

/** The last lines the task wrote; none where it wrote nothing, or may not be read. */
async function lastLines(region: string, logGroupName: string, logStreamName: string): Promise<string[]> {
  const logs = new CloudWatchLogsClient({ region });
  const command = new GetLogEventsCommand({ logGroupName, logStreamName, limit: LAST_LINES });
  const { events = [] } = await logs.send(command).catch(() => ({ events: [] }));
  return events.map(({ message = "" }) => message);
}
