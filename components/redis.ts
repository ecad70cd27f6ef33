import * as pulumi from "@pulumi/pulumi";
import { type ComponentOptions, planOf, runningHere, type SizedArgs } from "./component";
import type { Image } from "./platform";
import { REDIS, REDIS_PASSWORD, redisArgv, redisStart } from "./services/redis";
import { sizingInputsOf } from "./sizing";

export interface RedisArgs extends SizedArgs {
  /** Default `redis:8`. */
  readonly image?: Image;
  readonly password: pulumi.Input<string>;
  /** Further settings of redis.conf, for what the plan does not derive. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** How to reach Redis: that of a `Redis`, or, written by hand, one that runs elsewhere. */
export interface RedisEndpoint {
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly password: pulumi.Input<string>;
  /** Whether clients must encrypt. Default false. */
  readonly tls?: boolean;
  /** What must be up before a client starts. Empty for a server run elsewhere. */
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** Numeric user of the official image. */
const REDIS_UID = 999;
const PORT = 6379;

/** Redis as broker and cache, on a volume that outlives it, with memory and clients from the plan. */
export class Redis extends pulumi.ComponentResource {
  readonly endpoint: RedisEndpoint;

  constructor(name: string, args: RedisArgs, opts?: ComponentOptions) {
    const plan = runningHere(planOf(args).redis, "externalRedisConnections");
    super(REDIS.component, name, { sizing: sizingInputsOf(args), plan }, opts);

    const service = args.platform.run(
      {
        name,
        image: args.image ?? REDIS.image,
        entrypoint: ["sh", "-c", redisStart(plan, args.parameters), "sized-stack-redis"],
        argv: [...redisArgv(plan, args.parameters), "--dir", REDIS.volumePath()],
        secrets: { REDIS_PASSWORD: pulumi.secret(args.password) },
        user: REDIS_UID,
        cpu: { quota: plan.cpuQuota, shares: plan.cpuShares },
        memory: { limitMiB: plan.memoryLimitMiB, reservationMiB: plan.memoryReservationMiB },
        ports: [{ container: PORT }],
        volumes: [{ name, path: REDIS.volumePath() }],
        healthCheck: {
          command: ["sh", "-c", `REDISCLI_AUTH="${REDIS_PASSWORD}" redis-cli ping | grep -q PONG`],
          intervalSeconds: plan.healthIntervalSeconds,
          timeoutSeconds: plan.healthTimeoutSeconds,
          retries: 5,
          startPeriodSeconds: 60,
        },
        stopGraceSeconds: plan.stopGraceSeconds,
        nofile: plan.nofile,
        replacement: REDIS.replacement,
      },
      { parent: this, transform: args.transform?.container },
    );
    this.endpoint = { host: service.host, port: PORT, password: args.password, dependsOn: service.containers };
    this.registerOutputs({ host: service.host, port: PORT });
  }
}
