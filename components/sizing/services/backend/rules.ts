import { cpuQuotaRule, cpuSharesRule, FITS_THREADS, LEAST_CPU, scaled, withinHost } from "../../machine/cpu";
import type { Topology } from "../../machine/inputs";
import { floorDiv, floorExact, floorHundredths } from "../../rules/arithmetic";
import { type OverridesOf, outcome, type PlanOf, rule, rulesOf } from "../../rules/rule";
import { POOL_RULES } from "./pools";
import { UVICORN_RULES } from "./uvicorn";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";

/** Workers a container of so much memory holds: they may fill 0.9 of it. */
const workersIn = (memoryMiB: number, workerMemoryMiB: number): number => floorDiv(9 * memoryMiB, 10 * workerMemoryMiB);
/** Memory a container with so many workers needs. */
const memoryFor = (workers: number, workerMemoryMiB: number): number => Math.ceil((workers * workerMemoryMiB * 10) / 9);
const perInstance = (workers: number, instances: number): number => Math.ceil(workers / instances);

type WorkerInputs = {
  readonly tierWorkers: number;
  readonly ceilingMiB: number;
  readonly workerMemoryMiB: number;
  readonly connectionCap: number;
  readonly instances: number;
};
type InstanceInputs = {
  readonly tierInstances: number;
  /** Workers to spread. */
  readonly workers: number;
  readonly ceilingMiB: number;
  readonly workerMemoryMiB: number;
  readonly connectionCap: number;
  /** Whether the number of workers, or the memory, is an override and must be met exactly. */
  readonly workersGiven: boolean;
  readonly memoryGiven: boolean;
};
type FleetMemoryInputs = {
  readonly ceilingMiB: number;
  readonly cpuLimit: number;
  readonly memoryMiB: number;
  readonly reserveMiB: number;
  readonly threads: number;
  readonly topology: Topology;
  readonly instances: number;
  readonly workersPerInstance: number;
  readonly workerMemoryMiB: number;
};
type CeilingInputs = {
  readonly memoryMiB: number;
  readonly topology: Topology;
  readonly oversubscribe: boolean;
  readonly availableMiB: number;
  readonly childMemoryMiB: number;
};
type CpuLimitInputs = { readonly workers: number; readonly threads: number; readonly scale: number };

/** Exact CPU limit before it is made to fit the host. */
export const exactBackendCpu = ({ workers, threads }: { workers: number; threads: number }): number =>
  Math.min(workers, (10 * threads) / 12);

/** Whether so many equal containers hold the workers within what memory and connections carry. */
function instancesFit(i: InstanceInputs, instances: number): boolean {
  const each = perInstance(i.workers, instances);
  const most = Math.min(workersIn(i.ceilingMiB, i.workerMemoryMiB), i.connectionCap);
  if (instances * each > most) return false;
  if (i.workersGiven && instances * each !== i.workers) return false;
  return !i.memoryGiven || memoryFor(each, i.workerMemoryMiB) <= floorDiv(i.ceilingMiB, instances);
}

export const BACKEND_RULES = rulesOf("backend", "docs/sizing.md#backend", {
  memoryCeilingMiB: outcome({
    unit: "MiB",
    about: "The most the backend may use on one app host",
    words:
      "5/8 of the machine, 5/6 of an app host; with oversubscribe: false 2/3 of what the reserve and the data services leave, and room for one Celery child and its parent beside it.",
    source: DIVISION,
    instead: "backend.fleetMemoryLimitMiB",
    asks: ({ memoryMiB, topology, oversubscribe, availableMiB, childMemoryMiB }: CeilingInputs) => {
      if (!oversubscribe) return Math.min(floorDiv(2 * availableMiB, 3), availableMiB - 2 * childMemoryMiB);
      return floorDiv(5 * memoryMiB, topology === "single-host" ? 8 : 6);
    },
  }),
  instances: rule({
    unit: "containers",
    about: "Backend containers on each app host",
    words: "1, at extreme 2; 1 where equally large ones would exceed what memory and connections carry.",
    asks: ({ tierInstances }: InstanceInputs) => tierInstances,
    bounds: () => [
      {
        by: "equally many workers in each, within what memory and connections carry",
        kind: "at most",
        lack: "memory or connections",
        cut: (value, inputs) => (instancesFit(inputs, value) ? value : 1),
      },
    ],
    allows: (is) => [is.atLeast("a backend", () => 1)],
  }),
  workers: rule({
    unit: "processes",
    about: "Worker processes on each app host",
    words:
      "The tier's workers, within what memory (workerMemory in 0.9 of it) and connections carry; equally many in each container.",
    asks: ({ tierWorkers }: WorkerInputs) => tierWorkers,
    bounds: (is) => [
      is.atMost(
        "the memory the backend may use, 0.9 of it in units of workerMemory",
        (i) => workersIn(i.ceilingMiB, i.workerMemoryMiB),
        "memory",
      ),
      is.atMost(
        "the connections to PostgreSQL and Redis, at least two of each for each worker and child",
        (i) => i.connectionCap,
        "connections",
      ),
      {
        by: "equally many workers in each container",
        kind: "at least",
        lack: undefined,
        cut: (value, { instances }) => instances * perInstance(value, instances),
      },
    ],
    allows: (is) => [is.atLeast("a backend", () => 1)],
  }),
  workersPerInstance: outcome({
    unit: "processes",
    about: "Worker processes of each container",
    words: "The workers, divided over the containers.",
    instead: "backend.workers or backend.instances",
    asks: ({ workers, instances }: { workers: number; instances: number }) => perInstance(workers, instances),
  }),
  ...UVICORN_RULES,
  ...POOL_RULES,
  fleetCpuLimit: rule({
    unit: "threads",
    about: "Threads the containers of one app host may use together at most",
    words: "One for each worker, at most 5/6 of the host's threads.",
    source: "docs/sizing.md#cpu-limits",
    asks: (inputs: CpuLimitInputs) => floorHundredths(exactBackendCpu(inputs)),
    bounds: (is) => [is.atMost(FITS_THREADS, scaled(exactBackendCpu), "threads")],
    allows: (is) => [withinHost, is.atLeast("the least that lets a process run", () => LEAST_CPU)],
  }),
  fleetCpuReservation: rule({
    unit: "threads",
    about: "Threads the containers of one app host are promised together",
    words: "0.6 of the limit.",
    source: "docs/sizing.md#cpu-limits",
    asks: ({ unscaledLimit }: { unscaledLimit: number; cpuLimit: number }) => floorHundredths((3 * unscaledLimit) / 5),
    bounds: (is) => [is.atMost("their own CPU limit", ({ cpuLimit }) => cpuLimit)],
  }),
  fleetMemoryLimitMiB: rule({
    unit: "MiB",
    about: "Memory the containers of one app host may use together at most",
    words:
      "Its CPU limit x the host's memory per thread (0.75 of that on a single host), within the ceiling; at least what the workers need in 0.9 of it.",
    source: DIVISION,
    asks: (i: FleetMemoryInputs) => {
      const quarters = i.topology === "single-host" ? 3 : 4;
      const byCpu = floorExact((i.cpuLimit * quarters * i.memoryMiB) / (4 * i.threads));
      return (
        i.instances *
        Math.max(
          floorDiv(Math.min(i.ceilingMiB, byCpu), i.instances),
          memoryFor(i.workersPerInstance, i.workerMemoryMiB),
        )
      );
    },
    allows: (is) => [
      is.atMost("the host's memory less its reserve", ({ memoryMiB, reserveMiB }) => memoryMiB - reserveMiB),
    ],
  }),
  fleetMemoryReservationMiB: rule({
    unit: "MiB",
    about: "Memory the containers of one app host are promised together",
    words: "0.6 of the limit.",
    source: DIVISION,
    asks: ({ fleetMemoryLimitMiB }: { fleetMemoryLimitMiB: number }) => floorDiv(3 * fleetMemoryLimitMiB, 5),
    allows: (is) => [is.atMost("their own memory limit", ({ fleetMemoryLimitMiB }) => fleetMemoryLimitMiB)],
  }),
  memoryLimitMiB: outcome({
    unit: "MiB",
    about: "Memory one container may use at most",
    words: "The limit of all, divided over the containers.",
    source: DIVISION,
    instead: "backend.fleetMemoryLimitMiB",
    asks: ({ fleetMemoryLimitMiB, instances }: { fleetMemoryLimitMiB: number; instances: number }) =>
      floorDiv(fleetMemoryLimitMiB, instances),
  }),
  memoryReservationMiB: outcome({
    unit: "MiB",
    about: "Memory one container is promised",
    words: "The reservation of all, divided over the containers.",
    source: DIVISION,
    instead: "backend.fleetMemoryReservationMiB",
    asks: ({ fleetMemoryReservationMiB, instances }: { fleetMemoryReservationMiB: number; instances: number }) =>
      floorDiv(fleetMemoryReservationMiB, instances),
  }),
  cpuQuota: cpuQuotaRule(),
  cpuShares: cpuSharesRule(),
});

/** What the backend runs with, on each app host. `fleet…` is the sum of its containers. */
export type BackendPlan = PlanOf<typeof BACKEND_RULES>;
/** Overrides of the backend's numbers. */
export type BackendOverrides = OverridesOf<typeof BACKEND_RULES>;
