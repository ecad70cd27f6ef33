import * as pulumi from "@pulumi/pulumi";
import {
  APPLICATION_UID,
  type ApplicationArgs,
  applicationDependencies,
  applicationEnv,
  applicationSecrets,
} from "./application";
import type { ComponentOptions } from "./component";
import type { Image, Platform } from "./platform";

export interface MigrationArgs extends Omit<ApplicationArgs, "after"> {
  readonly platform: Platform;
  /** Its name, or what to build it from. */
  readonly image: Image;
  /** What brings the database to what the image needs: `["alembic", "upgrade", "head"]`. */
  readonly argv: readonly string[];
}

/** Lives in the memory the plan keeps for the system. */
const MEMORY_LIMIT_MIB = 512;

/**
 * Brings the database to what a new image needs, before its containers start. Where it fails the update fails with
 * its last lines, the application that runs is left as it is, and the next update runs it again.
 */
export class Migration extends pulumi.ComponentResource {
  /** What the application waits for. */
  readonly done: pulumi.Resource;

  constructor(name: string, args: MigrationArgs, opts?: ComponentOptions) {
    super("sized-stack:index:Migration", name, {}, opts);
    this.done = args.platform.runOnce(
      {
        name,
        image: args.image,
        argv: args.argv,
        env: applicationEnv(args, { poolSize: 1, maxOverflow: 0, poolTimeoutSeconds: 30, redisMaxConnections: 1 }),
        secrets: applicationSecrets(args),
        user: APPLICATION_UID,
        memoryLimitMiB: MEMORY_LIMIT_MIB,
      },
      { parent: this, dependsOn: applicationDependencies(args) },
    );
    this.registerOutputs();
  }
}
