import * as pulumi from "@pulumi/pulumi";
import {
  APPLICATION_UID,
  type ApplicationArgs,
  applicationDependencies,
  applicationEnv,
  applicationSecrets,
} from "./application";
import { type ComponentOptions, planOf, type SizedArgs, sizingInputsOf } from "./component";
import { celeryArgv } from "./programs/celery";

export interface CeleryFleetArgs extends SizedArgs, ApplicationArgs {
  readonly image: pulumi.Input<string>;
  /** The Celery application, as `celery -A` names it. Default `app.celery_app`. */
  readonly app?: string;
  /** Queues the workers take tasks from. Default: the application's own default queue. */
  readonly queues?: readonly string[];
  /** Further arguments, as `celery worker` takes them. */
  readonly arguments?: readonly string[];
}

/** Connections to Redis a child may hold for the application's own use. */
const CHILD_REDIS_CONNECTIONS = 10;

/** Celery workers: replicas and child processes from the plan, stopped only after their longest task. */
export class CeleryFleet extends pulumi.ComponentResource {
  constructor(name: string, args: CeleryFleetArgs, opts?: ComponentOptions) {
    const whole = planOf(args);
    const plan = whole.celery;
    super("sized-stack:index:CeleryFleet", name, { sizing: sizingInputsOf(args), plan }, opts);

    args.platform.run(
      {
        name,
        image: args.image,
        argv: celeryArgv(plan, args.app ?? "app.celery_app", { queues: args.queues, further: args.arguments }),
        env: {
          ...applicationEnv(args, {
            poolSize: plan.childPoolSize,
            maxOverflow: plan.childMaxOverflow,
            poolTimeoutSeconds: whole.backend.poolTimeoutSeconds,
            redisMaxConnections: CHILD_REDIS_CONNECTIONS,
          }),
          LONGEST_TASK_SECONDS: whole.inputs.longestTaskSeconds,
          STOP_GRACE_SECONDS: plan.stopGraceSeconds,
        },
        secrets: applicationSecrets(args),
        user: APPLICATION_UID,
        cpu: { quota: plan.cpuQuota, shares: plan.cpuShares },
        memory: { limitMiB: plan.memoryLimitMiB, reservationMiB: plan.memoryReservationMiB },
        healthCheck: {
          command: ["sh", "-c", `celery -A ${args.app ?? "app.celery_app"} inspect ping -d celery@$HOSTNAME`],
          intervalSeconds: plan.healthIntervalSeconds,
          timeoutSeconds: plan.healthTimeoutSeconds,
          retries: 3,
          startPeriodSeconds: 60,
        },
        stopGraceSeconds: plan.stopGraceSeconds,
        replicas: plan.replicas,
        replacement: "start-first",
      },
      { parent: this, dependsOn: applicationDependencies(args), transform: args.transform?.container },
    );
    this.registerOutputs();
  }
}
