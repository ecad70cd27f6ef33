import type { ConnectionPlan } from "./connections";
import { withUnit } from "./explain";
import type { ExternalPlan } from "./external";
import type { Host } from "./host";
import { needsDataHost, type ResolvedInputs } from "./inputs";
import type { LoadBalancerPlan } from "./load-balancer";
import { formatMemory } from "./memory";
import type { Shortfall } from "./refusal";
import type { Section } from "./rule";
import type { Cut } from "./sheet";
import type { FourPlans, Totals } from "./totals";

/** A true sentence about a plan that is legal and risky, with the number and the remedy. */
export interface Advisory {
  /** Stable: the same risk has the same id in every plan. */
  readonly id: string;
  /** `warning` where something can fail, else `info`. */
  readonly severity: "warning" | "info";
  readonly service: Section;
  readonly sentence: string;
}

/** What advisories look at. */
export interface AdvisedPlan extends FourPlans {
  readonly inputs: ResolvedInputs;
  readonly external: ExternalPlan | undefined;
  readonly connections: ConnectionPlan;
  readonly loadBalancer: LoadBalancerPlan;
  readonly totals: Totals;
}

/** PostgreSQL's default: a hash table may take this many times work_mem. */
const HASH_MEM_MULTIPLIER = 2;
/** More processes than this on one thread of CPU limit wait for each other. */
const CELERY_PROCESSES_PER_CPU = 4;
/** The hand-written page has 500 connections for 12 workers. */
const HAND_WRITTEN_PER_WORKER = 42;
/** More connections for each worker than this are pointed out. */
const MANY_PER_WORKER = 100;
/** A cut of these leaves the tier's load without the processes it asks for. */
const CARRIES_THE_LOAD: readonly string[] = [
  "workers",
  "instances",
  "replicas",
  "concurrency",
  "concurrentConnections",
];

type Risk = (plan: AdvisedPlan, hosts: { app: Host; data: Host }) => Advisory | undefined;

/** The advisories of a plan: rules cut by a bound first, then the risks in a fixed order. */
export function advise(
  plan: AdvisedPlan,
  hosts: { app: Host; data: Host },
  cuts: readonly Cut[],
  rolloutFallback: Shortfall | undefined,
): Advisory[] {
  const found = cuts.map((cut) => boundedAdvisory(cut, plan));
  if (rolloutFallback !== undefined) found.push(recreates(rolloutFallback, plan));
  for (const risk of RISKS) {
    const advisory = risk(plan, hosts);
    if (advisory) found.push(advisory);
  }
  return found;
}

function boundedAdvisory({ rule, asked, value, by, lack }: Cut, { external }: AdvisedPlan): Advisory {
  const remedy = {
    memory: "A machine with more memory lifts it.",
    connections: external
      ? "PgBouncer, fewer app hosts or a server that takes more connections lift it."
      : "PgBouncer, fewer app hosts or more memory for the data services lift it.",
    "memory or connections": external
      ? "More memory, or a server that takes more connections, lifts it."
      : "More memory lifts it.",
    disk: "A larger disk lifts it.",
    threads: "A machine with more threads, or oversubscribe: true, lifts it.",
    files: "Raise the open files the host grants and hostNofile.",
  }[lack];
  return {
    id: `bounded.${rule.section}.${rule.field}`,
    severity: CARRIES_THE_LOAD.includes(rule.field) ? "warning" : "info",
    service: rule.section,
    sentence:
      `${rule.section}.${rule.field}: asked ${withUnit(asked, rule.unit)}, ` +
      `bounded to ${withUnit(value, rule.unit)} by ${lack} (${by}). ${remedy}`,
  };
}

const recreates = ({ part, lack, sentence }: Shortfall, { inputs, postgres, redis }: AdvisedPlan): Advisory => {
  const several = inputs.appHosts > 1;
  const elsewhere = (part === "postgres" && !postgres) || (part === "redis" && !redis);
  const larger = several
    ? "Larger app hosts or a lower tier make it gapless."
    : "A larger machine or a lower tier makes it gapless.";
  return {
    id: "rollout.recreate",
    severity: "warning",
    service: "backend",
    sentence: [
      `A deploy ${several ? "empties one app host after another" : "stops the old backend before the new one runs"},`,
      `because two copies side by side do not fit: ${sentence}`,
      ...(several ? ["The others carry the load meanwhile; a single one stands still."] : []),
      lack === "connections" && elsewhere ? "A server that takes more connections makes it gapless." : larger,
    ].join(" "),
  };
};

const RISKS: readonly Risk[] = [
  ({ inputs, totals, ...plan }, { app, data }) => {
    const single = !needsDataHost(inputs);
    const onApp = plan.backend.fleetCpuLimit + plan.celery.fleetCpuLimit;
    const onData = (plan.postgres?.cpuLimit ?? 0) + (plan.redis?.cpuLimit ?? 0);
    const over = single ? onApp + onData - app.threads : Math.max(onApp - app.threads, onData - data.threads);
    if (over < 0.01) return undefined;
    return {
      id: "oversubscribed.cpu",
      severity: "info",
      service: "totals",
      sentence:
        `CPU limits sum to ${totals.cpuLimit} of ${single ? app.threads : app.threads + data.threads} threads: ` +
        "services that peak together slow each other down. Set oversubscribe: false to make the limits fit.",
    };
  },
  ({ inputs, totals, ...plan }, { app, data }) => {
    const single = !needsDataHost(inputs);
    const onApp = plan.backend.fleetMemoryLimitMiB + plan.celery.fleetMemoryLimitMiB;
    const onData = (plan.postgres?.memoryLimitMiB ?? 0) + (plan.redis?.memoryLimitMiB ?? 0);
    const room = { app: app.memoryMiB - app.reserveMiB, data: data.memoryMiB - data.reserveMiB };
    if (single ? onApp + onData <= room.app : onApp <= room.app && onData <= room.data) return undefined;
    const keptMiB = single ? app.reserveMiB : app.reserveMiB + data.reserveMiB;
    return {
      id: "oversubscribed.memory",
      severity: "warning",
      service: "totals",
      sentence:
        `Memory limits sum to ${formatMemory(totals.memoryLimitMiB)} of ` +
        formatMemory(single ? app.memoryMiB : app.memoryMiB + data.memoryMiB) +
        `${keptMiB > 0 ? `, ${formatMemory(keptMiB)} of it kept for the system` : ""}: ` +
        "services that fill theirs together make the kernel kill one. Set oversubscribe: false to make the limits fit.",
    };
  },
  ({ celery }) => {
    const most = Math.max(1, CELERY_PROCESSES_PER_CPU * celery.fleetCpuLimit);
    if (celery.simultaneousTasks <= most) return undefined;
    return {
      id: "celery.processes-per-cpu",
      severity: "info",
      service: "celery",
      sentence:
        `${celery.simultaneousTasks} Celery processes share a CPU limit of ${celery.fleetCpuLimit} threads: fine for tasks ` +
        "that wait, slow for tasks that compute. For those set celery.concurrency lower or celery.fleetCpuLimit higher.",
    };
  },
  ({ postgres }) => {
    if (!postgres || postgres.maxParallelWorkersPerGather <= Math.max(1, postgres.cpuLimit)) return undefined;
    return {
      id: "postgres.gather-above-cpu",
      severity: "info",
      service: "postgres",
      sentence:
        `One query may start ${postgres.maxParallelWorkersPerGather} parallel workers on a CPU limit of ${postgres.cpuLimit} ` +
        "threads. If large queries slow down the others, set postgres.maxParallelWorkersPerGather lower.",
    };
  },
  ({ redis }) => {
    if (!redis || redis.ioThreads <= Math.max(1, redis.cpuLimit)) return undefined;
    return {
      id: "redis.io-threads-above-cpu",
      severity: "info",
      service: "redis",
      sentence:
        `Redis runs ${redis.ioThreads} I/O threads on a CPU limit of ${redis.cpuLimit} threads; 4 on 2 cost 36 % of the ` +
        "throughput where it was measured. If Redis is your bottleneck, set redis.ioThreads to 1 or redis.cpuLimit higher.",
    };
  },
  ({ postgres }) => {
    if (!postgres) return undefined;
    const worstMiB = postgres.maxConnections * postgres.workMemMiB * HASH_MEM_MULTIPLIER;
    if (worstMiB <= postgres.memoryLimitMiB) return undefined;
    return {
      id: "postgres.work-mem-worst-case",
      severity: "warning",
      service: "postgres",
      sentence:
        `${postgres.maxConnections} connections that each hash with work_mem ${postgres.workMemMiB} MiB x ` +
        `hash_mem_multiplier ${HASH_MEM_MULTIPLIER} need ${formatMemory(worstMiB)}; PostgreSQL may use ` +
        `${formatMemory(postgres.memoryLimitMiB)}. If many queries sort or hash at once, set postgres.workMemMiB lower.`,
    };
  },
  ({ inputs, backend, postgres, redis, loadBalancer }) => {
    const wanted = Math.max(
      backend.nofile,
      postgres?.nofile ?? 0,
      redis?.nofile ?? 0,
      usesHaproxy(inputs) ? loadBalancer.nofile : 0,
    );
    if (wanted <= inputs.hostNofile) return undefined;
    return {
      id: "host.nofile",
      severity: "warning",
      service: "system",
      sentence:
        `A container asks for ${wanted} open files; the host grants ${inputs.hostNofile}, and the container would not ` +
        "start. Raise the limit on the host and hostNofile with it.",
    };
  },
  ({ redis }) =>
    redis && {
      id: "redis.broker-and-cache",
      severity: "info",
      service: "redis",
      sentence:
        "Redis is broker and cache at once: keys with an expiry are evicted when it is full, and the queue shares their " +
        "memory. Give cached keys an expiry; a second Redis for the cache is the safer way at high load.",
    },
  ({ inputs, postgres, redis, external }) => {
    if (!external) return undefined;
    const who = postgres ? "Redis runs" : redis ? "PostgreSQL runs" : "PostgreSQL and Redis run";
    const host = inputs.topology === "single-host" ? "machine" : "data host";
    const sentence =
      inputs.topology === "app-and-data" && !needsDataHost(inputs)
        ? `${who} elsewhere: no data host is needed.`
        : `${who} elsewhere: the share of the ${host} kept for that, ${formatMemory(external.unusedMemoryMiB)} of memory ` +
          `and ${external.unusedThreads} threads as limits, is given to nobody, because the shares of the other services do ` +
          `not change. A smaller ${host} saves it, if their shares of that suffice; overrides give it to another service.`;
    return { id: "external.unused", severity: "info", service: "external", sentence };
  },
  ({ connections, external }) => {
    if (external?.postgresConnections === undefined || connections.perWorker <= MANY_PER_WORKER) return undefined;
    return {
      id: "external.connections-per-worker",
      severity: "info",
      service: "external",
      sentence:
        `Each backend worker may open ${connections.perWorker} connections to PostgreSQL, and as many threads; the ` +
        `hand-written page has ${HAND_WRITTEN_PER_WORKER}. If the server, or others that use it, should be spared, set its maxConnections here lower.`,
    };
  },
];

/** Whether HAProxy is the load balancer: not without one, and not where the platform brings its own. */
export const usesHaproxy = ({ behindLoadBalancer, hostReserve }: ResolvedInputs): boolean =>
  behindLoadBalancer && hostReserve === "system";
