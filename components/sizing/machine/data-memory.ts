import { floorDiv } from "../rules/arithmetic";
import { rule } from "../rules/rule";
import type { Topology } from "./inputs";

/** Section of the documentation that argues for the parts of a machine. */
const DIVISION = "docs/sizing.md#how-the-machine-is-divided";

/** The part of a host that a data service may use: numerator and denominator. */
export type MemoryPart = Readonly<Record<Topology, readonly [numerator: number, denominator: number]>>;

/** The memory limit of a data service: by rule, and where an override replaces that. */
export interface DataMemory {
  readonly ruleMiB: number;
  readonly limitMiB: number;
}

/** The memory limit of a data service: a part of the whole machine, or of what a data host's reserve leaves. */
export const dataMemoryRule = (about: string, part: MemoryPart, leastMiB: number) =>
  rule({
    unit: "MiB",
    about,
    words: `${part["single-host"].join("/")} of the machine; on a data host ${part["app-and-data"].join("/")} of what its reserve leaves.`,
    source: DIVISION,
    asks: ({ memoryMiB, reserveMiB, topology }: { memoryMiB: number; reserveMiB: number; topology: Topology }) => {
      const [numerator, denominator] = part[topology];
      return floorDiv(numerator * (topology === "single-host" ? memoryMiB : memoryMiB - reserveMiB), denominator);
    },
    allows: (is) => [
      is.atLeast("what the server needs to start", () => leastMiB),
      is.atMost("the host's memory less its reserve", ({ memoryMiB, reserveMiB }) => memoryMiB - reserveMiB),
    ],
  });

/** The memory a data service is promised. */
export const dataReservationRule = (about: string) =>
  rule({
    unit: "MiB",
    about,
    words: "Half of its limit; all of it on a data host or with dataReservation: full.",
    source: DIVISION,
    asks: ({ memoryLimitMiB, dataReservation, topology }: DataReservationInputs) =>
      topology === "app-and-data" || dataReservation === "full" ? memoryLimitMiB : floorDiv(memoryLimitMiB, 2),
    allows: (is) => [is.atMost("its own memory limit", ({ memoryLimitMiB }) => memoryLimitMiB)],
  });

type DataReservationInputs = { memoryLimitMiB: number; dataReservation: "half" | "full"; topology: Topology };
