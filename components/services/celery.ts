import type { CeleryPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";
import type { ServiceDescriptor } from "./descriptor";

/** Options of a Celery worker that the plan derives. */
export const CELERY_SETTINGS = {
  concurrency: "concurrency",
  "prefetch-multiplier": "prefetchMultiplier",
  "max-tasks-per-child": "maxTasksPerChild",
  "max-memory-per-child": "maxMemoryPerChildKiB",
} as const satisfies DerivedSettings<CeleryPlan>;

/** The Celery application where none is set, as `celery -A` names it. */
export const CELERY_APP = "app.celery_app";

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

export const CELERY = {
  name: "celery",
  title: "Celery",
  section: "celery",
  component: "sized-stack:index:CeleryFleet",
  replacement: "start-first",
  restart: "some seconds without new tasks",
  running: ({ celery }) => ({
    containers: celery.replicas,
    ...celery,
    inShort: `${celery.concurrency} children, ${celery.prefetchMultiplier} tasks reserved by each`,
  }),
  program: {
    service: "celery",
    takes: "arguments",
    derived: CELERY_SETTINGS,
    reserved: {
      app: "set celery.app",
      queues: "set celery.queues",
      hostname: "the health check asks the worker by its container's name",
    },
    emitted: { format: "celery", text: ({ celery }) => celeryArgv(celery, CELERY_APP).join(" ") },
  },
} as const satisfies ServiceDescriptor;

/** Runs beside the workers, in their component: two of it would send every scheduled task twice. */
export const BEAT = {
  name: "celery-beat",
  title: "Celery beat",
  section: "beat",
  component: CELERY.component,
  replacement: "only-one",
  restart: "scheduled tasks wait some seconds",
  running: ({ beat }) => beat && { containers: 1, ...beat, cpuQuota: undefined },
} as const satisfies ServiceDescriptor;
