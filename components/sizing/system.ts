import { advise, usesHaproxy } from "./advisories";
import { floorDiv } from "./arithmetic";
import { backendCeiling, backendWorkersAsked, planBackend, spreadBackend } from "./backend";
import { planCapacity } from "./capacity";
import { celeryCeiling, planCelery, splitCelery } from "./celery";
import { CELERY_RULES } from "./celery-rules";
import { refuseTooSmall, refuseUnfit } from "./checks";
import { connectionCap, connectionsPerWorker } from "./connections";
import { cpuScales } from "./cpu-scale";
import { planExternal } from "./external";
import { type Host, planHosts, reserveInThousandths } from "./host";
import type { ResolvedInputs } from "./inputs";
import { planBeat, planLoadBalancer } from "./load-balancer";
import { unknownOverrides } from "./overrides";
import type { SizingPlan } from "./plan";
import { planPostgres, postgresConnections, postgresMemory } from "./postgres";
import { planRedis, redisClients, redisMemory } from "./redis";
import { OverrideRefusal, Shortfall } from "./refusal";
import { type Findings, Sheet } from "./sheet";
import { planTotals } from "./totals";

/** One sheet for each section, all reporting to the same findings. */
function openSheets({ overrides }: ResolvedInputs, findings: Findings) {
  return {
    system: new Sheet(undefined, findings),
    connections: new Sheet(undefined, findings),
    backend: new Sheet(overrides.backend, findings),
    celery: new Sheet(overrides.celery, findings),
    postgres: new Sheet(overrides.postgres, findings),
    redis: new Sheet(overrides.redis, findings),
    external: new Sheet(undefined, findings),
    loadBalancer: new Sheet(undefined, findings),
    beat: new Sheet(undefined, findings),
    capacity: new Sheet(undefined, findings),
    totals: new Sheet(undefined, findings),
  };
}

/** The sheets a system is planned on. */
export type Sheets = ReturnType<typeof openSheets>;

/**
 * The whole system with so many copies of the application side by side during a deploy.
 * @throws Shortfall where something that is needed does not fit.
 * @throws OverrideRefusal with every override that cannot be taken.
 */
export function planSystem(inputs: ResolvedInputs, copies: 1 | 2, rolloutFallback?: Shortfall): SizingPlan {
  const findings: Findings = { cuts: [], mistakes: unknownOverrides(inputs) };
  try {
    return planOn(openSheets(inputs, findings), findings, inputs, copies, rolloutFallback);
  } catch (error) {
    // A shortfall may be no more than what a mistaken override leads to.
    if (error instanceof Shortfall && findings.mistakes.length > 0) throw new OverrideRefusal(findings.mistakes);
    throw error;
  }
}

/** In the order of docs/sizing.md: nothing feeds back. */
function planOn(
  sheets: Sheets,
  findings: Findings,
  inputs: ResolvedInputs,
  copies: 1 | 2,
  rolloutFallback: Shortfall | undefined,
): SizingPlan {
  refuseTooSmall(inputs);
  const hosts = planHosts(inputs, sheets.system);
  const { app, data } = hosts;

  const postgresMiB = postgresMemory(sheets.postgres, inputs, data);
  const redisMiB = redisMemory(sheets.redis, inputs, data);
  const availableMiB = availableForApp(inputs, app, postgresMiB, redisMiB);
  const backendRoom = backendCeiling(sheets.backend, inputs, app, availableMiB);
  const celeryRoom = celeryCeiling(sheets.celery, inputs, app, availableMiB, backendRoom.ceilingMiB);

  const asked = backendWorkersAsked(sheets.backend, inputs, app, backendRoom);
  const external = planExternal(sheets.external, sheets, inputs, data, { postgresMiB, redisMiB });
  const maxConnections =
    external?.postgresConnections ?? postgresConnections(sheets.postgres, inputs, asked, postgresMiB);
  const maxClients = external?.redisConnections ?? redisClients(sheets.redis, redisMiB);
  const database = connectionCap(sheets.connections, inputs, copies, {
    maxConnections,
    // Our own Redis always carries what our own PostgreSQL does.
    maxClients: external && maxClients,
    replicasGiven: sheets.celery.given(CELERY_RULES.replicas),
  });
  const spread = spreadBackend(sheets.backend, inputs, app, backendRoom, asked, database.cap);
  const split = splitCelery(sheets.celery, inputs, app, celeryRoom, database.cap);

  const scales = cpuScales(sheets, inputs, hosts, spread.workers);
  const celery = planCelery(sheets.celery, inputs, app, scales.app, split, celeryRoom);
  const postgres =
    external?.postgresConnections === undefined
      ? planPostgres(sheets.postgres, inputs, data, scales.data, { memoryLimitMiB: postgresMiB, maxConnections })
      : undefined;
  const redis =
    external?.redisConnections === undefined
      ? planRedis(sheets.redis, inputs, data, scales.data, { memoryLimitMiB: redisMiB, maxClients })
      : undefined;
  const pools = connectionsPerWorker(
    sheets.connections,
    inputs,
    database,
    { workers: spread.workers, ...split },
    maxClients,
  );
  const backend = planBackend(sheets.backend, inputs, app, scales.app, spread, backendRoom, pools);

  const services = { backend, celery, postgres, redis };
  refuseUnfit(services, inputs, hosts, copies, sheets, findings);

  const loadBalancer = planLoadBalancer(sheets.loadBalancer, inputs.hostNofile);
  const beat = inputs.beat ? planBeat(sheets.beat) : undefined;
  const haproxy = usesHaproxy(inputs) ? loadBalancer : undefined;
  const capacity = planCapacity(sheets.capacity, inputs, backend, celery, haproxy?.maxConnections);
  const totals = planTotals(sheets.totals, services, {
    loadBalancer: haproxy?.memoryLimitMiB ?? 0,
    beat: beat?.memoryLimitMiB ?? 0,
  });
  return {
    inputs,
    rolloutFactor: copies,
    ...services,
    external,
    system: {
      tierWorkers: app.tierWorkers,
      dataTierWorkers: data.tierWorkers,
      reserveMiB: app.reserveMiB,
      dataReserveMiB: data.reserveMiB,
      cpuScale: scales.app,
      dataCpuScale: scales.data,
    },
    connections: { ...database, ...pools },
    loadBalancer,
    beat,
    capacity,
    totals,
    explanations: {
      backend: sheets.backend.explanations,
      celery: sheets.celery.explanations,
      postgres: sheets.postgres.explanations,
      redis: sheets.redis.explanations,
      external: sheets.external.explanations,
      system: sheets.system.explanations,
      connections: sheets.connections.explanations,
      loadBalancer: sheets.loadBalancer.explanations,
      beat: sheets.beat.explanations,
      capacity: sheets.capacity.explanations,
      totals: sheets.totals.explanations,
    },
    advisories: advise(
      { inputs, ...services, external, connections: { ...database, ...pools }, loadBalancer, totals },
      hosts,
      findings.cuts,
      rolloutFallback,
    ),
  };
}

/**
 * Memory of the app host for backend and Celery. By rule it is rounded once: a reserve and data services rounded each on
 * its own would now and then leave less on a larger machine.
 */
function availableForApp(
  { topology, oversubscribe, hostReserve, overrides }: ResolvedInputs,
  { memoryMiB, reserveMiB }: Host,
  postgresMiB: number,
  redisMiB: number,
): number {
  if (topology === "app-and-data") return memoryMiB - reserveMiB;
  const overridden = overrides.postgres?.memoryLimitMiB ?? overrides.redis?.memoryLimitMiB;
  if (overridden !== undefined) return memoryMiB - reserveMiB - postgresMiB - redisMiB;
  return floorDiv(625 * memoryMiB - reserveInThousandths({ memoryMiB, oversubscribe, hostReserve }), 1000);
}
