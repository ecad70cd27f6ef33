import type { CeleryPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";

/** Options of a Celery worker that the plan derives. */
export const CELERY_SETTINGS = {
  concurrency: "concurrency",
  "prefetch-multiplier": "prefetchMultiplier",
  "max-tasks-per-child": "maxTasksPerChild",
  "max-memory-per-child": "maxMemoryPerChildKiB",
} as const satisfies DerivedSettings<CeleryPlan>;

export interface CeleryWorkerOptions {
  /** Queues the worker takes tasks from. Default: the application's own default queue. */
  readonly queues?: readonly string[] | undefined;
  /** Further arguments, as `celery worker` takes them. */
  readonly further?: readonly string[] | undefined;
}

/** The command line of one Celery worker. */
export function celeryArgv(plan: CeleryPlan, app: string, { queues = [], further = [] }: CeleryWorkerOptions = {}) {
  const derived = derivedValues(CELERY_SETTINGS, plan, { mebibytes: "", on: "true", off: "false" });
  return [
    "celery",
    `--app=${app}`,
    "worker",
    "--loglevel=info",
    ...Object.entries(derived).map(([name, value]) => `--${name}=${value}`),
    ...(queues.length > 0 ? [`--queues=${queues.join(",")}`] : []),
    ...further,
  ];
}
