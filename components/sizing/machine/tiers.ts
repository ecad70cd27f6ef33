import { roundDiv } from "../rules/arithmetic";

/** Expected load, as concurrent users: low below 1,000; medium to 10,000; high to 50,000; extreme above. */
export type Tier = "low" | "medium" | "high" | "extreme";
/** All tiers, lowest first. */
export const TIERS = ["low", "medium", "high", "extreme"] as const satisfies readonly Tier[];

interface TierFacts {
  /** Thirds of the machine's threads that get a worker. */
  readonly thirds: number;
  /** Backend containers a host runs. */
  readonly backendInstances: number;
  /** Celery containers a host runs at most. */
  readonly celeryReplicas: number;
  /** Connections the kernel queues before uvicorn accepts them. */
  readonly backlog: number;
  /** PostgreSQL's max_wal_size where the disk allows it, GiB. */
  readonly maxWalSizeGiB: number;
}

/** Source: docs/sizing.md, "Tiers". */
export const TIER_FACTS: Readonly<Record<Tier, TierFacts>> = {
  low: { thirds: 1, backendInstances: 1, celeryReplicas: 1, backlog: 2048, maxWalSizeGiB: 1 },
  medium: { thirds: 2, backendInstances: 1, celeryReplicas: 1, backlog: 4096, maxWalSizeGiB: 2 },
  high: { thirds: 3, backendInstances: 1, celeryReplicas: 2, backlog: 8192, maxWalSizeGiB: 4 },
  extreme: { thirds: 3, backendInstances: 2, celeryReplicas: 4, backlog: 8192, maxWalSizeGiB: 8 },
};

/** Workers the tier asks of a machine with so many threads, before memory or connections bound them. */
export const tierWorkers = (tier: Tier, threads: number): number =>
  Math.max(1, roundDiv(threads * TIER_FACTS[tier].thirds, 3));
