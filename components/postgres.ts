import * as pulumi from "@pulumi/pulumi";
import { type ComponentOptions, planOf, runningHere, type SizedArgs } from "./component";
import type { Image } from "./platform";
import { POSTGRES_ENTRYPOINT } from "./postgres-start";
import { POSTGRES, postgresArgv } from "./services/postgres";
import { sizingInputsOf } from "./sizing";

export interface PostgresArgs extends SizedArgs {
  /** Default `postgres:17`. `postgresMajor` must be its major version: the server does not start otherwise. */
  readonly image?: Image;
  /** Password of `user`. Set anew at every start, so a changed one takes effect on data that exists. */
  readonly password: pulumi.Input<string>;
  /** Created if it is not there. Default `app`. */
  readonly database?: string;
  /** Created if it is not there. Default `app`. */
  readonly user?: string;
  /** Extensions of the database; the image must have them. Default: none. */
  readonly extensions?: readonly string[];
  /** Further parameters of postgresql.conf, for what the plan does not derive. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** How to reach the database: that of a `Postgres`, or, written by hand, one that runs elsewhere. */
export interface PostgresEndpoint {
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: pulumi.Input<string>;
  /** Whether clients must encrypt. Default: they do where the server can. */
  readonly tls?: boolean;
  /** Whether it takes options with a connection (PGOPTIONS); PgBouncer refuses such connections. Default false. */
  readonly takesStartupOptions?: boolean;
  /** What must be up before a client starts. Empty for a server run elsewhere. */
  readonly dependsOn?: readonly pulumi.Resource[];
}

/** Numeric user of the official image. */
const POSTGRES_UID = 999;
const PORT = 5432;

/** PostgreSQL on a volume that outlives it, with every memory, worker and connection setting from the plan. */
export class Postgres extends pulumi.ComponentResource {
  readonly endpoint: PostgresEndpoint;

  constructor(name: string, args: PostgresArgs, opts?: ComponentOptions) {
    const { postgres, inputs } = planOf(args);
    const plan = runningHere(postgres, "externalPostgresConnections");
    super(POSTGRES.component, name, { sizing: sizingInputsOf(args), plan }, opts);

    const { database = "app", user = "app", extensions = [], password } = args;
    const service = args.platform.run(
      {
        name,
        image: args.image ?? POSTGRES.image,
        entrypoint: POSTGRES_ENTRYPOINT,
        argv: postgresArgv(plan, args.parameters),
        env: {
          POSTGRES_DB: database,
          POSTGRES_USER: user,
          POSTGRES_MAJOR: inputs.postgresMajor,
          ...(extensions.length > 0 ? { POSTGRES_EXTENSIONS: extensions.join(" ") } : {}),
        },
        secrets: { POSTGRES_PASSWORD: pulumi.secret(password) },
        user: POSTGRES_UID,
        cpu: { quota: plan.cpuQuota, shares: plan.cpuShares },
        memory: { limitMiB: plan.memoryLimitMiB, reservationMiB: plan.memoryReservationMiB },
        ports: [{ container: PORT }],
        volumes: [{ name, path: POSTGRES.volumePath(inputs) }],
        healthCheck: {
          command: ["pg_isready", "--host=127.0.0.1", `--username=${user}`, `--dbname=${database}`],
          intervalSeconds: plan.healthIntervalSeconds,
          timeoutSeconds: plan.healthTimeoutSeconds,
          retries: 5,
          startPeriodSeconds: 60,
        },
        stopGraceSeconds: plan.stopGraceSeconds,
        nofile: plan.nofile,
        shmSizeMiB: plan.shmSizeMiB,
        replacement: POSTGRES.replacement,
      },
      { parent: this, transform: args.transform?.container },
    );
    this.endpoint = {
      ...{ host: service.host, port: PORT, database, user, password },
      takesStartupOptions: true,
      dependsOn: service.containers,
    };
    this.registerOutputs({ host: service.host, port: PORT });
  }
}
