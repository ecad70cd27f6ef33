import type { ResolvedInputs } from "../../machine/inputs";
import { TIER_FACTS, tierWorkers } from "../../machine/tiers";
import { floorDiv } from "../../rules/arithmetic";
import { constant, outcome, type PlanOf, rulesOf } from "../../rules/rule";
import type { Sheet } from "../../rules/sheet";

/** Whether HAProxy is the load balancer: not without one, and not where the platform brings its own. */
export const usesHaproxy = ({ behindLoadBalancer, hostReserve }: ResolvedInputs): boolean =>
  behindLoadBalancer && hostReserve === "system";

const MOST_CONNECTIONS = 50_000;
/** Files HAProxy opens beside two for each connection. */
const OWN_FILES = 100;

type ConnectionInputs = { hostNofile: number; workersAtExtreme: number; limitConcurrency: number; appHosts: number };

/**
 * HAProxy's numbers follow from the hardware and its open-file limit alone, so that no tier change replaces the
 * container that owns the published port.
 */
export const LOAD_BALANCER_RULES = rulesOf("loadBalancer", "docs/sizing.md#load-balancer", {
  maxConnections: outcome({
    unit: "connections",
    about: "maxconn: client connections HAProxy takes",
    words:
      "What the backends of this hardware carry at extreme (limit-concurrency for each worker), at most half of the open files the host grants, less 100 (each connection takes two), and at most 50,000.",
    instead: "hostNofile",
    asks: ({ hostNofile, workersAtExtreme, limitConcurrency, appHosts }: ConnectionInputs) =>
      Math.min(MOST_CONNECTIONS, workersAtExtreme * limitConcurrency * appHosts, floorDiv(hostNofile - OWN_FILES, 2)),
  }),
  nofile: outcome({
    unit: "files",
    about: "Open files of the container",
    words: "2 x maxconn + 100.",
    instead: "hostNofile",
    asks: ({ maxConnections }: { maxConnections: number }) => 2 * maxConnections + OWN_FILES,
  }),
  memoryLimitMiB: outcome({
    unit: "MiB",
    about: "Memory HAProxy may use at most",
    words: "64 MiB + 34 KiB for each connection.",
    instead: "hostNofile",
    asks: ({ maxConnections }: { maxConnections: number }) => 64 + Math.ceil((34 * maxConnections) / 1024),
  }),
  cpuShares: constant<number>({
    unit: "shares",
    about: "Weight against the other containers; 1024 is one thread",
    words: "Half a thread's weight.",
    value: 512,
  }),
});

/** HAProxy's own part of the machine. */
export type LoadBalancerPlan = PlanOf<typeof LOAD_BALANCER_RULES>;

/** What the backends of this hardware can be at most, at any tier. */
export interface MostBackends {
  /** Workers that the memory of the backend holds, and that the connections to PostgreSQL carry. */
  readonly byMemory: number;
  readonly byConnections: number;
  /** Of the plan itself: overrides may ask for more than any tier. */
  readonly workers: number;
  readonly limitConcurrency: number;
}

/** Workers of an app host at extreme: one for each thread, equally many in each container. */
function workersAtExtreme(threads: number, { byMemory, byConnections, workers }: MostBackends): number {
  const containers = TIER_FACTS.extreme.backendInstances;
  const asked = containers * Math.ceil(tierWorkers("extreme", threads) / containers);
  return Math.max(workers, Math.min(asked, byMemory, byConnections));
}

export function planLoadBalancer(
  sheet: Sheet,
  { hostNofile, hardware, appHosts }: ResolvedInputs,
  most: MostBackends,
): LoadBalancerPlan {
  const R = LOAD_BALANCER_RULES;
  const maxConnections = sheet.apply(R.maxConnections, {
    hostNofile,
    workersAtExtreme: workersAtExtreme(hardware.threads, most),
    limitConcurrency: most.limitConcurrency,
    appHosts,
  });
  return {
    maxConnections,
    nofile: sheet.apply(R.nofile, { maxConnections }),
    memoryLimitMiB: sheet.apply(R.memoryLimitMiB, { maxConnections }),
    cpuShares: sheet.apply(R.cpuShares, {}),
  };
}
