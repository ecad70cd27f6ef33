import type { Copies } from "../machine/copies";
import { type Host, planHosts, reserveInThousandths } from "../machine/hosts";
import type { ResolvedInputs } from "../machine/inputs";
import { floorDiv } from "../rules/arithmetic";
import { OverrideRefusal, Shortfall } from "../rules/refusal";
import { type Findings, Sheet } from "../rules/sheet";
import {
  backendCeiling,
  backendCpu,
  backendLoad,
  backendWorkersAsked,
  planBackend,
  spreadBackend,
} from "../services/backend/plan";
import { workersIn } from "../services/backend/workers";
import { planBeat } from "../services/celery/beat";
import { celeryCeiling, celeryCpu, celeryLoad, planCelery, splitCelery } from "../services/celery/plan";
import { CELERY_RULES } from "../services/celery/rules";
import { planLoadBalancer, usesHaproxy } from "../services/load-balancer/rules";
import {
  mostConnections,
  planPostgres,
  postgresConnections,
  postgresCpu,
  postgresLoad,
  postgresMemory,
} from "../services/postgres/plan";
import { POSTGRES_MEMORY } from "../services/postgres/rules";
import { planRedis, redisClients, redisCpu, redisLoad, redisMemory } from "../services/redis/plan";
import { REDIS_MEMORY } from "../services/redis/rules";
import { advise } from "./advisories";
import { planCapacity } from "./capacity";
import { refuseTooSmall, refuseUnfit } from "./checks";
import { connectionCap, connectionsPerWorker, mostWorkers } from "./connections";
import { cpuScales } from "./cpu-scale";
import { SECTIONS, type Section } from "./explain";
import { planExternal } from "./external";
import { unknownOverrides } from "./overrides";
import type { SizingPlan } from "./plan";
import { planTotals } from "./totals";

type Sheets = Readonly<Record<Section, Sheet>>;

/** One sheet for each section, all reporting to the same findings. */
const openSheets = ({ overrides }: ResolvedInputs, findings: Findings): Sheets =>
  bySection((section) => new Sheet(overrides[section], findings));

const bySection = <T>(make: (section: Section) => T): Readonly<Record<Section, T>> =>
  Object.fromEntries(SECTIONS.map((section) => [section, make(section)])) as Record<Section, T>;

/**
 * The whole system with so many copies of the application side by side during a deploy.
 * @param rolloutFallback Why `auto` counts with fewer than two.
 * @throws Shortfall where something that is needed does not fit.
 * @throws OverrideRefusal with every override that cannot be taken.
 */
export function planSystem(inputs: ResolvedInputs, copies: Copies, rolloutFallback?: Shortfall): SizingPlan {
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
  copies: Copies,
  rolloutFallback: Shortfall | undefined,
): SizingPlan {
  refuseTooSmall(inputs);
  const hosts = planHosts(inputs, sheets.system);
  const { app, data } = hosts;

  const postgresMiB = postgresMemory(sheets.postgres, inputs, data);
  const redisMiB = redisMemory(sheets.redis, inputs, data);
  const availableMiB = availableForApp(inputs, app, postgresMiB, redisMiB);
  const backendRoom = backendCeiling(sheets.backend, inputs, app, availableMiB, copies);
  const celeryRoom = celeryCeiling(sheets.celery, inputs, app, availableMiB, backendRoom.ceilingMiB, copies);

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

  const scales = cpuScales(sheets.system, inputs, hosts, [
    backendCpu(sheets.backend, spread.workers, app.threads),
    celeryCpu(sheets.celery, app.threads),
    postgresCpu(sheets.postgres, inputs, data.threads),
    redisCpu(sheets.redis, inputs, data.threads),
  ]);
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
  const loads = [
    backendLoad(backend),
    celeryLoad(celery),
    ...(postgres ? [postgresLoad(postgres)] : []),
    ...(redis ? [redisLoad(redis)] : []),
  ];
  refuseUnfit(loads, inputs, hosts, copies.runs, sheets, findings);

  const loadBalancer = planLoadBalancer(sheets.loadBalancer, inputs, {
    byMemory: workersIn(backendRoom.ceilingMiB, inputs.workerMemoryMiB),
    byConnections: mostWorkers(
      external?.postgresConnections ?? mostConnections(sheets.postgres, postgresMiB),
      inputs,
      copies.runs,
    ),
    ...backend,
  });
  const beat = inputs.beat ? planBeat(sheets.beat) : undefined;
  const haproxy = usesHaproxy(inputs) ? loadBalancer : undefined;
  const capacity = planCapacity(sheets.capacity, inputs, backend, celery, haproxy?.maxConnections);
  const totals = planTotals(sheets.totals, loads, {
    loadBalancer: haproxy?.memoryLimitMiB ?? 0,
    beat: beat?.memoryLimitMiB ?? 0,
  });
  return {
    inputs,
    rolloutFactor: copies.runs,
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
    explanations: bySection((section) => sheets[section].explanations),
    advisories: advise(
      { inputs, ...services, loads, external, connections: { ...database, ...pools }, loadBalancer, totals },
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
  const [part, of] = leftOf(
    1,
    [POSTGRES_MEMORY, REDIS_MEMORY].map((memory) => memory[topology]),
  );
  const reserve = reserveInThousandths({ memoryMiB, oversubscribe, hostReserve });
  return floorDiv(1000 * part * memoryMiB - of * reserve, 1000 * of);
}

type Fraction = readonly [numerator: number, denominator: number];

/** What is left of a whole, as a fraction that is not reduced. */
const leftOf = (whole: number, parts: readonly Fraction[]): Fraction =>
  parts.reduce<Fraction>(([a, b], [c, d]) => [a * d - c * b, b * d], [whole, 1]);
