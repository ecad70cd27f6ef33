import { floorDiv } from "./arithmetic";
import { type BackendPlan, backendInstances, backendWorkersByMemory, planBackend } from "./backend";
import { type CeleryPlan, celerySpread, planCelery } from "./celery";
import { type ResolvedInputs, resolveInputs, type SizingInputs } from "./inputs";
import { type LoadBalancerPlan, planLoadBalancer } from "./load-balancer";
import { KEPT_CONNECTIONS, type PostgresPlan, planPostgres, postgresMaxConnections } from "./postgres";
import { planRedis, type RedisPlan } from "./redis";
import { SizingRefusal } from "./refusal";
import { divide, type Shares } from "./shares";

/** Every derived number of one system. Memory in MiB, CPU in threads, times in seconds. */
export interface SizingPlan {
  readonly inputs: ResolvedInputs;
  /** 2 where old and new backends run side by side during a deploy, else 1. */
  readonly rolloutFactor: 1 | 2;
  readonly backend: BackendPlan;
  readonly celery: CeleryPlan;
  readonly postgres: PostgresPlan;
  readonly redis: RedisPlan;
  readonly loadBalancer: LoadBalancerPlan;
  readonly totals: Totals;
}

/** The four services together, the load balancer and beat not counted. */
export interface Totals {
  readonly cpuReservation: number;
  readonly cpuLimit: number;
  readonly memoryReservationMiB: number;
  readonly memoryLimitMiB: number;
}

/** Least memory, MiB, of a host whose data services are promised half, or all, of their limit. */
const LEAST_MEMORY_MIB = { half: 1024, full: 2048 } as const;
/** A backend worker and a Celery child may hold this many connections between them at the very least. */
const CONNECTIONS_PER_WORKER_AND_CHILD = 4;
const REDIS_POOL = 50;

/**
 * The plan for a machine and a tier. Pure: equal inputs give equal plans.
 * @throws SizingRefusal where nothing that works fits.
 */
export function sizingPlan(given: SizingInputs): SizingPlan {
  const inputs = resolveInputs(given);
  refuseTooSmall(inputs);
  if (inputs.rollout !== "auto") return planWith(inputs, inputs.rollout === "gapless" ? 2 : 1);
  try {
    return planWith(inputs, 2);
  } catch (error) {
    if (error instanceof SizingRefusal && error.lack === "connections") return planWith(inputs, 1);
    throw error;
  }
}

function planWith(inputs: ResolvedInputs, rolloutFactor: 1 | 2): SizingPlan {
  const shares = divide(inputs);
  const byMemory = backendWorkersByMemory(inputs, shares.backend.ceilingMiB);
  const maxConnections = postgresMaxConnections(inputs.appHosts, byMemory.workers, shares.postgres.memoryLimitMiB);
  const cap = connectionCap(inputs, maxConnections, rolloutFactor);
  const spread = backendInstances(inputs, Math.min(byMemory.workers, cap), Math.min(byMemory.byMemory, cap));
  const celery = planCelery(inputs, shares, celerySpread(inputs, shares.celery.ceilingMiB, cap));
  const postgres = planPostgres(inputs, shares, maxConnections);
  const redis = planRedis(inputs, shares);
  const pools = {
    poolPerProcess: poolPerProcess(inputs, rolloutFactor, maxConnections, spread.workers, celery),
    redisMaxConnectionsPerWorker: redisPool(inputs, rolloutFactor, redis.maxClients, spread.workers, celery),
  };
  const backend = planBackend(inputs, shares, spread, pools, celery.fleetMemoryLimitMiB);
  const plan = {
    inputs,
    rolloutFactor,
    backend,
    celery,
    postgres,
    redis,
    loadBalancer: planLoadBalancer(inputs.hostNofile),
  };
  refuseOverReserved(plan, shares);
  return { ...plan, totals: totals(plan) };
}

/** Workers, and children, that the database's connections carry on each app host. */
function connectionCap(inputs: ResolvedInputs, maxConnections: number, rolloutFactor: number): number {
  const usable = maxConnections - KEPT_CONNECTIONS;
  const cap = floorDiv(usable, CONNECTIONS_PER_WORKER_AND_CHILD * inputs.appHosts * rolloutFactor);
  if (cap < 1) {
    throw new SizingRefusal(
      "postgres",
      "connections",
      `postgres: ${usable} usable connections do not carry one worker and one Celery child on each of ` +
        `${inputs.appHosts} app hosts${rolloutFactor === 2 ? " with old and new side by side" : ""}. ` +
        "Use fewer app hosts, a data host with more memory, or PgBouncer in front of PostgreSQL.",
    );
  }
  return cap;
}

/** Database connections of each backend process, after Celery has its own: one per child and one to spare. */
function poolPerProcess(
  { appHosts }: ResolvedInputs,
  rolloutFactor: number,
  maxConnections: number,
  workers: number,
  celery: CeleryPlan,
): number {
  const forCelery = 2 * appHosts * rolloutFactor * celery.simultaneousTasks;
  return floorDiv(maxConnections - KEPT_CONNECTIONS - forCelery, appHosts * rolloutFactor * workers);
}

/** Redis connections of each backend process: at most 80 % of maxclients are spoken for. */
function redisPool(
  { appHosts }: ResolvedInputs,
  rolloutFactor: number,
  maxClients: number,
  workers: number,
  { replicas, concurrency }: CeleryPlan,
): number {
  const forCelery = appHosts * replicas * (10 + 2 * concurrency);
  const each = Math.min(REDIS_POOL, floorDiv(4 * maxClients - 5 * forCelery, 5 * appHosts * rolloutFactor * workers));
  if (each < 2) {
    throw new SizingRefusal(
      "redis",
      "connections",
      `redis: maxclients ${maxClients} leaves each of ${appHosts * rolloutFactor * workers} backend workers ${each} connections; 2 is the least. ` +
        "Use fewer app hosts, or a data host with more memory.",
    );
  }
  return each;
}

function refuseTooSmall({ hardware, dataHardware, dataReservation }: ResolvedInputs): void {
  const least = LEAST_MEMORY_MIB[dataReservation];
  const smallest = Math.min(hardware.memoryMiB, dataHardware.memoryMiB);
  if (smallest < least) {
    throw new SizingRefusal(
      "machine",
      "memory",
      `The machine offers ${smallest} MiB to containers; the system needs at least ${least} MiB. ` +
        "Use a machine with more memory, or give the system a larger share of this one.",
    );
  }
}

function refuseOverReserved(plan: Omit<SizingPlan, "totals">, shares: Shares): void {
  const app = plan.backend.fleetMemoryReservationMiB + plan.celery.replicas * plan.celery.memoryReservationMiB;
  const data = plan.postgres.memoryReservationMiB + plan.redis.memoryReservationMiB;
  const { topology, hardware, dataHardware } = plan.inputs;
  const hosts =
    topology === "single-host"
      ? [{ reserved: app + data, reserve: shares.appReserveMiB, memoryMiB: hardware.memoryMiB }]
      : [
          { reserved: app, reserve: shares.appReserveMiB, memoryMiB: hardware.memoryMiB },
          { reserved: data, reserve: shares.dataReserveMiB, memoryMiB: dataHardware.memoryMiB },
        ];
  for (const { reserved, reserve, memoryMiB } of hosts) {
    if (reserved + reserve > memoryMiB) {
      throw new SizingRefusal(
        "machine",
        "memory",
        `The services reserve ${reserved} MiB and the system keeps ${reserve} MiB: ${reserved + reserve - memoryMiB} MiB more than the ${memoryMiB} MiB there are. ` +
          "Use a machine with more memory, or a lower tier.",
      );
    }
  }
}

function totals({ backend, celery, postgres, redis }: Omit<SizingPlan, "totals">): Totals {
  const hundredths = (...values: number[]) => values.reduce((sum, v) => sum + Math.round(v * 100), 0) / 100;
  return {
    cpuReservation: hundredths(
      backend.fleetCpuReservation,
      celery.fleetCpuReservation,
      postgres.cpuReservation,
      redis.cpuReservation,
    ),
    cpuLimit: hundredths(backend.fleetCpuLimit, celery.fleetCpuLimit, postgres.cpuLimit, redis.cpuLimit),
    memoryReservationMiB:
      backend.fleetMemoryReservationMiB +
      celery.replicas * celery.memoryReservationMiB +
      postgres.memoryReservationMiB +
      redis.memoryReservationMiB,
    memoryLimitMiB:
      backend.fleetMemoryLimitMiB + celery.fleetMemoryLimitMiB + postgres.memoryLimitMiB + redis.memoryLimitMiB,
  };
}
