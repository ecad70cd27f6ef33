import { floorExact, floorHundredths, roundDiv } from "../rules/arithmetic";
import { atLeast, atMost, rule } from "../rules/rule";

/** Source of the CPU rules all services share. */
const SOURCE = "docs/sizing.md#cpu-limits";
/** Quotas below this hurt latency more than they protect the neighbours. */
const LEAST_QUOTA = 2;
/** The container engine refuses less. */
const LEAST_SHARES = 2;
/** The most the kernel takes as a weight. */
const MOST_SHARES = 262_144;
const SHARES_PER_THREAD = 1024;

type LimitInputs = { readonly part: number; readonly threads: number; readonly scale: number };

/** Exact threads of so many twelfths of a machine, before they are rounded down for show. */
export const exactCpu = ({ part, threads }: { part: number; threads: number }): number => (part * threads) / 12;

/** CPU limit of a data service or of the Celery fleet: so many twelfths of the machine. */
export const cpuLimitRule = (about: string) =>
  rule({
    unit: "threads",
    about,
    words: "Its part of the host's threads, in twelfths (part).",
    source: SOURCE,
    asks: (inputs: LimitInputs) => floorHundredths(exactCpu(inputs)),
    bounds: (is) => [is.atMost(FITS_THREADS, scaled(exactCpu), "threads")],
    allows: (is) => [withinHost, is.atLeast("the least that a process starts with", () => LEAST_CPU)],
  });

/** With `oversubscribe: false` all CPU limits of a host shrink alike until they fit it. */
export const FITS_THREADS = "the host's threads, which all limits together must fit (oversubscribe: false)";

/** A CPU limit made to fit; no bound where nothing needs to shrink. */
export const scaled =
  <I>(limit: (inputs: I) => number) =>
  (inputs: I & { readonly scale: number }): number =>
    inputs.scale < 1 ? floorHundredths(limit(inputs) * inputs.scale) : Number.POSITIVE_INFINITY;

export const withinHost = atMost<{ readonly threads: number }>("the host's threads", ({ threads }) => threads);
/** The least CPU a process starts with before its health check gives it up: Celery took 8 s with 0.08 (measured). */
export const LEAST_CPU = 0.1;

/** CPU a data service or the Celery fleet is promised: so many twelfths of the machine. */
export const cpuReservationRule = (about: string) =>
  rule({
    unit: "threads",
    about,
    words: "Its part of the host's threads, in twelfths (part), within its limit.",
    source: SOURCE,
    asks: ({ part, threads }: { part: number; threads: number; cpuLimit: number }) =>
      floorHundredths((part * threads) / 12),
    bounds: (is) => [is.atMost("its own CPU limit", ({ cpuLimit }) => cpuLimit)],
  });

type QuotaInputs = { cpuLimit: number; containers: number; threads: number; enforcement: "quota" | "weight" };

/** What the engine holds each container to. */
export const cpuQuotaRule = () =>
  rule({
    unit: "threads",
    about: "Threads one container may use at most; left out where weights alone decide",
    words:
      "The limit divided over the containers, at least 2 threads, at most the machine; none with cpuEnforcement: weight.",
    source: SOURCE,
    asks: ({ cpuLimit, containers, threads, enforcement }: QuotaInputs): number | undefined =>
      enforcement === "weight"
        ? undefined
        : Math.min(threads, Math.max(LEAST_QUOTA, floorExact((cpuLimit * 100) / containers) / 100)),
    allows: () => [withinHost, atLeast("the least that a process starts with", () => LEAST_CPU)],
  });

export const cpuSharesRule = () =>
  rule({
    unit: "shares",
    about: "Weight of one container against the others; 1024 is one thread",
    words: "1024 x the reservation, divided over the containers, from 2 to 262,144.",
    source: SOURCE,
    asks: ({ cpuReservation, containers }: { cpuReservation: number; containers: number }) =>
      roundDiv(SHARES_PER_THREAD * cpuReservation, containers),
    bounds: (is) => [
      is.atLeast("the container engine", () => LEAST_SHARES),
      is.atMost("the kernel", () => MOST_SHARES),
    ],
  });

/** The exact reservation behind the one that was rounded down for show, unless a bound or an override set it. */
export function exactReservation(part: number, threads: number, cpuReservation: number): number {
  const exact = exactCpu({ part, threads });
  return floorHundredths(exact) === cpuReservation ? exact : cpuReservation;
}

/** Twelfths of a host's threads that a service may use at most, and is promised. */
export interface CpuPart {
  readonly limit: number;
  readonly reservation: number;
}
