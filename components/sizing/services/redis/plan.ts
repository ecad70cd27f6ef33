import { type CpuPart, exactCpu, exactReservation, scaleOf } from "../../machine/cpu";
import type { Host } from "../../machine/hosts";
import type { ResolvedInputs, Topology } from "../../machine/inputs";
import type { CpuDemand, Load } from "../../machine/load";
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
  threads: sheet.given(R.cpuLimit) ?? exactCpu({ part: CPU_PART[topology].limit, threads }),
  overridden: sheet.given(R.cpuLimit) !== undefined,
});

export const redisLoad = (plan: RedisPlan): Load => ({ ...plan, service: "redis", host: "data", rules: R });

/** Memory Redis may use at most, whether it runs here or not; the other services are sized beside it. */
export function redisMemory(sheet: Sheet, inputs: ResolvedInputs, { memoryMiB, reserveMiB }: Host): number {
  const { topology, externalRedisConnections } = inputs;
  const share = { memoryMiB, reserveMiB, topology };
  return externalRedisConnections === undefined
    ? sheet.apply(R.memoryLimitMiB, share)
    : settle(R.memoryLimitMiB, share).value;
}

/** `maxclients`, which the application's pools are sized within. */
export const redisClients = (sheet: Sheet, memoryLimitMiB: number): number =>
  sheet.apply(R.maxClients, { memoryLimitMiB });

export function planRedis(
  sheet: Sheet,
  inputs: ResolvedInputs,
  { threads }: Host,
  scale: number,
  { memoryLimitMiB, maxClients }: { memoryLimitMiB: number; maxClients: number },
): RedisPlan {
  const { topology, dataReservation, redisMajor, cpuEnforcement: enforcement } = inputs;
  const part = CPU_PART[topology];
  const cpuLimit = sheet.apply(R.cpuLimit, { part: part.limit, threads, scale: scaleOf(sheet, R.cpuLimit, scale) });
  const cpuReservation = sheet.apply(R.cpuReservation, { part: part.reservation, threads, cpuLimit });
  return {
    maxMemoryMiB: sheet.apply(R.maxMemoryMiB, { memoryLimitMiB }),
    maxClients,
    ioThreads: sheet.apply(R.ioThreads, { threads, cpuLimit: redisCpu(sheet, inputs, threads).threads }),
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
