import * as pulumi from "@pulumi/pulumi";
import { type ComponentOptions, planOf, type SizedArgs, sizingInputsOf } from "./component";
import type { ContainerFile } from "./platform/container";
import { redisArgv } from "./programs/redis";

export interface RedisArgs extends SizedArgs {
  /** Default `redis:8`. */
  readonly image?: pulumi.Input<string>;
  readonly password: pulumi.Input<string>;
  /** Further settings of redis.conf, for what the plan does not derive. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** How to reach Redis. */
export interface RedisEndpoint {
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly password: pulumi.Input<string>;
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
    const plan = planOf(args).redis;
    super("sized-stack:index:Redis", name, { sizing: sizingInputsOf(args), plan }, opts);

    const service = args.platform.run(
      {
        name,
        image: args.image ?? "redis:8",
        entrypoint: ["sh", redisStart.path],
        argv: [...redisArgv(plan, args.parameters), "--dir", "/data"],
        secrets: { REDIS_PASSWORD: pulumi.secret(args.password) },
        files: [redisStart],
        user: REDIS_UID,
        cpu: { quota: plan.cpuQuota, shares: plan.cpuShares },
        memory: { limitMiB: plan.memoryLimitMiB, reservationMiB: plan.memoryReservationMiB },
        ports: [{ container: PORT }],
        volumes: [{ name, path: "/data" }],
        healthCheck: {
          command: ["sh", "-c", 'REDISCLI_AUTH=$(cat "$REDIS_PASSWORD_FILE") redis-cli ping | grep -q PONG'],
          intervalSeconds: plan.healthIntervalSeconds,
          timeoutSeconds: plan.healthTimeoutSeconds,
          retries: 5,
          startPeriodSeconds: 60,
        },
        stopGraceSeconds: plan.stopGraceSeconds,
        nofile: plan.nofile,
        replacement: "stop-first",
      },
      { parent: this, transform: args.transform?.container },
    );
    this.endpoint = { host: service.host, port: PORT, password: args.password, dependsOn: service.containers };
    this.registerOutputs({ host: service.host, port: PORT });
  }
}

/** The password reaches the server on standard input: neither the command line nor the environment shows it. */
const redisStart: ContainerFile = {
  path: "/usr/local/bin/sized-stack-redis",
  content: `#!/bin/sh
set -eu
exec redis-server "$@" - <<EOF
requirepass $(cat "$REDIS_PASSWORD_FILE")
EOF
`,
};
