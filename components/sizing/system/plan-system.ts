import type { Copies } from "../machine/copies";
import type { DataMemory } from "../machine/data-memory";
import { type Host, planHosts, reserveInThousandths } from "../machine/hosts";
import type { ResolvedInputs } from "../machine/inputs";
import { floorDiv } from "../rules/arithmetic";
import { OverrideRefusal, type Shortfall } from "../rules/refusal";
import { type Findings, noFindings, Sheet } from "../rules/sheet";
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
  postgresReserved,
} from "../services/postgres/plan";
import { POSTGRES_MEMORY } from "../services/postgres/rules";
import { planRedis, redisClients, redisCpu, redisLoad, redisMemory } from "../services/redis/plan";
import { REDIS_MEMORY } from "../services/redis/rules";
import { advise } from "./advisories";
import { planCapacity } from "./capacity";
import { findContradictions, findTooSmall, findUnfit } from "./checks";
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
  const findings = noFindings(unknownOverrides(inputs));
  const plan = planOn(openSheets(inputs, findings), findings, inputs, copies, rolloutFallback);
  const [shortfall] = findings.shortfalls;
  if (findings.mistakes.length > 0) throw new OverrideRefusal(findings.mistakes, shortfall);
  if (shortfall) throw shortfall;
  return plan;
}

/** In the order of docs/sizing.md: nothing feeds back. */
function planOn(
  sheets: Sheets,
  findings: Findings,
  inputs: ResolvedInputs,
  copies: Copies,
  rolloutFallback: Shortfall | undefined,
): SizingPlan {
  findTooSmall(inputs, findings);
  const hosts = planHosts(inputs, sheets.system);
  const { app, data } = hosts;

  const memory = {
    postgres: postgresMemory(sheets.postgres, inputs, data),
    redis: redisMemory(sheets.redis, inputs, data),
  };
  const [postgresMiB, redisMiB] = [memory.postgres.limitMiB, memory.redis.limitMiB];
  const availableMiB = availableForApp(inputs, app, Object.values(memory));
  const backendRoom = backendCeiling(sheets.backend, inputs, app, availableMiB, copies);
  const celeryRoom = celeryCeiling(sheets.celery, inputs, app, availableMiB, backendRoom.ceilingMiB, copies);

  const asked = backendWorkersAsked(sheets.backend, inputs, app, backendRoom);
  const external = planExternal(sheets.external, sheets, inputs, data, { postgresMiB, redisMiB });
  const maxConnections =
    external?.postgresConnections ?? postgresConnections(sheets.postgres, inputs, asked, postgresMiB);
  // Those of a server elsewhere are not ours to set: PostgreSQL's default is counted.
  const reserved =
    external?.postgresConnections === undefined ? postgresReserved(sheets.postgres, inputs, maxConnections) : undefined;
  const maxClients = external?.redisConnections ?? redisClients(sheets.redis, redisMiB);
  const database = connectionCap(sheets.connections, inputs, copies, {
    maxConnections,
    reserved,
    // Our own Redis always carries what our own PostgreSQL does.
    maxClients: external && maxClients,
    replicasGiven: sheets.celery.given(CELERY_RULES.replicas),
  });
  const spread = spreadBackend(sheets.backend, inputs, app, backendRoom, asked, database.cap);
  const split = splitCelery(sheets.celery, inputs, app, celeryRoom, database.cap);

  const scales = cpuScales(sheets.system, inputs, hosts, {
    backend: backendCpu(sheets.backend, spread.workers, app.threads),
    celery: celeryCpu(sheets.celery, app.threads),
    postgres: postgresCpu(sheets.postgres, inputs, data.threads),
    redis: redisCpu(sheets.redis, inputs, data.threads),
  });
  const { shares } = scales;
  const celery = planCelery(sheets.celery, inputs, app, shares.celery, split, celeryRoom);
  const postgres = reserved
    ? planPostgres(sheets.postgres, inputs, data, shares.postgres, {
        memoryLimitMiB: postgresMiB,
        maxConnections,
        reserved,
      })
    : undefined;
  const redis =
    external?.redisConnections === undefined
      ? planRedis(sheets.redis, inputs, data, shares.redis, { memoryLimitMiB: redisMiB, maxClients })
      : undefined;
  const pools = connectionsPerWorker(
    sheets.connections,
    inputs,
    database,
    { workers: spread.workers, ...split },
    maxClients,
  );
  const backend = planBackend(sheets.backend, inputs, app, shares.backend, spread, backendRoom, pools);

  const services = { backend, celery, postgres, redis };
  const loads = [
    backendLoad(backend),
    celeryLoad(celery),
    ...(postgres ? [postgresLoad(postgres)] : []),
    ...(redis ? [redisLoad(redis)] : []),
  ];
  const beat = inputs.beat ? planBeat(sheets.beat, app) : undefined;
  findContradictions(services, inputs, sheets, findings);
  findUnfit(loads, inputs, hosts, copies.runs, sheets, findings);

  const loadBalancer = planLoadBalancer(sheets.loadBalancer, inputs, {
    byMemory: workersIn(Math.max(backendRoom.ruleMiB, backendRoom.ceilingMiB), inputs.workerMemoryMiB),
    byConnections: mostWorkers(
      external?.postgresConnections ?? mostConnections(sheets.postgres, postgresMiB),
      inputs,
      copies.runs,
    ),
    ...backend,
  });
  const haproxy = usesHaproxy(inputs) ? loadBalancer : undefined;
  const capacity = planCapacity(sheets.capacity, inputs, backend, celery, haproxy?.maxConnections);
  const totals = planTotals(sheets.totals, Object.keys(services), loads, {
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
 * its own would now and then leave less on a larger machine. What overrides take of the data services comes on top.
 */
function availableForApp(
  { topology, oversubscribe, hostReserve }: ResolvedInputs,
  { memoryMiB, reserveMiB }: Host,
  dataServices: readonly DataMemory[],
): number {
  if (topology === "app-and-data") return memoryMiB - reserveMiB;
  const givenBack = dataServices.reduce((sum, { ruleMiB, limitMiB }) => sum + ruleMiB - limitMiB, 0);
  const [part, of] = leftOf(
    1,
    [POSTGRES_MEMORY, REDIS_MEMORY].map((memory) => memory[topology]),
  );
  const reserve = reserveInThousandths({ memoryMiB, oversubscribe, hostReserve });
  return givenBack + floorDiv(1000 * part * memoryMiB - of * reserve, 1000 * of);
}

type Fraction = readonly [numerator: number, denominator: number];

/** What is left of a whole, as a fraction that is not reduced. */
const leftOf = (whole: number, parts: readonly Fraction[]): Fraction =>
  parts.reduce<Fraction>(([a, b], [c, d]) => [a * d - c * b, b * d], [whole, 1]);
