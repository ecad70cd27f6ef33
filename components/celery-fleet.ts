import * as pulumi from "@pulumi/pulumi";
import {
  APPLICATION_UID,
  type ApplicationArgs,
  applicationDependencies,
  applicationEnv,
  applicationSecrets,
} from "./application";
import { type ComponentOptions, planOf, type SizedArgs } from "./component";
import type { Image } from "./platform";
import { BEAT, BEAT_STARTED, beatArgv, CELERY, CELERY_APP, celeryArgv } from "./services/celery";
import { replacementOf } from "./services/replacement";
import { sizingInputsOf } from "./sizing";

export interface CeleryFleetArgs extends SizedArgs, ApplicationArgs {
  /** Its name, or what to build it from. */
  readonly image: Image;
  /** The Celery application, as `celery -A` names it. Default `app.celery_app`. */
  readonly app?: string;
  /** Queues the workers take tasks from. Default: the application's own default queue. */
  readonly queues?: readonly string[];
  /**
   * A file the application touches every few seconds while it reaches its broker. Its age is the health check then,
   * every 5 seconds; default is `celery inspect ping`, every minute, which costs half a CPU second.
   */
  readonly heartbeatFile?: string | undefined;
  /** Further arguments, as `celery worker` takes them. */
  readonly arguments?: readonly string[];
}

/** Connections to Redis a child may hold for the application's own use. */
const CHILD_REDIS_CONNECTIONS = 10;

/**
 * Celery workers: replicas and child processes from the plan, stopped only after their longest task; with `beat` also
 * the one process that sends scheduled tasks.
 */
export class CeleryFleet extends pulumi.ComponentResource {
  constructor(name: string, args: CeleryFleetArgs, opts?: ComponentOptions) {
    const whole = planOf(args);
    const plan = whole.celery;
    super(CELERY.component, name, { sizing: sizingInputsOf(args), plan }, opts);

    const { heartbeatFile, app = CELERY_APP } = args;
    const application = {
      image: args.image,
      env: {
        ...applicationEnv(args, {
          poolSize: plan.childPoolSize,
          maxOverflow: plan.childMaxOverflow,
          poolTimeoutSeconds: whole.backend.poolTimeoutSeconds,
          redisMaxConnections: CHILD_REDIS_CONNECTIONS,
        }),
        LONGEST_TASK_SECONDS: plan.longestTaskSeconds,
        STOP_GRACE_SECONDS: plan.stopGraceSeconds,
        VISIBILITY_TIMEOUT_SECONDS: plan.visibilityTimeoutSeconds,
        RESULT_EXPIRES_SECONDS: plan.resultExpiresSeconds,
        MAX_TASK_RUNS: plan.maxTaskRuns,
        ...(heartbeatFile === undefined ? {} : { HEARTBEAT_FILE: heartbeatFile }),
      },
      secrets: applicationSecrets(args),
      user: APPLICATION_UID,
    };
    const options = { parent: this, dependsOn: applicationDependencies(args), transform: args.transform?.container };
    args.platform.run(
      {
        ...application,
        name,
        argv: celeryArgv(plan, app, { queues: args.queues, further: args.arguments }),
        cpu: { quota: plan.cpuQuota, shares: plan.cpuShares },
        memory: { limitMiB: plan.memoryLimitMiB, reservationMiB: plan.memoryReservationMiB },
        healthCheck: {
          ...(heartbeatFile === undefined
            ? {
                command: ["sh", "-c", `celery -A ${app} inspect ping -d celery@$HOSTNAME`],
                intervalSeconds: plan.healthIntervalSeconds,
                timeoutSeconds: plan.healthTimeoutSeconds,
              }
            : { command: ["sh", "-c", touchedLately(heartbeatFile)], intervalSeconds: 5, timeoutSeconds: 5 }),
          retries: 3,
          startPeriodSeconds: 60,
        },
        stopGraceSeconds: plan.stopGraceSeconds,
        replicas: plan.replicas,
        replacement: replacementOf(CELERY, whole),
      },
      options,
    );
    if (whole.beat) {
      args.platform.run(
        {
          ...application,
          name: `${name}-beat`,
          argv: beatArgv(app),
          cpu: { shares: whole.beat.cpuShares },
          memory: { limitMiB: whole.beat.memoryLimitMiB },
          volumes: [{ name: `${name}-beat`, path: BEAT.memoryPath, dispensable: true }],
          healthCheck: {
            command: ["sh", "-c", BEAT_STARTED],
            intervalSeconds: 5,
            timeoutSeconds: 5,
            retries: 3,
            startPeriodSeconds: 60,
          },
          stopGraceSeconds: 30,
          replacement: BEAT.replacement,
        },
        options,
      );
    }
    this.registerOutputs();
  }
}

/** Whether a file was touched within the last half minute; says so where it was not. */
const touchedLately = (file: string): string =>
  `test -n "$(find "${file}" -mmin -0.5)" || { echo "no heartbeat within 30 s in ${file}"; exit 1; }`;
