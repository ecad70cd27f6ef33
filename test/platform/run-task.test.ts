import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTasksCommand, ECSClient, RunTaskCommand, type Task } from "@aws-sdk/client-ecs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { runEcsTask } from "../../components/platform/ec2/run-task";

const RUN = {
  region: "eu-central-1",
  cluster: "arn:cluster",
  taskDefinition: "arn:migration:3",
  container: "migration",
  logGroup: "/sized-stack/shop-prod/migration",
  capacityProvider: undefined,
};

afterEach(() => vi.restoreAllMocks());

interface Aws {
  readonly tasks?: Task[];
  readonly failures?: { reason: string; detail?: string }[];
  readonly ended?: Task;
  /** Undefined: the logs may not be read. */
  readonly lines?: readonly string[];
}

/** AWS as the SDK sees it; what it was asked. */
function aws({ tasks = [{ taskArn: "arn:task/shop-prod/0123" }], failures = [], ended = {}, lines }: Aws) {
  const asked: object[] = [];
  vi.spyOn(ECSClient.prototype, "send").mockImplementation(async (command: unknown) => {
    if (command instanceof RunTaskCommand) {
      asked.push(command.input);
      return { tasks, failures };
    }
    if (command instanceof DescribeTasksCommand) return { tasks: [{ lastStatus: "STOPPED", ...ended }] };
    throw new Error("nobody asks for that");
  });
  vi.spyOn(CloudWatchLogsClient.prototype, "send").mockImplementation(async (command: unknown) => {
    asked.push((command as { input: object }).input);
    if (lines === undefined) throw new Error("AccessDenied");
    return { events: lines.map((message) => ({ message })) };
  });
  return asked;
}

describe("a task that runs to its end", () => {
  it("tells its exit code, why it ended, and its last lines", async () => {
    const asked = aws({ ended: { containers: [{ exitCode: 3, reason: "gone" }] }, lines: ["one", "two"] });
    expect(await runEcsTask(RUN)).toEqual({ exitCode: 3, reason: "gone", lastLines: ["one", "two"] });
    expect(asked).toEqual([
      { cluster: "arn:cluster", taskDefinition: "arn:migration:3" },
      { logGroupName: RUN.logGroup, logStreamName: "migration/migration/0123", limit: 20 },
    ]);
  });

  it("waits for a host where something adds hosts", async () => {
    const asked = aws({ ended: { containers: [{ exitCode: 0 }] }, lines: [] });
    await runEcsTask({ ...RUN, capacityProvider: "app-hosts" });
    expect(asked[0]).toMatchObject({ capacityProviderStrategy: [{ capacityProvider: "app-hosts", weight: 1 }] });
  });

  it("that never started says so, with logs that may not be read", async () => {
    aws({ ended: { containers: [{}], stoppedReason: "CannotPullContainerError: denied" } });
    expect(await runEcsTask(RUN)).toEqual({
      exitCode: undefined,
      reason: "CannotPullContainerError: denied",
      lastLines: [],
    });
  });

  it("that finds no room is an error with ECS's reason", async () => {
    aws({ tasks: [], failures: [{ reason: "RESOURCE:MEMORY", detail: "of 256" }, { reason: "AGENT" }] });
    const patience = { timeoutSeconds: 0, pauseSeconds: 0 };
    await expect(runEcsTask(RUN, patience)).rejects.toThrow(
      "ECS did not place the task: RESOURCE:MEMORY of 256; AGENT",
    );
  });

  it("waits for a host that is still joining the cluster", async () => {
    aws({ ended: { containers: [{ exitCode: 0 }] }, lines: [] });
    const answers = [
      () => Promise.reject(new Error("No Container Instances were found in your cluster.")),
      () => Promise.resolve({ tasks: [], failures: [{ reason: "AGENT" }] }),
    ];
    const send = vi.mocked(ECSClient.prototype.send);
    const later = send.getMockImplementation();
    send.mockImplementation((...args) => (answers.shift() ?? (() => later?.(...args)))() as never);
    expect(await runEcsTask(RUN, { timeoutSeconds: 30, pauseSeconds: 0 })).toMatchObject({ exitCode: 0 });
    expect(answers).toEqual([]);
  });
});
