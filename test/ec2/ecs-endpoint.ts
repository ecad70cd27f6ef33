import { once } from "node:events";
import { createServer, type Server } from "node:http";

/** How the next tasks end, and what they write. */
export interface End {
  readonly exitCode: number;
  readonly lines: readonly string[];
}

/**
 * Answers the AWS SDK as ECS and CloudWatch Logs do, for tasks that run to their end: enough for a migration. Names of
 * operations and fields are those of the services' JSON protocol.
 */
export class EcsEndpoint {
  /** Task definitions that were run, in order. */
  readonly runs: string[] = [];
  end: End = { exitCode: 0, lines: [] };
  private readonly server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
      const answer = this.answer(operation, JSON.parse(Buffer.concat(parts).toString() || "{}"));
      response.writeHead(answer ? 200 : 400, { "content-type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(answer ?? { __type: "UnknownOperationException", message: operation }));
    });
  });

  /** Its address, for `AWS_ENDPOINT_URL`. */
  async start(): Promise<string> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    const address = this.server.address();
    if (typeof address !== "object" || address === null) throw new Error("no address");
    return `http://127.0.0.1:${address.port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private answer(operation: string, request: { taskDefinition?: string }): object | undefined {
    const taskArn = `arn:aws:ecs:eu-central-1:123456789012:task/of-a-test/${this.runs.length}`;
    switch (operation) {
      case "RunTask":
        this.runs.push(request.taskDefinition ?? "");
        return { tasks: [{ taskArn }], failures: [] };
      case "DescribeTasks":
        return { tasks: [{ taskArn, lastStatus: "STOPPED", containers: [{ exitCode: this.end.exitCode }] }] };
      case "GetLogEvents":
        return { events: this.end.lines.map((message) => ({ message })) };
      default:
        return undefined;
    }
  }
}
