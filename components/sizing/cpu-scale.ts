import { backendCpuLimit } from "./backend";
import { BACKEND_RULES } from "./backend-rules";
import { celeryCpuLimit } from "./celery";
import { CELERY_RULES } from "./celery-rules";
import { type Host, SYSTEM_RULES } from "./host";
import type { ResolvedInputs } from "./inputs";
import { postgresCpuLimit } from "./postgres";
import { POSTGRES_RULES } from "./postgres-rules";
import { REDIS_RULES, redisCpuLimit } from "./redis";
import type { Sheet } from "./sheet";

interface ServiceSheets {
  readonly system: Sheet;
  readonly backend: Sheet;
  readonly celery: Sheet;
  readonly postgres: Sheet;
  readonly redis: Sheet;
}

/** One service's CPU limit before it is made to fit, and whether an override set it. */
interface Limit {
  readonly threads: number;
  readonly overridden: boolean;
}

/** What the CPU limits of each host are multiplied with, last of all: 1, or less with `oversubscribe: false`. */
export function cpuScales(
  sheets: ServiceSheets,
  inputs: ResolvedInputs,
  { app, data }: { app: Host; data: Host },
  workers: number,
): { app: number; data: number } {
  const onApp: Limit[] = [
    {
      threads: backendCpuLimit(sheets.backend, workers, app.threads),
      overridden: sheets.backend.given(BACKEND_RULES.fleetCpuLimit) !== undefined,
    },
    {
      threads: celeryCpuLimit(sheets.celery, app.threads),
      overridden: sheets.celery.given(CELERY_RULES.fleetCpuLimit) !== undefined,
    },
  ];
  const onData: Limit[] = [
    {
      threads: postgresCpuLimit(sheets.postgres, inputs, data.threads),
      overridden: sheets.postgres.given(POSTGRES_RULES.cpuLimit) !== undefined,
    },
    {
      threads: redisCpuLimit(sheets.redis, inputs, data.threads),
      overridden: sheets.redis.given(REDIS_RULES.cpuLimit) !== undefined,
    },
  ];
  const single = inputs.topology === "single-host";
  const scaleOf = (rule: typeof SYSTEM_RULES.cpuScale, threads: number, limits: readonly Limit[]) =>
    sheets.system.apply(rule, {
      threads,
      limits: sum(limits.filter(({ overridden }) => !overridden)),
      overridden: sum(limits.filter(({ overridden }) => overridden)),
      oversubscribe: inputs.oversubscribe,
    });
  return {
    app: scaleOf(SYSTEM_RULES.cpuScale, app.threads, single ? [...onApp, ...onData] : onApp),
    data: scaleOf(SYSTEM_RULES.dataCpuScale, data.threads, single ? [...onApp, ...onData] : onData),
  };
}

const sum = (limits: readonly Limit[]): number => limits.reduce((total, { threads }) => total + threads, 0);
