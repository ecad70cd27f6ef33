import { SizingRefusal } from "../rules/refusal";
import type { GivenInputs, Hardware, OptionalInput, ResolvedInputs } from "./inputs";
import { type MemorySize, parseMemory } from "./memory";

/** What is taken where an input is left out. */
export const DEFAULTS = {
  topology: "single-host",
  share: 1,
  appHosts: 1,
  rollout: "auto",
  behindLoadBalancer: true,
  workerMemoryMiB: 160,
  childMemoryMiB: 128,
  longestDelaySeconds: 0,
  backendStopGraceSeconds: 30,
  entranceIdleSeconds: 60,
  maxBodyMiB: 16,
  statementTimeoutSeconds: 60,
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
  overrideNames: {},
} as const satisfies Omit<ResolvedInputs, "hardware" | "dataHardware" | "tier" | OptionalInput>;

/** What each numeric input may be. */
export const INPUT_LIMITS = {
  share: { least: 0.1, most: 1, whole: false },
  appHosts: { least: 1, most: 1000, whole: true },
  workerMemoryMiB: { least: 16, most: 1_048_576, whole: true },
  childMemoryMiB: { least: 16, most: 1_048_576, whole: true },
  longestTaskSeconds: { least: 1, most: 604_800, whole: true },
  longestDelaySeconds: { least: 0, most: 2_592_000, whole: true },
  backendStopGraceSeconds: { least: 6, most: 3600, whole: true },
  // An Application Load Balancer takes up to 4,000 seconds.
  entranceIdleSeconds: { least: 5, most: 3600, whole: true },
  maxBodyMiB: { least: 1, most: 1_048_576, whole: true },
  statementTimeoutSeconds: { least: 0, most: 86_400, whole: true },
  hostNofile: { least: 1024, most: 1_073_741_816, whole: true },
  diskGiB: { least: 1, most: 65_536, whole: false },
  postgresMajor: { least: 12, most: 99, whole: true },
  redisMajor: { least: 6, most: 99, whole: true },
  externalPostgresConnections: { least: 20, most: 10_000, whole: true },
  externalRedisConnections: { least: 20, most: 1_000_000, whole: true },
} as const satisfies Partial<Record<keyof GivenInputs, { least: number; most: number; whole: boolean }>>;

const LIMITED = [
  "share",
  "appHosts",
  "workerMemoryMiB",
  "childMemoryMiB",
  "longestTaskSeconds",
  "longestDelaySeconds",
  "backendStopGraceSeconds",
  "entranceIdleSeconds",
  "maxBodyMiB",
  "statementTimeoutSeconds",
  "hostNofile",
  "diskGiB",
  "postgresMajor",
  "redisMajor",
  "externalPostgresConnections",
  "externalRedisConnections",
] as const satisfies readonly (keyof typeof INPUT_LIMITS)[];

/** Memory of a host that stays free for a migration task where a scheduler places by reservation, MiB. */
export const MIGRATION_TASK_MIB = 256;
/** Memory of Celery beat where it is not overridden, MiB. */
export const BEAT_MIB = 128;

/** What is overridden is checked later; here it only must be a number. */
const beatMiB = ({ overrides }: Pick<ResolvedInputs, "overrides">): number => {
  const given = overrides.beat?.memoryLimitMiB;
  return typeof given === "number" && given >= 0 ? given : BEAT_MIB;
};

/** Memory of an app host that a scheduler must find free beside backend and Celery, MiB. */
export const setAsideMiB = (inputs: Pick<ResolvedInputs, "hostReserve" | "beat" | "overrides">): number =>
  inputs.hostReserve === "registered" ? MIGRATION_TASK_MIB + (inputs.beat ? beatMiB(inputs) : 0) : 0;

/** The most CPUs that a Linux of the distributions is built for, halved: x86-64 has CONFIG_NR_CPUS 8192. */
const MOST_THREADS = 4096;
/** The most memory that x86-64 addresses with page tables of four levels: 64 TiB, in MiB. */
export const MOST_MEMORY_MIB = 64 * 1024 * 1024;

/**
 * Applies the defaults and the share.
 * @throws SizingRefusal with all values that no machine and no system can have.
 */
export function resolveInputs(given: GivenInputs): ResolvedInputs {
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
    const memoryMiB = parseMemory(memory);
    if (memoryMiB > MOST_MEMORY_MIB) {
      mistakes.push(`${name}.memory: ${memory} given; at most ${MOST_MEMORY_MIB / 1024}GiB is allowed`);
    }
    return Math.floor(memoryMiB * share);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    mistakes.push(`${name}.memory: ${error.message}`);
    return 0;
  }
}

function withDefaults(given: GivenInputs) {
  return {
    tier: given.tier,
    topology: given.topology ?? DEFAULTS.topology,
    share: given.share ?? DEFAULTS.share,
    appHosts: given.appHosts ?? DEFAULTS.appHosts,
    rollout: given.rollout ?? DEFAULTS.rollout,
    behindLoadBalancer: given.behindLoadBalancer ?? DEFAULTS.behindLoadBalancer,
    workerMemoryMiB: given.workerMemoryMiB ?? DEFAULTS.workerMemoryMiB,
    childMemoryMiB: given.childMemoryMiB ?? DEFAULTS.childMemoryMiB,
    longestTaskSeconds: given.longestTaskSeconds,
    longestDelaySeconds: given.longestDelaySeconds ?? DEFAULTS.longestDelaySeconds,
    backendStopGraceSeconds: given.backendStopGraceSeconds ?? DEFAULTS.backendStopGraceSeconds,
    entranceIdleSeconds: given.entranceIdleSeconds ?? DEFAULTS.entranceIdleSeconds,
    maxBodyMiB: given.maxBodyMiB ?? DEFAULTS.maxBodyMiB,
    statementTimeoutSeconds: given.statementTimeoutSeconds ?? DEFAULTS.statementTimeoutSeconds,
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
    overrideNames: given.overrideNames ?? DEFAULTS.overrideNames,
    externalPostgresConnections: given.externalPostgresConnections,
    externalRedisConnections: given.externalRedisConnections,
  };
}
