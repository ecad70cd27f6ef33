import type { Rule } from "../rules/rule";

/** The host of a system that a service runs on; on a single host they are one. */
export type HostName = "app" | "data";

/** CPU a service asks of its host, before the limits of all services are made to fit it. */
export interface CpuDemand {
  readonly host: HostName;
  /** Exact, not rounded down for show. */
  readonly byRule: number;
  /** An overridden limit stays as it is where others shrink. */
  readonly given: number | undefined;
}

/** A service's CPU limit before it is made to fit, and what makes it fit. */
export interface CpuShare {
  /** By rule exact, not rounded down for show; or overridden. */
  readonly threads: number;
  /** 1, or less where the limits of a host shrink. */
  readonly scale: number;
}

/** What all containers of one service on one host are promised, and may use at most. */
export interface Load {
  /** Its part of the plan. */
  readonly service: string;
  readonly host: HostName;
  readonly cpuReservation: number;
  readonly cpuLimit: number;
  readonly memoryReservationMiB: number;
  readonly memoryLimitMiB: number;
  /** Open files of each of them; undefined where the engine's own default is enough. */
  readonly nofile: number | undefined;
  /** The rules of its CPU limit and reservation, which an override may replace. */
  readonly rules: { readonly cpuLimit: Rule; readonly cpuReservation: Rule };
}

type Amount = "cpuReservation" | "cpuLimit" | "memoryReservationMiB" | "memoryLimitMiB";

/** What services come to together. */
export const sumOf = (loads: readonly Load[], amount: Amount): number =>
  loads.reduce((sum, load) => sum + load[amount], 0);
