import type { Topology } from "../../machine/inputs";
import { floorDiv, floorExact } from "../../rules/arithmetic";
import { outcome, rule } from "../../rules/rule";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";

/** Memory a container with so many workers needs. */
export const memoryFor = (workers: number, workerMemoryMiB: number): number =>
  Math.ceil((workers * workerMemoryMiB * 10) / 9);

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
type FleetReservationInputs = {
  readonly fleetMemoryLimitMiB: number;
  /** Undefined where nothing places by reservation. */
  readonly neededMiB: number | undefined;
};
/** The memory of all containers of an app host, and of each. */
export const MEMORY_RULES = {
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
    words: "0.6 of the limit; where a scheduler places by reservation what the workers need in 0.9 of it.",
    source: DIVISION,
    asks: ({ fleetMemoryLimitMiB, neededMiB }: FleetReservationInputs) =>
      neededMiB === undefined ? floorDiv(3 * fleetMemoryLimitMiB, 5) : Math.min(fleetMemoryLimitMiB, neededMiB),
    allows: (is) => [is.atMost("their own memory limit", ({ fleetMemoryLimitMiB }) => fleetMemoryLimitMiB)],
  }),
  memoryLimitMiB: outcome({
    unit: "MiB",
    about: "Memory one container may use at most",
    words: "The limit of all, divided over the containers.",
    source: DIVISION,
    instead: "overrides.backend.fleetMemoryLimitMiB",
    asks: ({ fleetMemoryLimitMiB, instances }: { fleetMemoryLimitMiB: number; instances: number }) =>
      floorDiv(fleetMemoryLimitMiB, instances),
  }),
  memoryReservationMiB: outcome({
    unit: "MiB",
    about: "Memory one container is promised",
    words: "The reservation of all, divided over the containers.",
    source: DIVISION,
    instead: "overrides.backend.fleetMemoryReservationMiB",
    asks: ({ fleetMemoryReservationMiB, instances }: { fleetMemoryReservationMiB: number; instances: number }) =>
      floorDiv(fleetMemoryReservationMiB, instances),
  }),
};
