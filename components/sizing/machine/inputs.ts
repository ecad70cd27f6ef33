import type { PlanValue } from "../rules/rule";
import type { MemorySize } from "./memory";
import type { Tier } from "./tiers";

/** What one machine offers to containers. */
export interface Hardware {
  /** Logical CPUs. Whole, 1 to 4096. */
  readonly threads: number;
  /** Memory containers can use, as `"16GiB"` or `"12000MiB"`. */
  readonly memory: MemorySize;
}

/** The part of a machine the system may use, in the units the rules work in. */
export interface UsableHardware {
  readonly threads: number;
  readonly memoryMiB: number;
}

/** `single-host`: all services on one machine. `app-and-data`: N app hosts and one data host. */
export type Topology = "single-host" | "app-and-data";

/**
 * What a deploy does. `gapless` runs old and new side by side (rollout factor 2), `recreate` does not (1), `auto`
 * takes 2 and falls back to 1 where connections, or room on a host that schedules by reservation, lack for both.
 */
export type Rollout = "auto" | "gapless" | "recreate";

/** Values that replace the plan's own, by part of the plan and field, before any rule has looked at them. */
export type GivenOverrides = Readonly<Record<string, Readonly<Record<string, PlanValue>> | undefined>>;

/** Everything the plan depends on, the names of overrides not yet known. */
export interface GivenInputs {
  /** The machine, or in `app-and-data` one app host. */
  readonly hardware: Hardware;
  /** The data host. Default in `app-and-data`: like an app host; ignored by `single-host`. */
  readonly dataHardware?: Hardware;
  readonly tier: Tier;
  /** Default `single-host`. */
  readonly topology?: Topology;
  /** Part of the machine the system may use, 0.1 to 1. Default 1. */
  readonly share?: number;
  /** App hosts that may exist at most (the autoscaling maximum). Default 1; always 1 on a single host. */
  readonly appHosts?: number;
  /** Default `auto`. */
  readonly rollout?: Rollout;
  /** Whether a load balancer keeps connections open to the backend. Default true. */
  readonly behindLoadBalancer?: boolean;
  /** What one uvicorn worker may use, MiB. Default 160. */
  readonly workerMemoryMiB?: number;
  /** The most a Celery child's resident memory may reach before it is recycled, MiB. Default 128. */
  readonly childMemoryMiB?: number;
  /** The longest Celery task, seconds: one that takes longer is ended. Default: 60 is assumed, and no task is ended. */
  readonly longestTaskSeconds?: number | undefined;
  /** The longest countdown, ETA or wait before a retry of a task, seconds. Default 0. */
  readonly longestDelaySeconds?: number;
  /** How long a backend container may take to stop, seconds, at least 6. Default 30. */
  readonly backendStopGraceSeconds?: number;
  /** How long a request or an idle connection may pass without a byte at the entrance, seconds. Default 60. */
  readonly entranceIdleSeconds?: number;
  /** The largest body of a request, MiB. Default 16. */
  readonly maxBodyMiB?: number;
  /** How long PostgreSQL works on one statement of the backend, seconds; 0: without a limit. Default 60. */
  readonly statementTimeoutSeconds?: number;
  /** `half`: data services are promised half their limit. `full`: all of it. Default `half`. */
  readonly dataReservation?: "half" | "full";
  /**
   * `system`: `hardware` is what the machine has, and a part of it is kept for the system. `registered`: it is what
   * a scheduler registered after its own reserve (Amazon ECS); 256 MiB of an app host stay free for a migration
   * task and 128 for beat, and a second copy must find its reservation free. Default `system`.
   */
  readonly hostReserve?: "system" | "registered";
  /** Whether the sum of limits may exceed the machine. Default true. */
  readonly oversubscribe?: boolean;
  /** Open files the host grants a container. Default 16384. */
  readonly hostNofile?: number;
  /** Disk for the database, GiB. Default 20. */
  readonly diskGiB?: number;
  /** Whether Celery beat runs. Default false. */
  readonly beat?: boolean;
  /** Major version of PostgreSQL; 18 names its I/O method. Default 17. */
  readonly postgresMajor?: number;
  /** Major version of Redis; below 8 its I/O threads must be told to read. Default 8. */
  readonly redisMajor?: number;
  /** `quota`: containers get a CPU quota and shares. `weight`: shares only. Default `quota`. */
  readonly cpuEnforcement?: "quota" | "weight";
  /** Values that replace the plan's own, by service and field. Refused where they break a bound. */
  readonly overrides?: GivenOverrides;
  /**
   * Where overrides were written, by `service.field`, for messages alone: `postgres.parameters.work_mem`. Default:
   * `overrides.service.field`.
   */
  readonly overrideNames?: Readonly<Record<string, string>>;
  /**
   * Connections that a PostgreSQL run elsewhere has for this system: its max_connections, or a part of them. No
   * container of it runs then; its share of the machine stays unused. Default: a container runs.
   */
  readonly externalPostgresConnections?: number | undefined;
  /** Connections that a Redis run elsewhere has for this system: its maxclients, or a part of them. Likewise. */
  readonly externalRedisConnections?: number | undefined;
}

/** Inputs without a default: left out, they stay undefined. */
export type OptionalInput = "externalPostgresConnections" | "externalRedisConnections" | "longestTaskSeconds";

/** The inputs with every default applied and the share of the machine taken. */
export interface ResolvedInputs extends Required<Omit<GivenInputs, "hardware" | "dataHardware" | OptionalInput>> {
  readonly externalPostgresConnections: number | undefined;
  readonly externalRedisConnections: number | undefined;
  readonly longestTaskSeconds: number | undefined;
  readonly hardware: UsableHardware;
  /** The same as `hardware` on a single host. */
  readonly dataHardware: UsableHardware;
}

/** Whether the topology has a data host that something runs on. */
export const needsDataHost = ({
  topology,
  externalPostgresConnections,
  externalRedisConnections,
}: Pick<ResolvedInputs, "topology" | "externalPostgresConnections" | "externalRedisConnections">): boolean =>
  topology === "app-and-data" && (externalPostgresConnections === undefined || externalRedisConnections === undefined);
