import type { CeleryPlan } from "../sizing";
import { type DerivedSettings, derivedValues } from "./derived";
import type { ServiceDescriptor } from "./descriptor";

/** Options of a Celery worker that the plan derives. */
export const CELERY_SETTINGS = {
  concurrency: "concurrency",
  "prefetch-multiplier": "prefetchMultiplier",
  "max-tasks-per-child": "maxTasksPerChild",
  "max-memory-per-child": "maxMemoryPerChildKiB",
  "soft-time-limit": "softTimeLimitSeconds",
  "time-limit": "hardTimeLimitSeconds",
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

/** When each scheduled task was sent last. Some database libraries add an ending to the name. */
const SCHEDULE = "/tmp/celerybeat-schedule";
/** Touched at each start of the container. */
const STARTED = "/tmp/celerybeat-started";

/** The command line of Celery beat. */
export const beatArgv = (app: string): string[] => [
  ...["sh", "-c", `touch ${STARTED} && exec "$@"`, "beat"],
  ...["celery", `--app=${app}`, "beat", "--loglevel=info", `--schedule=${SCHEDULE}`, "--pidfile="],
];

/** Whether beat opened its schedule since the container started: the schedule of the one before is there from the start. */
export const BEAT_STARTED = `test -n "$(find ${SCHEDULE}* -newer ${STARTED})"`;

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
      "exclude-queues": "set celery.queues to those that are served",
      autoscale: "it changes the children that were sized: set overrides.celery.concurrency",
      pool: "children are sized as processes (prefork), the only pool there is: set overrides.celery.concurrency for their number",
      beat: "every replica would send the scheduled tasks: set celery.beat",
      schedule: "it belongs to beat: set celery.beat",
      "schedule-filename": "it belongs to beat: set celery.beat",
      scheduler: "it belongs to beat: set celery.beat",
      detach: "the container ends with the process it started",
    },
    short: {
      ...{ A: "app", B: "beat", D: "detach", P: "pool", Q: "queues", X: "exclude-queues", c: "concurrency" },
      ...{ n: "hostname", s: "schedule" },
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
  // Of the folders every application's image lets its user write to, the one they all have.
  memoryPath: "/tmp",
  replacement: "only-one",
  restart: "scheduled tasks wait some seconds",
  running: ({ beat }) => beat && { containers: 1, ...beat, cpuQuota: undefined, inShort: "sends the scheduled tasks" },
} as const satisfies ServiceDescriptor;
