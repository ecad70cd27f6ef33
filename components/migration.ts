import * as pulumi from "@pulumi/pulumi";
import {
  APPLICATION_UID,
  type ApplicationArgs,
  applicationDependencies,
  applicationEnv,
  applicationSecrets,
  startupOptions,
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
 * Who waits for a lock on a table makes all wait that come after, readers too: a migration gives up rather than hold up
 * the application longer than its requests wait for a connection.
 */
const LOCK_TIMEOUT_SECONDS = 5;

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
        env: {
          ...applicationEnv(args, { poolSize: 1, maxOverflow: 0, poolTimeoutSeconds: 30, redisMaxConnections: 1 }),
          ...startupOptions(args, { lock_timeout: LOCK_TIMEOUT_SECONDS }),
        },
        secrets: applicationSecrets(args),
        user: APPLICATION_UID,
        memoryLimitMiB: MEMORY_LIMIT_MIB,
      },
      { parent: this, dependsOn: applicationDependencies(args) },
    );
    this.registerOutputs();
  }
}
