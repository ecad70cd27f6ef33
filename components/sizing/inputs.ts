import { type MemorySize, parseMemory } from "./memory";

/** What one machine offers to containers. */
export interface Hardware {
  /** Logical CPUs. Whole, at least 1. */
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
export const TIERS = ["low", "medium", "high", "extreme"] as const satisfies readonly Tier[];

/** `single-host`: all services on one machine. `app-and-data`: N app hosts and one data host. */
export type Topology = "single-host" | "app-and-data";

/**
 * What a deploy does. `gapless` runs old and new backends side by side (rollout factor 2), `recreate` does
 * not (1), `auto` takes 2 and falls back to 1 where the database has no connections for both.
 */
export type Rollout = "auto" | "gapless" | "recreate";

/** Everything the plan depends on. Two equal inputs give two equal plans. */
export interface SizingInputs {
  /** The machine, or in `app-and-data` one app host. */
  readonly hardware: Hardware;
  /** The data host. Needed by `app-and-data`, ignored by `single-host`. */
  readonly dataHardware?: Hardware;
  readonly tier: Tier;
  /** Default `single-host`. */
  readonly topology?: Topology;
  /** Part of the machine the system may use, 0.1 to 1. Default 1. */
  readonly share?: number;
  /** App hosts that may exist at most. Default 1; always 1 on a single host. */
  readonly appHosts?: number;
  /** Default `auto`. */
  readonly rollout?: Rollout;
  /** Whether a load balancer keeps connections open to the backend. Default true. */
  readonly behindLoadBalancer?: boolean;
  /** What one uvicorn worker may use, MiB. Default 160. */
  readonly workerMemoryMiB?: number;
  /** What one Celery child may use before it is recycled, MiB. Default 128. */
  readonly childMemoryMiB?: number;
  /** The longest Celery task, seconds. Default 60. */
  readonly longestTaskSeconds?: number;
  /** How long a backend container may take to stop, seconds. Default 30. */
  readonly backendStopGraceSeconds?: number;
  /** `half`: data services are promised half their limit. `full`: all of it. Default `half`. */
  readonly dataReservation?: "half" | "full";
  /** Whether the sum of limits may exceed the machine. Default true. */
  readonly oversubscribe?: boolean;
  /** Open files the host grants a container. Default 16384. */
  readonly hostNofile?: number;
  /** Disk for the database, GiB. Default 20. */
  readonly diskGiB?: number;
  /** `quota`: containers get a CPU quota and shares. `weight`: shares only. Default `quota`. */
  readonly cpuEnforcement?: "quota" | "weight";
}

/** The inputs with every default applied and the share of the machine taken. */
export interface ResolvedInputs extends Required<Omit<SizingInputs, "hardware" | "dataHardware">> {
  readonly hardware: UsableHardware;
  readonly dataHardware: UsableHardware;
}

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
  oversubscribe: true,
  hostNofile: 16_384,
  diskGiB: 20,
  cpuEnforcement: "quota",
} as const satisfies Omit<ResolvedInputs, "hardware" | "dataHardware" | "tier">;

/** Applies the defaults and the share. */
export function resolveInputs(inputs: SizingInputs): ResolvedInputs {
  const merged = { ...DEFAULTS, ...withoutUndefined(inputs) };
  const hardware = takeShare(inputs.hardware, merged.share);
  return {
    ...merged,
    hardware,
    dataHardware:
      merged.topology === "app-and-data" ? takeShare(inputs.dataHardware ?? inputs.hardware, merged.share) : hardware,
    appHosts: merged.topology === "single-host" ? 1 : merged.appHosts,
  };
}

function takeShare({ threads, memory }: Hardware, share: number): UsableHardware {
  return {
    threads: Math.max(1, Math.round(threads * share)),
    memoryMiB: Math.floor(parseMemory(memory) * share),
  };
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}
