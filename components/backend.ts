import * as pulumi from "@pulumi/pulumi";
import {
  APPLICATION_UID,
  type ApplicationArgs,
  applicationDependencies,
  applicationEnv,
  applicationSecrets,
  startupOptions,
} from "./application";
import { type ComponentOptions, planOf, type SizedArgs } from "./component";
import type { Entrance, Image } from "./platform";
import { ASGI_APP, BACKEND, UVICORN_PORT as PORT, uvicornArgv } from "./services/backend";
import { replacementOf } from "./services/replacement";
import { sizingInputsOf } from "./sizing";

export interface BackendArgs extends SizedArgs, ApplicationArgs {
  /** Its name, or what to build it from. */
  readonly image: Image;
  /** The ASGI application, as uvicorn names it. Default `app.main:app`. */
  readonly app?: string;
  /** The load balancer's entrance. Default: reached by other containers only. */
  readonly behind?: Entrance;
  /** Further arguments, as uvicorn takes them. */
  readonly arguments?: readonly string[];
}

const BYTES_OF_MIB = 1024 * 1024;

/** FastAPI under uvicorn: containers without a fixed name or host port, so that new ones start beside the old. */
export class Backend extends pulumi.ComponentResource {
  readonly host: pulumi.Input<string>;
  readonly port = PORT;

  constructor(name: string, args: BackendArgs, opts?: ComponentOptions) {
    const whole = planOf(args);
    const plan = whole.backend;
    super(BACKEND.component, name, { sizing: sizingInputsOf(args), plan }, opts);

    const service = args.platform.run(
      {
        name,
        image: args.image,
        argv: uvicornArgv(plan, args.app ?? ASGI_APP, args.arguments),
        env: {
          ...applicationEnv(args, {
            poolSize: plan.poolSize,
            maxOverflow: plan.maxOverflow,
            poolTimeoutSeconds: plan.poolTimeoutSeconds,
            redisMaxConnections: plan.redisMaxConnectionsPerWorker,
          }),
          THREAD_LIMIT: plan.threadLimit,
          DB_QUEUE: plan.databaseQueue,
          DB_STATEMENT_TIMEOUT: plan.statementTimeoutSeconds,
          ...startupOptions(args, {
            statement_timeout: plan.statementTimeoutSeconds,
            idle_in_transaction_session_timeout: plan.statementTimeoutSeconds,
          }),
          MAX_BODY_BYTES: plan.maxBodyMiB * BYTES_OF_MIB,
          ...(args.behind && { FORWARDED_ALLOW_IPS: args.behind.addresses }),
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
        behind: args.behind,
        nofile: plan.nofile,
        ...(plan.somaxconn === undefined ? {} : { sysctls: { "net.core.somaxconn": String(plan.somaxconn) } }),
        replicas: plan.instances,
        replacement: replacementOf(BACKEND, whole),
      },
      { parent: this, dependsOn: applicationDependencies(args), transform: args.transform?.container },
    );
    this.host = service.host;
    this.registerOutputs({ host: service.host, port: PORT });
  }
}

/** A full worker answers 503 and is alive all the same. */
const HEALTH_CHECK = `import http.client
c = http.client.HTTPConnection("127.0.0.1", ${PORT}, timeout=3)
c.request("GET", "/api/health")
raise SystemExit(c.getresponse().status not in (200, 503))`;
