import { floorDiv } from "../../rules/arithmetic";
import { outcome, rule } from "../../rules/rule";
import { memoryFor } from "./memory";

/** Workers a container of so much memory holds: they may fill 0.9 of it. */
export const workersIn = (memoryMiB: number, workerMemoryMiB: number): number =>
  floorDiv(9 * memoryMiB, 10 * workerMemoryMiB);
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
/** Whether so many equal containers hold the workers within what memory and connections carry. */
function instancesFit(i: InstanceInputs, instances: number): boolean {
  const each = perInstance(i.workers, instances);
  const most = Math.min(workersIn(i.ceilingMiB, i.workerMemoryMiB), i.connectionCap);
  if (instances * each > most) return false;
  if (i.workersGiven && instances * each !== i.workers) return false;
  return !i.memoryGiven || memoryFor(each, i.workerMemoryMiB) <= floorDiv(i.ceilingMiB, instances);
}

/** Worker processes, and the containers they are spread over. */
export const WORKER_RULES = {
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
    instead: "overrides.backend.workers or overrides.backend.instances",
    asks: ({ workers, instances }: { workers: number; instances: number }) => perInstance(workers, instances),
  }),
};
