import type { Copies } from "../machine/copies";
import type { ResolvedInputs, Rollout } from "../machine/inputs";
import { floorDiv } from "../rules/arithmetic";
import { Shortfall } from "../rules/refusal";
import { outcome, type PlanOf, rulesOf } from "../rules/rule";
import type { Sheet } from "../rules/sheet";
import type { PostgresGiven } from "../services/postgres/plan";
import { SERVER_DEFAULTS } from "../services/postgres/server";
import {
  carriedByRedis,
  duringDeploy,
  inSteadyState,
  LEAST_REDIS_PER_WORKER,
  leastOfRedis,
  mostReplicas,
} from "./redis-connections";

/** Of PostgreSQL's connections these are for administration, migrations and an exporter. */
const KEPT = 10;
/** A backend worker and a Celery child hold at least two connections each. */
const PER_WORKER_AND_CHILD = 4;
/** A Celery child holds one connection in its pool and may open one more. */
const PER_CHILD = 2;
interface Fleet {
  readonly workers: number;
  readonly replicas: number;
  readonly concurrency: number;
}

type Share = { appHosts: number; rolloutFactor: number; workers: number; replicas: number; concurrency: number };

type CapInputs = {
  usable: number;
  appHosts: number;
  rolloutFactor: number;
  /** Copies that processes are counted for: 2 where `auto` found no room for two. */
  counted: number;
  /** Left out where both run here: Redis then carries what PostgreSQL does. */
  maxClients?: number;
  /** Celery replicas at most, on each app host. The same at every tier: a busier one must not carry less. */
  mostReplicas?: number;
};

/** What a plan's own copies carry, and where it counts with more of them what those would; at least one process. */
const withinBoth = ({ rolloutFactor, counted }: CapInputs, carried: (copies: number) => number): number =>
  Math.min(carried(rolloutFactor), Math.max(1, carried(counted)));

/** How the connections of PostgreSQL and Redis are shared out. */
export const CONNECTION_RULES = rulesOf("connections", "docs/sizing.md#connections", {
  rolloutFactor: outcome({
    unit: "ratio",
    about: "How many copies of the application a deploy runs side by side",
    words: "2 where old and new run side by side (gapless), else 1; auto takes 2 unless that does not fit.",
    source: "docs/sizing.md#rollout",
    instead: "rollout",
    asks: ({ copies }: { rollout: Rollout; copies: 1 | 2 }) => copies,
  }),
  usable: outcome({
    unit: "connections",
    about: "Connections to PostgreSQL the application may hold",
    words:
      "max_connections less those reserved for superusers and others (3) and 10 for administration, migrations and an exporter.",
    instead: "overrides.postgres.maxConnections",
    asks: ({ maxConnections, reserved }: { maxConnections: number; reserved: number }) =>
      maxConnections - reserved - KEPT,
  }),
  cap: outcome({
    unit: "processes",
    about: "Backend workers, and Celery children, the connections carry on each app host",
    words:
      "Usable connections over 4 (two for a worker, two for a child), the app hosts and the copies counted with: the rollout factor, or 2 (and at least one process) where auto found no room for two; with a server elsewhere at most what Redis carries.",
    instead: "overrides.postgres.maxConnections",
    asks: (inputs: CapInputs) => {
      const carried = (copies: number) => floorDiv(inputs.usable, PER_WORKER_AND_CHILD * inputs.appHosts * copies);
      return withinBoth(inputs, carried);
    },
    bounds: (is) => [
      is.atMost(
        "Redis' maxclients, 80 % in steady state and all during a deploy: two for each worker and child, and 10 for each Celery replica",
        ({ maxClients, mostReplicas = 0, ...each }) =>
          maxClients === undefined
            ? Number.POSITIVE_INFINITY
            : withinBoth(each, (rolloutFactor) => carriedByRedis({ ...each, rolloutFactor, maxClients, mostReplicas })),
        "connections",
      ),
    ],
  }),
  perWorker: outcome({
    unit: "connections",
    about: "Connections to PostgreSQL each backend worker may hold",
    words: "What Celery's children (two each) leave of the usable connections, over all workers that may run at once.",
    instead: "overrides.postgres.maxConnections",
    asks: ({ usable, appHosts, rolloutFactor, workers, replicas, concurrency }: Share & { usable: number }) =>
      floorDiv(
        usable - PER_CHILD * appHosts * rolloutFactor * replicas * concurrency,
        appHosts * rolloutFactor * workers,
      ),
  }),
  redisPerWorker: outcome({
    unit: "connections",
    about: "Connections to Redis each backend worker may hold",
    words:
      "80 % of maxclients less Celery's (10 for each replica, 2 for each child), over all workers that may run at once.",
    instead: "overrides.redis.maxClients",
    asks: (inputs: Share & { maxClients: number }) => inSteadyState(inputs),
    bounds: (is) => [
      is.atMost(
        "all of maxclients, which every copy of the backend and of Celery shares during a deploy",
        duringDeploy,
        "connections",
      ),
    ],
  }),
});

/** How the connections of PostgreSQL and Redis are shared out, derived. */
export type ConnectionPlan = PlanOf<typeof CONNECTION_RULES>;

const R = CONNECTION_RULES;

interface ConnectionLimits {
  readonly maxConnections: number;
  /** Those of them kept from the application. Default: PostgreSQL's own. */
  readonly reserved?: PostgresGiven["reserved"] | undefined;
  /** Undefined where Redis cannot be the narrower one. */
  readonly maxClients: number | undefined;
  /** Overridden Celery replicas. */
  readonly replicasGiven: number | undefined;
}

/** What the connections carry on each app host. Connections lack where that is not one worker and one child. */
export function connectionCap(
  sheet: Sheet,
  { appHosts, rollout, externalPostgresConnections, externalRedisConnections }: ResolvedInputs,
  { runs, counted }: Copies,
  { maxConnections, reserved = SERVER_DEFAULTS, maxClients, replicasGiven = 0 }: ConnectionLimits,
) {
  const rolloutFactor = sheet.apply(R.rolloutFactor, { rollout, copies: runs });
  const { superuserReservedConnections, reservedConnections = 0 } = reserved;
  const usable = sheet.apply(R.usable, {
    maxConnections,
    reserved: superuserReservedConnections + reservedConnections,
  });
  const ofRedis = maxClients === undefined ? {} : { maxClients, mostReplicas: mostReplicas(replicasGiven) };
  const cap = sheet.apply(R.cap, { usable, appHosts, rolloutFactor, counted, ...ofRedis });
  const needed = PER_WORKER_AND_CHILD * appHosts * rolloutFactor;
  if (usable < needed) {
    const shortfall = new Shortfall(
      "postgres",
      "connections",
      "data",
      `postgres: one worker and one Celery child on each of ${appHosts} app hosts` +
        `${rolloutFactor === 2 ? ", old and new side by side," : ""} need ${needed} connections; ` +
        `${usable} of max_connections ${maxConnections} are theirs to use, ${needed - usable} too few.`,
      externalPostgresConnections === undefined
        ? "Use fewer app hosts, or put PgBouncer in front of PostgreSQL."
        : "Use fewer app hosts, raise the server's max_connections, or put PgBouncer in front of it.",
    );
    sheet.lacks(shortfall, "backend", "celery");
  }
  if (maxClients !== undefined && cap < 1) {
    const { steady, deploy } = leastOfRedis({ appHosts, rolloutFactor });
    const least = Math.max(deploy, Math.ceil((5 * steady) / 4));
    const shortfall = new Shortfall(
      "redis",
      "connections",
      "data",
      `redis: one worker and one Celery child on each of ${appHosts} app hosts` +
        `${rolloutFactor === 2 ? ", old and new side by side," : ""} need maxclients ${least}: ${steady} connections in ` +
        `80 % of it${rolloutFactor === 2 ? `, and ${deploy} in all of it during a deploy` : ""}; maxclients ${maxClients} is ` +
        `${least - maxClients} too few.`,
      externalRedisConnections === undefined
        ? "Use fewer app hosts."
        : "Use fewer app hosts, or a Redis that takes more clients.",
    );
    sheet.lacks(shortfall, "backend", "celery");
  }
  // Where connections lack for one, the rules go on with one.
  return { rolloutFactor, usable: Math.max(usable, needed), cap: Math.max(cap, 1) };
}

/** Workers that so many connections carry on each app host, and as many children; PostgreSQL's own reserve is its default. */
export const mostWorkers = (maxConnections: number, { appHosts }: ResolvedInputs, copies: 1 | 2): number =>
  floorDiv(
    maxConnections - SERVER_DEFAULTS.superuserReservedConnections - KEPT,
    PER_WORKER_AND_CHILD * appHosts * copies,
  );

/** What each backend worker may hold. Connections lack where Redis has no two for each. */
export function connectionsPerWorker(
  sheet: Sheet,
  { appHosts }: ResolvedInputs,
  { rolloutFactor, usable }: { rolloutFactor: number; usable: number },
  { workers, replicas, concurrency }: Fleet,
  maxClients: number,
) {
  const share = { appHosts, rolloutFactor, workers, replicas, concurrency };
  const perWorker = sheet.apply(R.perWorker, { usable, ...share });
  const redisPerWorker = sheet.apply(R.redisPerWorker, { maxClients, ...share });
  if (redisPerWorker < LEAST_REDIS_PER_WORKER) {
    const inDeploy = duringDeploy({ maxClients, ...share }) < inSteadyState({ maxClients, ...share });
    const shortfall = new Shortfall(
      "redis",
      "connections",
      "data",
      `redis: each of ${appHosts * rolloutFactor * workers} backend workers needs ${LEAST_REDIS_PER_WORKER} connections; ` +
        `${inDeploy ? "" : "80 % of "}maxclients ${maxClients}, less Celery's${inDeploy ? " of both copies" : ""}, ` +
        `leave ${Math.max(0, redisPerWorker)}.`,
      "Use fewer app hosts.",
    );
    sheet.lacks(shortfall, "backend");
  }
  return { perWorker, redisPerWorker };
}
