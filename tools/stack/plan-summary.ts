import Table from "cli-table3";
import { formatMemory, type SizingPlan, usesHaproxy } from "../../components/sizing";

/** The plan in a few lines: what runs, how often, and what each container may use. */
export function planSummary({ inputs, backend, celery, postgres, redis, external, loadBalancer }: SizingPlan): string {
  const table = new Table({
    head: ["service", "containers", "memory each", "CPU each", "settings"],
    style: { head: [], border: [], compact: true },
  });
  const cpu = (quota: number | undefined) => (quota === undefined ? "shares only" : String(quota));
  table.push(
    [
      "backend",
      backend.instances,
      formatMemory(backend.memoryLimitMiB),
      cpu(backend.cpuQuota),
      `${backend.workersPerInstance} workers, pool ${backend.poolSize} + ${backend.maxOverflow} each`,
    ],
    [
      "celery",
      celery.replicas,
      formatMemory(celery.memoryLimitMiB),
      cpu(celery.cpuQuota),
      `${celery.concurrency} children, ${celery.prefetchMultiplier} tasks reserved by each`,
    ],
    postgres
      ? [
          "postgres",
          1,
          formatMemory(postgres.memoryLimitMiB),
          cpu(postgres.cpuQuota),
          `${postgres.maxConnections} connections, ${formatMemory(postgres.sharedBuffersMiB)} shared buffers`,
        ]
      : ["postgres", 0, "", "", `runs elsewhere, ${external?.postgresConnections} connections`],
    redis
      ? [
          "redis",
          1,
          formatMemory(redis.memoryLimitMiB),
          cpu(redis.cpuQuota),
          `${formatMemory(redis.maxMemoryMiB)} of data, ${redis.maxClients} clients`,
        ]
      : ["redis", 0, "", "", `runs elsewhere, ${external?.redisConnections} clients`],
  );
  if (usesHaproxy(inputs)) {
    table.push([
      "load balancer",
      1,
      formatMemory(loadBalancer.memoryLimitMiB),
      "shares only",
      `${loadBalancer.maxConnections} connections`,
    ]);
  }
  const { threads, memoryMiB } = inputs.hardware;
  return `Tier ${inputs.tier} on ${threads} threads and ${formatMemory(memoryMiB)}:\n${table}`;
}
