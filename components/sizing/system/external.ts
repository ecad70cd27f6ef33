import type { Host } from "../machine/hosts";
import { needsDataHost, type ResolvedInputs } from "../machine/inputs";
import { floorHundredths } from "../rules/arithmetic";
import { outcome, type PlanOf, rulesOf, setting } from "../rules/rule";
import type { Sheet } from "../rules/sheet";
import { postgresCpu } from "../services/postgres/plan";
import { redisCpu } from "../services/redis/plan";

/** What is known of a PostgreSQL or Redis that runs elsewhere, and what stays unused here because of it. */
export const EXTERNAL_RULES = rulesOf("external", "docs/sizing.md#existing-servers", {
  postgresConnections: setting({
    unit: "connections",
    about: "max_connections of the PostgreSQL that runs elsewhere, or the part of them this system may use",
    words: "As set: that server is not ours to size.",
    instead: "postgres.external.maxConnections",
    asks: ({ given }: { given: number }) => given,
  }),
  redisConnections: setting({
    unit: "connections",
    about: "maxclients of the Redis that runs elsewhere, or the part of them this system may use",
    words: "As set: that server is not ours to size.",
    instead: "redis.external.maxClients",
    asks: ({ given }: { given: number }) => given,
  }),
  unusedMemoryMiB: outcome({
    unit: "MiB",
    about: "Memory of the host that no service is given, as a limit",
    words: "The memory limits of the containers that do not run; nothing where the data host itself is not needed.",
    instead: "hardware",
    asks: ({ postgresMiB, redisMiB }: { postgresMiB: number; redisMiB: number }) => postgresMiB + redisMiB,
  }),
  unusedThreads: outcome({
    unit: "threads",
    about: "Threads of the host that no service is given, as a limit",
    words: "The CPU limits of the containers that do not run; nothing where the data host itself is not needed.",
    instead: "hardware",
    asks: ({ postgres, redis }: { postgres: number; redis: number }) => floorHundredths(postgres + redis),
  }),
});

const R = EXTERNAL_RULES;

/** Servers that run elsewhere; the connections of those that do. */
export type ExternalPlan = Partial<PlanOf<typeof R>> & Pick<PlanOf<typeof R>, "unusedMemoryMiB" | "unusedThreads">;

/** Undefined where both data services run here. */
export function planExternal(
  sheet: Sheet,
  servers: { readonly postgres: Sheet; readonly redis: Sheet },
  inputs: ResolvedInputs,
  { threads }: Host,
  shares: { readonly postgresMiB: number; readonly redisMiB: number },
): ExternalPlan | undefined {
  const { topology, externalPostgresConnections: postgres, externalRedisConnections: redis } = inputs;
  if (postgres === undefined && redis === undefined) return undefined;
  const hasHost = topology === "single-host" || needsDataHost(inputs);
  const unusedIf = (elsewhere: boolean, share: number): number => (hasHost && elsewhere ? share : 0);
  return {
    ...(postgres !== undefined && { postgresConnections: sheet.apply(R.postgresConnections, { given: postgres }) }),
    ...(redis !== undefined && { redisConnections: sheet.apply(R.redisConnections, { given: redis }) }),
    unusedMemoryMiB: sheet.apply(R.unusedMemoryMiB, {
      postgresMiB: unusedIf(postgres !== undefined, shares.postgresMiB),
      redisMiB: unusedIf(redis !== undefined, shares.redisMiB),
    }),
    unusedThreads: sheet.apply(R.unusedThreads, {
      postgres: unusedIf(postgres !== undefined, postgresCpu(servers.postgres, inputs, threads).byRule),
      redis: unusedIf(redis !== undefined, redisCpu(servers.redis, inputs, threads).byRule),
    }),
  };
}
