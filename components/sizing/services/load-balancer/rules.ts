import type { ResolvedInputs } from "../../machine/inputs";
import { floorDiv } from "../../rules/arithmetic";
import { constant, outcome, type PlanOf, rulesOf } from "../../rules/rule";
import type { Sheet } from "../../rules/sheet";

/** Whether HAProxy is the load balancer: not without one, and not where the platform brings its own. */
export const usesHaproxy = ({ behindLoadBalancer, hostReserve }: ResolvedInputs): boolean =>
  behindLoadBalancer && hostReserve === "system";

const MOST_CONNECTIONS = 50_000;
/** Files HAProxy opens beside two for each connection. */
const OWN_FILES = 100;

/**
 * HAProxy's numbers follow from the host's open-file limit alone, so that no tier change replaces the container
 * that owns the published port.
 */
export const LOAD_BALANCER_RULES = rulesOf("loadBalancer", "docs/sizing.md#load-balancer", {
  maxConnections: outcome({
    unit: "connections",
    about: "maxconn: client connections HAProxy takes",
    words: "Half of the open files the host grants, less 100, at most 50,000: each connection takes two files.",
    instead: "hostNofile",
    asks: ({ hostNofile }: { hostNofile: number }) => Math.min(MOST_CONNECTIONS, floorDiv(hostNofile - OWN_FILES, 2)),
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

export function planLoadBalancer(sheet: Sheet, hostNofile: number): LoadBalancerPlan {
  const R = LOAD_BALANCER_RULES;
  const maxConnections = sheet.apply(R.maxConnections, { hostNofile });
  return {
    maxConnections,
    nofile: sheet.apply(R.nofile, { maxConnections }),
    memoryLimitMiB: sheet.apply(R.memoryLimitMiB, { maxConnections }),
    cpuShares: sheet.apply(R.cpuShares, {}),
  };
}
