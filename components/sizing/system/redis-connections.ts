import { TIER_FACTS, TIERS } from "../machine/tiers";
import { floorDiv } from "../rules/arithmetic";

/** Connections to Redis that a Celery worker holds beside two for each child. */
const PER_REPLICA = 10;
const PER_CHILD = 2;
/** A backend worker needs one for the broker and one for the cache. */
export const LEAST_REDIS_PER_WORKER = 2;

/** What runs on each of so many app hosts, and how many copies of it run side by side during a deploy. */
export interface RedisUsers {
  readonly appHosts: number;
  readonly rolloutFactor: number;
  readonly workers: number;
  readonly replicas: number;
  readonly concurrency: number;
}

const ofCelery = ({ replicas, concurrency }: Pick<RedisUsers, "replicas" | "concurrency">): number =>
  replicas * (PER_REPLICA + PER_CHILD * concurrency);

/** Connections for each backend worker within 80 % of `maxClients`, Celery's counted once. */
export const inSteadyState = ({ maxClients, appHosts, rolloutFactor, workers, ...celery }: InRedis): number =>
  floorDiv(4 * maxClients - 5 * appHosts * ofCelery(celery), 5 * appHosts * rolloutFactor * workers);

/** Connections for each backend worker within all of `maxClients`, every copy of the backend and of Celery counted. */
export const duringDeploy = ({ maxClients, appHosts, rolloutFactor, workers, ...celery }: InRedis): number =>
  floorDiv(maxClients - appHosts * rolloutFactor * ofCelery(celery), appHosts * rolloutFactor * workers);

type InRedis = RedisUsers & { readonly maxClients: number };

/** Connections that one worker and one child on each app host need: in steady state, and of all copies of a deploy. */
export function leastOfRedis({ appHosts, rolloutFactor }: Pick<RedisUsers, "appHosts" | "rolloutFactor">) {
  const celery = ofCelery({ replicas: 1, concurrency: 1 });
  return {
    steady: appHosts * (LEAST_REDIS_PER_WORKER * rolloutFactor + celery),
    deploy: appHosts * rolloutFactor * (LEAST_REDIS_PER_WORKER + celery),
  };
}

/**
 * Celery replicas that Redis must have connections for on each app host: the most any tier has, at every tier, since a
 * busier one must not carry less; or as many as are overridden.
 */
export const mostReplicas = (given: number): number =>
  Math.max(given, ...TIERS.map((tier) => TIER_FACTS[tier].celeryReplicas));

type Carried = Pick<InRedis, "appHosts" | "rolloutFactor" | "maxClients"> & { readonly mostReplicas: number };

/** The most workers, and as many children, that `maxClients` carries on each app host, in steady state and in a deploy. */
export function carriedByRedis({ appHosts, rolloutFactor: f, maxClients, mostReplicas }: Carried): number {
  const carried = (perPair: number, perPairInDeploy: number, beside: number): number =>
    Math.min(
      floorDiv(4 * maxClients - 5 * appHosts * beside, 5 * appHosts * perPair),
      floorDiv(maxClients - appHosts * f * beside, appHosts * f * perPairInDeploy),
    );
  const perPair = LEAST_REDIS_PER_WORKER * f + PER_CHILD;
  const inDeploy = LEAST_REDIS_PER_WORKER + PER_CHILD;
  const besideReplicas = carried(perPair, inDeploy, PER_REPLICA * mostReplicas);
  // Fewer children than replicas: a replica for each.
  const eachInAReplica = carried(perPair + PER_REPLICA, inDeploy + PER_REPLICA, 0);
  return Math.max(besideReplicas, Math.min(mostReplicas, eachInAReplica));
}
