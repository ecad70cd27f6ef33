import { type MemorySize, parseMemory } from "./memory";
import type { Overrides } from "./overrides";
import { SizingRefusal } from "./refusal";

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

/** Expected load, as concurrent users: low below 1,000; medium to 10,000; high to 50,000; extreme above. */
export type Tier = "low" | "medium" | "high" | "extreme";
/** All tiers, lowest first. */
export const TIERS = ["low", "medium", "high", "extreme"] as const satisfies readonly Tier[];

/** `single-host`: all services on one machine. `app-and-data`: N app hosts and one data host. */
export type Topology = "single-host" | "app-and-data";

/**
 * What a deploy does. `gapless` runs old and new side by side (rollout factor 2), `recreate` does not (1), `auto`
 * takes 2 and falls back to 1 where connections, or room on a host that schedules by reservation, lack for both.
 */
export type Rollout = "auto" | "gapless" | "recreate";

/** Everything the plan depends on. Two equal inputs give two equal plans. */
export interface SizingInputs {
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
  /** The longest Celery task, seconds. Default 60. */
  readonly longestTaskSeconds?: number;
  /** How long a backend container may take to stop, seconds, at least 6. Default 30. */
  readonly backendStopGraceSeconds?: number;
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
  readonly overrides?: Overrides;
  /**
   * Connections that a PostgreSQL run elsewhere has for this system: its max_connections, or a part of them. No
   * container of it runs then; its share of the machine stays unused. Default: a container runs.
   */
  readonly externalPostgresConnections?: number | undefined;
  /** Connections that a Redis run elsewhere has for this system: its maxclients, or a part of them. Likewise. */
  readonly externalRedisConnections?: number | undefined;
}

/** Inputs without a default: left out, they stay undefined. */
type Optional = "externalPostgresConnections" | "externalRedisConnections";

/** The inputs with every default applied and the share of the machine taken. */
export interface ResolvedInputs extends Required<Omit<SizingInputs, "hardware" | "dataHardware" | Optional>> {
  readonly externalPostgresConnections: number | undefined;
  readonly externalRedisConnections: number | undefined;
  readonly hardware: UsableHardware;
  /** The same as `hardware` on a single host. */
  readonly dataHardware: UsableHardware;
}

/** Whether the topology has a data host that something runs on. */
export const needsDataHost = ({
  topology,
  externalPostgresConnections,
  externalRedisConnections,
}: Pick<ResolvedInputs, "topology" | Optional>): boolean =>
  topology === "app-and-data" && (externalPostgresConnections === undefined || externalRedisConnections === undefined);

export const DEFAULTS = {
  topology: "single-host",
  share: 1,
  appHosts: 1,
  rollout: "auto",
  behindLoadBalancer: true,
  workerMemoryMiB: 160,
  childMemoryMiB: 128,
  longestTaskSeconds: 60,
  backendStopGraceSeconds: 30,
  dataReservation: "half",
  hostReserve: "system",
  oversubscribe: true,
  hostNofile: 16_384,
  diskGiB: 20,
  beat: false,
  postgresMajor: 17,
  redisMajor: 8,
  cpuEnforcement: "quota",
  overrides: {},
} as const satisfies Omit<ResolvedInputs, "hardware" | "dataHardware" | "tier" | Optional>;

/** What each numeric input may be. */
export const INPUT_LIMITS = {
  share: { least: 0.1, most: 1, whole: false },
  appHosts: { least: 1, most: 1000, whole: true },
  workerMemoryMiB: { least: 16, most: 1_048_576, whole: true },
  childMemoryMiB: { least: 16, most: 1_048_576, whole: true },
  longestTaskSeconds: { least: 1, most: 604_800, whole: true },
  backendStopGraceSeconds: { least: 6, most: 3600, whole: true },
  hostNofile: { least: 1024, most: 1_073_741_816, whole: true },
  diskGiB: { least: 1, most: 65_536, whole: false },
  postgresMajor: { least: 12, most: 99, whole: true },
  redisMajor: { least: 6, most: 99, whole: true },
  externalPostgresConnections: { least: 20, most: 10_000, whole: true },
  externalRedisConnections: { least: 20, most: 1_000_000, whole: true },
} as const satisfies Partial<Record<keyof SizingInputs, { least: number; most: number; whole: boolean }>>;

const LIMITED = [
  "share",
  "appHosts",
  "workerMemoryMiB",
  "childMemoryMiB",
  "longestTaskSeconds",
  "backendStopGraceSeconds",
  "hostNofile",
  "diskGiB",
  "postgresMajor",
  "redisMajor",
  "externalPostgresConnections",
  "externalRedisConnections",
] as const satisfies readonly (keyof typeof INPUT_LIMITS)[];

/** Memory of a host that stays free for a migration task where a scheduler places by reservation, MiB. */
export const MIGRATION_TASK_MIB = 256;
/** Memory of Celery beat, MiB. */
export const BEAT_MIB = 128;

/** Memory of an app host that a scheduler must find free beside backend and Celery, MiB. */
export const setAsideMiB = ({ hostReserve, beat }: Pick<ResolvedInputs, "hostReserve" | "beat">): number =>
  hostReserve === "registered" ? MIGRATION_TASK_MIB + (beat ? BEAT_MIB : 0) : 0;

const MOST_THREADS = 4096;

/**
 * Applies the defaults and the share.
 * @throws SizingRefusal with all values that no machine and no system can have.
 */
export function resolveInputs(given: SizingInputs): ResolvedInputs {
  const merged = withDefaults(given);
  const mistakes: string[] = [];
  for (const name of LIMITED) {
    const { least, most, whole } = INPUT_LIMITS[name];
    const value = merged[name];
    if (value === undefined) continue;
    if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
      mistakes.push(
        `${name}: ${value} given; ${whole ? "a whole number" : "a number"} from ${least} to ${most} is allowed`,
      );
    }
  }
  const hardware = takeShare("hardware", given.hardware, merged, mistakes);
  const dataHardware =
    merged.topology === "app-and-data" && given.dataHardware
      ? takeShare("dataHardware", given.dataHardware, merged, mistakes)
      : hardware;
  if (mistakes.length > 0) throw new SizingRefusal("inputs", "input", mistakes.join("\n"));
  const appHardware = { threads: hardware.threads, memoryMiB: hardware.memoryMiB - setAsideMiB(merged) };
  return {
    ...merged,
    appHosts: merged.topology === "single-host" ? 1 : merged.appHosts,
    hardware: appHardware,
    dataHardware: merged.topology === "single-host" ? appHardware : dataHardware,
  };
}

function takeShare(name: string, { threads, memory }: Hardware, { share }: { share: number }, mistakes: string[]) {
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    mistakes.push(`${name}.threads: ${threads} given; a whole number from 1 to ${MOST_THREADS} is allowed`);
  }
  return { threads: Math.max(1, Math.round(threads * share)), memoryMiB: memoryOf(name, memory, share, mistakes) };
}

function memoryOf(name: string, memory: MemorySize, share: number, mistakes: string[]): number {
  try {
    return Math.floor(parseMemory(memory) * share);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    mistakes.push(`${name}.memory: ${error.message}`);
    return 0;
  }
}

function withDefaults(given: SizingInputs) {
  return {
    tier: given.tier,
    topology: given.topology ?? DEFAULTS.topology,
    share: given.share ?? DEFAULTS.share,
    appHosts: given.appHosts ?? DEFAULTS.appHosts,
    rollout: given.rollout ?? DEFAULTS.rollout,
    behindLoadBalancer: given.behindLoadBalancer ?? DEFAULTS.behindLoadBalancer,
    workerMemoryMiB: given.workerMemoryMiB ?? DEFAULTS.workerMemoryMiB,
    childMemoryMiB: given.childMemoryMiB ?? DEFAULTS.childMemoryMiB,
    longestTaskSeconds: given.longestTaskSeconds ?? DEFAULTS.longestTaskSeconds,
    backendStopGraceSeconds: given.backendStopGraceSeconds ?? DEFAULTS.backendStopGraceSeconds,
    dataReservation: given.dataReservation ?? DEFAULTS.dataReservation,
    hostReserve: given.hostReserve ?? DEFAULTS.hostReserve,
    oversubscribe: given.oversubscribe ?? DEFAULTS.oversubscribe,
    hostNofile: given.hostNofile ?? DEFAULTS.hostNofile,
    diskGiB: given.diskGiB ?? DEFAULTS.diskGiB,
    beat: given.beat ?? DEFAULTS.beat,
    postgresMajor: given.postgresMajor ?? DEFAULTS.postgresMajor,
    redisMajor: given.redisMajor ?? DEFAULTS.redisMajor,
    cpuEnforcement: given.cpuEnforcement ?? DEFAULTS.cpuEnforcement,
    overrides: given.overrides ?? DEFAULTS.overrides,
    externalPostgresConnections: given.externalPostgresConnections,
    externalRedisConnections: given.externalRedisConnections,
  };
}
