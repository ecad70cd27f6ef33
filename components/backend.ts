import * as pulumi from "@pulumi/pulumi";
import {
  APPLICATION_UID,
  type ApplicationArgs,
  applicationDependencies,
  applicationEnv,
  applicationSecrets,
} from "./application";
import { type ComponentOptions, planOf, type SizedArgs, sizingInputsOf } from "./component";
import type { BackendPlan } from "./sizing";

export interface BackendArgs extends SizedArgs, ApplicationArgs {
  readonly image: pulumi.Input<string>;
  /** The ASGI application, as uvicorn names it. Default `app.main:app`. */
  readonly app?: string;
}

const PORT = 8000;

/** FastAPI under uvicorn: containers without a fixed name or host port, so that new ones start beside the old. */
export class Backend extends pulumi.ComponentResource {
  readonly host: pulumi.Input<string>;
  readonly port = PORT;

  constructor(name: string, args: BackendArgs, opts?: ComponentOptions) {
    const plan = planOf(args).backend;
    super("sized-stack:index:Backend", name, { sizing: sizingInputsOf(args), plan }, opts);

    const service = args.platform.run(
      {
        name,
        image: args.image,
        argv: uvicornArgv(plan, args.app ?? "app.main:app"),
        env: {
          ...applicationEnv(args, {
            poolSize: plan.poolSize,
            maxOverflow: plan.maxOverflow,
            poolTimeoutSeconds: plan.poolTimeoutSeconds,
            redisMaxConnections: plan.redisMaxConnectionsPerWorker,
          }),
          THREAD_LIMIT: plan.threadLimit,
        },
        secrets: applicationSecrets(args),
        user: APPLICATION_UID,
        cpu: { quota: plan.cpuQuota, shares: plan.cpuShares },
        memory: { limitMiB: plan.memoryLimitMiB, reservationMiB: plan.memoryReservationMiB },
        ports: [{ container: PORT }],
        healthCheck: {
          command: ["python", "-c", HEALTH_CHECK],
          intervalSeconds: plan.healthIntervalSeconds,
          timeoutSeconds: plan.healthTimeoutSeconds,
          retries: 3,
          startPeriodSeconds: 60,
        },
        stopGraceSeconds: plan.stopGraceSeconds,
        nofile: plan.nofile,
        ...(plan.somaxconn === undefined ? {} : { sysctls: { "net.core.somaxconn": String(plan.somaxconn) } }),
        replicas: plan.instances,
        replacement: "start-first",
      },
      { parent: this, dependsOn: applicationDependencies(args), transform: args.transform?.container },
    );
    this.host = service.host;
    this.registerOutputs({ host: service.host, port: PORT });
  }
}

export function uvicornArgv(plan: BackendPlan, app: string): string[] {
  const options: Record<string, string | number> = {
    host: "0.0.0.0",
    port: PORT,
    workers: plan.workersPerInstance,
    loop: plan.loop,
    http: plan.http,
    "limit-concurrency": plan.limitConcurrency,
    backlog: plan.backlog,
    "timeout-keep-alive": plan.timeoutKeepAlive,
    "timeout-graceful-shutdown": plan.timeoutGracefulShutdown,
    "timeout-worker-healthcheck": plan.timeoutWorkerHealthcheck,
    "ws-per-message-deflate": String(plan.wsPerMessageDeflate),
    "ws-max-size": plan.wsMaxSizeBytes,
  };
  return ["uvicorn", app, ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

/** A full worker answers 503 and is alive all the same. */
const HEALTH_CHECK = `import http.client
c = http.client.HTTPConnection("127.0.0.1", ${PORT}, timeout=3)
c.request("GET", "/api/health")
raise SystemExit(c.getresponse().status not in (200, 503))`;
