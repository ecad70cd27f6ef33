import { floorDiv } from "./arithmetic";

/** HAProxy's own part of the machine. It depends on the host's open-file limit alone: see planLoadBalancer. */
export interface LoadBalancerPlan {
  readonly maxConnections: number;
  readonly nofile: number;
  readonly memoryLimitMiB: number;
  readonly cpuShares: number;
}

/**
 * From the host's open-file limit alone, so that no tier change replaces the container that owns the
 * published port. Each connection takes two files and about 34 KiB.
 */
export function planLoadBalancer(hostNofile: number): LoadBalancerPlan {
  const maxConnections = Math.min(50_000, floorDiv(hostNofile - 100, 2));
  return {
    maxConnections,
    nofile: 2 * maxConnections + 100,
    memoryLimitMiB: 64 + Math.ceil((34 * maxConnections) / 1024),
    cpuShares: 512,
  };
}
