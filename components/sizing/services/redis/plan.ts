import { type CpuPart, exactCpu, exactReservation } from "../../machine/cpu";
import type { DataMemory } from "../../machine/data-memory";
import type { Host } from "../../machine/hosts";
import type { ResolvedInputs, Topology } from "../../machine/inputs";
import type { CpuDemand, CpuShare, Load } from "../../machine/load";
import { settle } from "../../rules/rule";
import type { Sheet } from "../../rules/sheet";
import { REDIS_RULES as R, type RedisPlan } from "./rules";

const CPU_PART: Readonly<Record<Topology, CpuPart>> = {
  "single-host": { limit: 2, reservation: 1 },
  "app-and-data": { limit: 4, reservation: 4 },
};

/** CPU asked of the data host. */
export const redisCpu = (sheet: Sheet, { topology }: ResolvedInputs, threads: number): CpuDemand => ({
  host: "data",
  byRule: exactCpu({ part: CPU_PART[topology].limit, threads }),
  given: sheet.given(R.cpuLimit),
});

export const redisLoad = (plan: RedisPlan): Load => ({ ...plan, service: "redis", host: "data", rules: R });

/** Memory Redis may use at most, whether it runs here or not; the other services are sized beside it. */
export function redisMemory(sheet: Sheet, inputs: ResolvedInputs, { memoryMiB, reserveMiB }: Host): DataMemory {
  const { topology, externalRedisConnections } = inputs;
  const share = { memoryMiB, reserveMiB, topology };
  const ruleMiB = settle(R.memoryLimitMiB, share).value;
  return { ruleMiB, limitMiB: externalRedisConnections === undefined ? sheet.apply(R.memoryLimitMiB, share) : ruleMiB };
}

/** `maxclients`, which the application's pools are sized within. */
export const redisClients = (sheet: Sheet, memoryLimitMiB: number): number =>
  sheet.apply(R.maxClients, { memoryLimitMiB });

export function planRedis(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { threads }: Host,
  { threads: unscaledLimit, scale }: CpuShare,
  { memoryLimitMiB, maxClients }: { memoryLimitMiB: number; maxClients: number },
): RedisPlan {
  const { topology, dataReservation, redisMajor, cpuEnforcement: enforcement } = inputs;
  const part = CPU_PART[topology];
  const cpuLimit = sheet.apply(R.cpuLimit, { part: part.limit, threads, scale });
  const cpuReservation = sheet.apply(R.cpuReservation, { part: part.reservation, threads, cpuLimit });
  return {
    maxMemoryMiB: sheet.apply(R.maxMemoryMiB, { memoryLimitMiB }),
    maxClients,
    ioThreads: sheet.apply(R.ioThreads, { threads, cpuLimit: unscaledLimit }),
    ioThreadsDoReads: sheet.apply(R.ioThreadsDoReads, { redisMajor }),
    maxMemoryPolicy: sheet.apply(R.maxMemoryPolicy, {}),
    oomScoreAdj: sheet.apply(R.oomScoreAdj, {}),
    nofile: sheet.apply(R.nofile, { maxClients }),
    stopGraceSeconds: sheet.apply(R.stopGraceSeconds, {}),
    healthIntervalSeconds: sheet.apply(R.healthIntervalSeconds, {}),
    healthTimeoutSeconds: sheet.apply(R.healthTimeoutSeconds, {}),
    memoryLimitMiB,
    memoryReservationMiB: sheet.apply(R.memoryReservationMiB, { memoryLimitMiB, dataReservation, topology }),
    cpuLimit,
    cpuReservation,
    cpuQuota: sheet.apply(R.cpuQuota, { cpuLimit, containers: 1, threads, enforcement }),
    cpuShares: sheet.apply(R.cpuShares, {
      cpuReservation: exactReservation(part.reservation, threads, cpuReservation),
      containers: 1,
    }),
  };
}
