import type { ContainerFile } from "./platform/container";
import type { PostgresPlan } from "./sizing";

const onOff = (on: boolean): string => (on ? "on" : "off");

/** The server's command line, every setting from the plan. */
export function postgresArgv(plan: PostgresPlan): string[] {
  const settings: Record<string, string | number> = {
    max_connections: plan.maxConnections,
    shared_buffers: `${plan.sharedBuffersMiB}MB`,
    effective_cache_size: `${plan.effectiveCacheSizeMiB}MB`,
    work_mem: `${plan.workMemMiB}MB`,
    maintenance_work_mem: `${plan.maintenanceWorkMemMiB}MB`,
    autovacuum_work_mem: `${plan.autovacuumWorkMemMiB}MB`,
    max_worker_processes: plan.maxWorkerProcesses,
    max_parallel_workers: plan.maxParallelWorkers,
    max_parallel_workers_per_gather: plan.maxParallelWorkersPerGather,
    max_parallel_maintenance_workers: plan.maxParallelMaintenanceWorkers,
    max_wal_size: `${plan.maxWalSizeMiB}MB`,
    min_wal_size: `${plan.minWalSizeMiB}MB`,
    wal_compression: onOff(plan.walCompression),
    checkpoint_completion_target: plan.checkpointCompletionTarget,
    random_page_cost: plan.randomPageCost,
    jit: onOff(plan.jit),
    huge_pages: plan.hugePages,
    ...(plan.ioMethod === undefined ? {} : { io_method: plan.ioMethod }),
  };
  return ["postgres", ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}

/**
 * Runs in front of the image's own entry point. On data that exists it gives the role the configured password
 * while no client can connect yet: rotated passwords and restored volumes just work. The data's major version is
 * the server's, or the start ends with a sentence that says so.
 */
export const postgresStart: ContainerFile = {
  path: "/usr/local/bin/sized-stack-postgres",
  content: `#!/usr/bin/env bash
set -euo pipefail
if [ -s "$PGDATA/PG_VERSION" ]; then
  major=$(<"$PGDATA/PG_VERSION")
  if [ "$major" != "$PG_MAJOR" ]; then
    echo "The volume holds data of PostgreSQL $major, this image is PostgreSQL $PG_MAJOR. Nothing was changed." >&2
    echo "Use an image of PostgreSQL $major, or dump the data with $major and restore it into an empty volume." >&2
    exit 1
  fi
  password=$(<"$POSTGRES_PASSWORD_FILE")
  printf "ALTER ROLE \\"%s\\" PASSWORD '%s'\\n" "\${POSTGRES_USER//\\"/\\"\\"}" "\${password//\\'/\\'\\'}" |
    postgres --single -D "$PGDATA" postgres > /dev/null
fi
exec docker-entrypoint.sh "$@"
`,
};
