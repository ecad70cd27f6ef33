import type { Host } from "../machine/hosts";
import { needsDataHost } from "../machine/inputs";
import { type Load, sumOf } from "../machine/load";
import { formatMemory } from "../machine/memory";
import { DEFAULTS } from "../machine/resolve";
import { usesHaproxy } from "../services/load-balancer/rules";
import type { AdvisedPlan, Advisory } from "./advisory";

/** More processes than this on one thread of CPU limit wait for each other. */
const CELERY_PROCESSES_PER_CPU = 4;
/** The hand-written page has 500 connections for 12 workers. */
const HAND_WRITTEN_PER_WORKER = 42;
/** More connections for each worker than this are pointed out. */
const MANY_PER_WORKER = 100;
type Risk = (plan: AdvisedPlan, hosts: { app: Host; data: Host }) => Advisory | undefined;

const sumsByHost = (loads: readonly Load[], amount: "cpuLimit" | "memoryLimitMiB"): [app: number, data: number] => {
  const on = (name: Load["host"]) =>
    sumOf(
      loads.filter(({ host }) => host === name),
      amount,
    );
  return [on("app"), on("data")];
};

/** The risks that are looked for, in the order they are said. */
export const RISKS: readonly Risk[] = [
  ({ inputs, totals, loads }, { app, data }) => {
    const single = !needsDataHost(inputs);
    const [onApp, onData] = sumsByHost(loads, "cpuLimit");
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
  ({ inputs, totals, loads }, { app, data }) => {
    const single = !needsDataHost(inputs);
    const [onApp, onData] = sumsByHost(loads, "memoryLimitMiB");
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
        "that wait, slow for tasks that compute. For those set overrides.celery.concurrency lower or overrides.celery.fleetCpuLimit higher.",
    };
  },
  ({ inputs, celery }) => {
    if (inputs.longestTaskSeconds !== undefined) return undefined;
    return {
      id: "celery.no-time-limit",
      severity: "info",
      service: "celery",
      sentence:
        `No longest task is set: none is ended for its time, and ${celery.longestTaskSeconds} seconds are assumed. A task that ` +
        `takes longer than ${celery.stopGraceSeconds} is cut by a deploy, and longer ones may run twice. Set ` +
        "celery.longestTaskSeconds.",
    };
  },
  ({ inputs, celery }) => {
    if (inputs.longestDelaySeconds > 0) return undefined;
    return {
      id: "celery.no-delay",
      severity: "info",
      service: "celery",
      sentence:
        `Tasks are taken for undelayed: one with a countdown, an ETA or a retry that waits longer than some ` +
        `${celery.stopGraceSeconds} seconds may run twice, since the broker gives it to a second worker after ` +
        `${celery.visibilityTimeoutSeconds} (Celery's retry_backoff waits up to 600). Set celery.longestDelaySeconds.`,
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
        "threads. If large queries slow down the others, set overrides.postgres.maxParallelWorkersPerGather lower.",
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
        "throughput where it was measured. If Redis is your bottleneck, set overrides.redis.ioThreads to 1 or overrides.redis.cpuLimit higher.",
    };
  },
  ({ postgres }) => {
    if (!postgres) return undefined;
    const worstMiB = postgres.maxConnections * postgres.workMemMiB * postgres.hashMemMultiplier;
    if (worstMiB <= postgres.memoryLimitMiB) return undefined;
    return {
      id: "postgres.work-mem-worst-case",
      severity: "warning",
      service: "postgres",
      sentence:
        `${postgres.maxConnections} connections that each hash with work_mem ${postgres.workMemMiB} MiB x ` +
        `hash_mem_multiplier ${postgres.hashMemMultiplier} need ${formatMemory(worstMiB)}; PostgreSQL may use ` +
        `${formatMemory(postgres.memoryLimitMiB)}. If many queries sort or hash at once, set overrides.postgres.workMemMiB lower.`,
    };
  },
  ({ inputs, loads, loadBalancer }) => {
    const wanted = Math.max(...loads.map(({ nofile = 0 }) => nofile), usesHaproxy(inputs) ? loadBalancer.nofile : 0);
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
        "Redis is broker and cache at once: keys with an expiry are evicted when it is full, results of tasks among them, " +
        "and the queue shares their memory. Give cached keys an expiry, sooner than that of results with " +
        "redis.maxMemoryPolicy: volatile-ttl; a second Redis for the cache is the safer way at high load.",
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
  ({ external, inputs: { statementTimeoutSeconds: seconds } }) => {
    if (external?.postgresConnections === undefined || seconds === 0) return undefined;
    return {
      id: "external.statement-timeout",
      severity: "info",
      service: "external",
      sentence:
        "PostgreSQL runs elsewhere, and is not told to end what the backend does not wait for any more: a pooler such as " +
        `PgBouncer refuses who asks for it. Set statement_timeout and idle_in_transaction_session_timeout to ${seconds}s ` +
        "for the backend's role there, or in the application as docs/application.md says.",
    };
  },
  ({ backend, inputs: { entranceIdleSeconds } }) => {
    const { timeoutGracefulShutdown } = backend;
    if (entranceIdleSeconds <= DEFAULTS.entranceIdleSeconds || entranceIdleSeconds <= timeoutGracefulShutdown) {
      return undefined;
    }
    return {
      id: "backend.stop-ends-requests",
      severity: "info",
      service: "backend",
      sentence:
        `A request may take ${entranceIdleSeconds} s without a byte; a deploy ends it after ${timeoutGracefulShutdown} s. ` +
        "Set backend.stopGraceSeconds 5 seconds above the longest request.",
    };
  },
];
