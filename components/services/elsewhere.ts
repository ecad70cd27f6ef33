import type { Running } from "./descriptor";

/** A server that is reached, and not run: no container, and what of it the plan counts with. */
export const elsewhere = (used: string): Running => ({
  containers: 0,
  memoryLimitMiB: 0,
  cpuQuota: undefined,
  inShort: `runs elsewhere, ${used}`,
});
