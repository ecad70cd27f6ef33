import type { ResolvedInputs } from "../machine/inputs";
import type { ServicePlans } from "../services";

/**
 * Two or more numbers of a plan that must go together. The rules keep to those that are refused; an override may not
 * break one. The others are risks that are pointed out.
 */
export interface Relation {
  /** Stable; the id of its advisory where it is one. */
  readonly id: string;
  readonly answer: "refused" | "warning" | "info";
  /** The number that is held against the others. */
  readonly service: keyof ServicePlans;
  readonly field: string;
  readonly bound: "at most" | "at least";
  /** Its limit; undefined where the relation does not apply. */
  readonly limit: (plan: ServicePlans, inputs: ResolvedInputs) => number | undefined;
  /** What the limit is, and why. */
  readonly why: string;
}

const healthWithinInterval = (service: keyof ServicePlans): Relation => ({
  id: `${service}.health-within-interval`,
  answer: "refused",
  service,
  field: "healthTimeoutSeconds",
  bound: "at most",
  limit: (plan) => plan[service]?.healthIntervalSeconds,
  why: "the time between two checks: a load balancer of AWS takes no other, and checks would pile up",
});

const quotaOfTwo = (service: keyof ServicePlans): Relation => ({
  id: `${service}.small-quota`,
  answer: "info",
  service,
  field: "cpuQuota",
  bound: "at least",
  limit: (_, { hardware, dataHardware, cpuEnforcement }) =>
    cpuEnforcement === "quota" ? Math.min(2, hardware.threads, dataHardware.threads) : undefined,
  why: "2 threads, or the machine: smaller quotas made services three times slower and more where it was measured",
});

const SERVICES = ["backend", "celery", "postgres", "redis"] as const;

/** Every relation, in the order of the table in docs/sizing.md. */
export const RELATIONS: readonly Relation[] = [
  {
    id: "backend.drain-before-kill",
    answer: "refused",
    service: "backend",
    field: "timeoutGracefulShutdown",
    bound: "at most",
    limit: ({ backend }) => backend.stopGraceSeconds - 1,
    why: "a second less than the stop grace, after which the engine kills what still drains",
  },
  {
    id: "backend.pool-timeout-before-client",
    answer: "refused",
    service: "backend",
    field: "poolTimeoutSeconds",
    bound: "at most",
    limit: () => 60,
    why: "the load balancer's own timeout, after which nobody waits for the answer",
  },
  ...SERVICES.map(healthWithinInterval),
  {
    id: "postgres.one-hash-fits",
    answer: "refused",
    service: "postgres",
    field: "workMemMiB",
    bound: "at most",
    limit: ({ postgres }) =>
      postgres && Math.floor((postgres.memoryLimitMiB - postgres.sharedBuffersMiB) / postgres.hashMemMultiplier),
    why: "what shared_buffers leave of the memory, over hash_mem_multiplier: one hash table of one query must fit",
  },
  {
    id: "postgres.maintenance-fits",
    answer: "refused",
    service: "postgres",
    field: "maintenanceWorkMemMiB",
    bound: "at most",
    limit: ({ postgres }) => postgres && postgres.memoryLimitMiB - Math.ceil(postgres.sharedBuffersMiB),
    why: "what shared_buffers leave of the memory: one VACUUM or index build must fit",
  },
  {
    id: "postgres.parallel-needs-shm",
    answer: "refused",
    service: "postgres",
    field: "shmSizeMiB",
    bound: "at least",
    limit: ({ postgres }) => (postgres && postgres.maxParallelWorkersPerGather > 0 ? 128 : undefined),
    why: "128 MiB where queries run in parallel: with the engine's 64 a parallel hash join fails (measured)",
  },
  {
    id: "postgres.shm-for-parallel-query",
    answer: "warning",
    service: "postgres",
    field: "shmSizeMiB",
    bound: "at least",
    limit: ({ postgres }) =>
      postgres && postgres.maxParallelWorkersPerGather > 0
        ? Math.ceil(postgres.workMemMiB * postgres.hashMemMultiplier * (postgres.maxParallelWorkersPerGather + 1))
        : undefined,
    why: "work_mem x hash_mem_multiplier for each process of a parallel query, which fails where it finds less",
  },
  {
    id: "postgres.autovacuum-fits",
    answer: "warning",
    service: "postgres",
    field: "autovacuumWorkMemMiB",
    bound: "at most",
    limit: ({ postgres }) =>
      postgres && Math.floor((postgres.memoryLimitMiB - postgres.sharedBuffersMiB) / postgres.autovacuumMaxWorkers),
    why: "what shared_buffers leave of the memory, over autovacuum_max_workers, which may all run at once",
  },
  {
    id: "redis.room-beside-data",
    answer: "warning",
    service: "redis",
    field: "maxMemoryMiB",
    bound: "at most",
    limit: ({ redis }) => redis && Math.floor((4 * redis.memoryLimitMiB) / 5),
    why: "four fifths of the memory: buffers and the rewrite child need the rest",
  },
  {
    id: "backend.keep-alive-behind-load-balancer",
    answer: "warning",
    service: "backend",
    field: "timeoutKeepAlive",
    bound: "at least",
    limit: (_, { behindLoadBalancer, entranceIdleSeconds }) =>
      behindLoadBalancer ? entranceIdleSeconds + 1 : undefined,
    why: "longer than the load balancer's own (entrance.idleSeconds), which else reuses a connection that was just closed",
  },
  {
    id: "celery.memory-headroom",
    answer: "info",
    service: "celery",
    field: "maxMemoryPerChildKiB",
    bound: "at most",
    limit: ({ celery }, { childMemoryMiB }) =>
      Math.floor((1024 * (0.95 * celery.memoryLimitMiB - childMemoryMiB)) / celery.concurrency),
    why: "what children and parent leave of 0.95 of a replica: a child is replaced after its task only, and may have grown by then",
  },
  ...SERVICES.map(quotaOfTwo),
];

/** A relation that a plan breaks: the number, and its limit. */
export interface Broken {
  readonly relation: Relation;
  readonly value: number;
  readonly limit: number;
}

/** The relations that these numbers break, in order. */
export function brokenRelations(plan: ServicePlans, inputs: ResolvedInputs): Broken[] {
  return RELATIONS.flatMap((relation) => {
    const numbers: Readonly<Record<string, unknown>> = { ...plan[relation.service] };
    const value = numbers[relation.field];
    const limit = relation.limit(plan, inputs);
    if (typeof value !== "number" || limit === undefined) return [];
    const holds = relation.bound === "at most" ? value <= limit : value >= limit;
    return holds ? [] : [{ relation, value, limit }];
  });
}
