import type { Topology } from "../../machine/inputs";
import { floorDiv } from "../../rules/arithmetic";
import { rule } from "../../rules/rule";

const DIVISION = "docs/sizing.md#how-the-machine-is-divided";

type FleetMemoryInputs = {
  memoryMiB: number;
  reserveMiB: number;
  topology: Topology;
  ceilingMiB: number;
  replicas: number;
  concurrency: number;
  childMemoryMiB: number;
  replicaMemoryMiB: number | undefined;
};

type ReservationInputs = {
  memoryLimitMiB: number;
  /** Undefined where nothing places by reservation. */
  neededMiB: number | undefined;
};

/** The fleet's memory, and that of each replica. */
export const MEMORY_RULES = {
  fleetMemoryLimitMiB: rule({
    unit: "MiB",
    about: "Memory the replicas of one app host may use together at most",
    words: "1/8 of the machine (1/6 of an app host) within the ceiling, or what the children and parents need.",
    source: DIVISION,
    asks: (i: FleetMemoryInputs) =>
      i.replicas *
      (i.replicaMemoryMiB ??
        Math.max(
          floorDiv(Math.min(floorDiv(i.memoryMiB, i.topology === "single-host" ? 8 : 6), i.ceilingMiB), i.replicas),
          (i.concurrency + 1) * i.childMemoryMiB,
        )),
    allows: (is) => [
      is.atMost("the host's memory less its reserve", ({ memoryMiB, reserveMiB }) => memoryMiB - reserveMiB),
    ],
  }),
  memoryLimitMiB: rule({
    unit: "MiB",
    about: "Memory of one replica",
    words: "The fleet's memory, divided over the replicas.",
    source: DIVISION,
    asks: ({ fleetMemoryLimitMiB, replicas }: { fleetMemoryLimitMiB: number; replicas: number; neededMiB: number }) =>
      floorDiv(fleetMemoryLimitMiB, replicas),
    allows: (is) => [
      is.atLeast("one childMemory for each child and one for the parent", ({ neededMiB }) => neededMiB),
      is.atMost("the fleet's memory, divided over the replicas", (i) => floorDiv(i.fleetMemoryLimitMiB, i.replicas)),
    ],
  }),
  memoryReservationMiB: rule({
    unit: "MiB",
    about: "Memory one replica is promised",
    words:
      "Half of its limit; where a scheduler places by reservation one childMemory for each child and one for the parent.",
    source: DIVISION,
    asks: ({ memoryLimitMiB, neededMiB }: ReservationInputs) =>
      neededMiB === undefined ? floorDiv(memoryLimitMiB, 2) : Math.min(memoryLimitMiB, neededMiB),
    allows: (is) => [is.atMost("its own memory limit", ({ memoryLimitMiB }) => memoryLimitMiB)],
  }),
};
