import type { Copies } from "../machine/copies";
import type { ResolvedInputs, Rollout } from "../machine/inputs";
import { TIER_FACTS, TIERS } from "../machine/tiers";
import { floorDiv } from "../rules/arithmetic";
import { Shortfall } from "../rules/refusal";
import { outcome, type PlanOf, rulesOf } from "../rules/rule";
import type { Sheet } from "../rules/sheet";

/** Of PostgreSQL's connections 3 are for superusers, 10 for administration, migrations and an exporter. */
const KEPT = 13;
/** A backend worker and a Celery child hold at least two connections each. */
const PER_WORKER_AND_CHILD = 4;
/** A Celery child holds one connection in its pool and may open one more. */
const PER_CHILD = 2;
/** Connections to Redis that a Celery worker holds beside two for each child. */
const REDIS_PER_REPLICA = 10;
const REDIS_PER_CHILD = 2;
const LEAST_REDIS_PER_WORKER = 2;

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

/** The most workers, and as many children, that each app host may have within 80 % of `maxClients`. */
function carriedByRedis({ appHosts, rolloutFactor, maxClients, mostReplicas = 0 }: CapInputs): number {
  if (maxClients === undefined) return Number.POSITIVE_INFINITY;
  const perWorkerAndChild = LEAST_REDIS_PER_WORKER * rolloutFactor + REDIS_PER_CHILD;
  const besideReplicas = floorDiv(
    4 * maxClients - 5 * appHosts * REDIS_PER_REPLICA * mostReplicas,
    5 * appHosts * perWorkerAndChild,
  );
  // Fewer children than replicas: a replica for each.
  const eachInAReplica = floorDiv(4 * maxClients, 5 * appHosts * (perWorkerAndChild + REDIS_PER_REPLICA));
  return Math.max(besideReplicas, Math.min(mostReplicas, eachInAReplica));
}

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
    words: "max_connections less 3 for superusers and 10 for administration, migrations and an exporter.",
    instead: "postgres.maxConnections",
    asks: ({ maxConnections }: { maxConnections: number }) => maxConnections - KEPT,
  }),
  cap: outcome({
    unit: "processes",
    about: "Backend workers, and Celery children, the connections carry on each app host",
    words:
      "Usable connections over 4 (two for a worker, two for a child), the app hosts and the copies counted with: the rollout factor, or 2 (and at least one process) where auto found no room for two; with a server elsewhere at most what Redis carries.",
    instead: "postgres.maxConnections",
    asks: (inputs: CapInputs) => {
      const carried = (copies: number) => floorDiv(inputs.usable, PER_WORKER_AND_CHILD * inputs.appHosts * copies);
      return withinBoth(inputs, carried);
    },
    bounds: (is) => [
      is.atMost(
        "80 % of Redis' maxclients: two for each worker and child, and 10 for each Celery replica",
        (inputs) => withinBoth(inputs, (rolloutFactor) => carriedByRedis({ ...inputs, rolloutFactor })),
        "connections",
      ),
    ],
  }),
  perWorker: outcome({
    unit: "connections",
    about: "Connections to PostgreSQL each backend worker may hold",
    words: "What Celery's children (two each) leave of the usable connections, over all workers that may run at once.",
    instead: "postgres.maxConnections",
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
    instead: "redis.maxClients",
    asks: ({ maxClients, appHosts, rolloutFactor, workers, replicas, concurrency }: Share & { maxClients: number }) =>
      floorDiv(
        4 * maxClients - 5 * appHosts * replicas * (REDIS_PER_REPLICA + REDIS_PER_CHILD * concurrency),
        5 * appHosts * rolloutFactor * workers,
      ),
  }),
});

/** How the connections of PostgreSQL and Redis are shared out, derived. */
export type ConnectionPlan = PlanOf<typeof CONNECTION_RULES>;

const R = CONNECTION_RULES;

interface ConnectionLimits {
  readonly maxConnections: number;
  /** Undefined where Redis cannot be the narrower one. */
  readonly maxClients: number | undefined;
  /** Overridden Celery replicas. */
  readonly replicasGiven: number | undefined;
}

/** What the connections carry on each app host. Refuses where that is not one worker and one child. */
export function connectionCap(
  sheet: Sheet,
  { appHosts, rollout, externalPostgresConnections, externalRedisConnections }: ResolvedInputs,
  { runs, counted }: Copies,
  { maxConnections, maxClients, replicasGiven = 0 }: ConnectionLimits,
) {
  const rolloutFactor = sheet.apply(R.rolloutFactor, { rollout, copies: runs });
  const usable = sheet.apply(R.usable, { maxConnections });
  const mostReplicas = Math.max(replicasGiven, ...TIERS.map((tier) => TIER_FACTS[tier].celeryReplicas));
  const ofRedis = maxClients === undefined ? {} : { maxClients, mostReplicas };
  const cap = sheet.apply(R.cap, { usable, appHosts, rolloutFactor, counted, ...ofRedis });
  const needed = PER_WORKER_AND_CHILD * appHosts * rolloutFactor;
  if (usable < needed) {
    throw new Shortfall(
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
  }
  if (maxClients !== undefined && cap < 1) {
    const least = appHosts * (REDIS_PER_REPLICA + REDIS_PER_CHILD + LEAST_REDIS_PER_WORKER * rolloutFactor);
    throw new Shortfall(
      "redis",
      "connections",
      "data",
      `redis: one worker and one Celery child on each of ${appHosts} app hosts` +
        `${rolloutFactor === 2 ? ", old and new side by side," : ""} need ${least} connections; ` +
        `80 % of maxclients ${maxClients} are ${floorDiv(4 * maxClients, 5)}, ${least - floorDiv(4 * maxClients, 5)} too few.`,
      externalRedisConnections === undefined
        ? "Use fewer app hosts."
        : "Use fewer app hosts, or a Redis that takes more clients.",
    );
  }
  return { rolloutFactor, usable, cap };
}

/** Workers that so many connections carry on each app host, and as many children. */
export const mostWorkers = (maxConnections: number, { appHosts }: ResolvedInputs, copies: 1 | 2): number =>
  floorDiv(maxConnections - KEPT, PER_WORKER_AND_CHILD * appHosts * copies);

/** What each backend worker may hold. Refuses where Redis has no two connections for each. */
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
    throw new Shortfall(
      "redis",
      "connections",
      "data",
      `redis: each of ${appHosts * rolloutFactor * workers} backend workers needs ${LEAST_REDIS_PER_WORKER} connections; ` +
        `80 % of maxclients ${maxClients}, less Celery's, leave ${Math.max(0, redisPerWorker)}.`,
      "Use fewer app hosts.",
    );
  }
  return { perWorker, redisPerWorker };
}
