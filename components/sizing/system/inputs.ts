import type { GivenInputs } from "../machine/inputs";
import type { Overrides } from "./overrides";

/** Everything the plan depends on. Two equal inputs give two equal plans. */
export interface SizingInputs extends GivenInputs {
  /** Values that replace the plan's own, by service and field. Refused where they break a bound. */
  readonly overrides?: Overrides;
}

/** Every input by name: one that is left out here does not compile. */
const INPUTS: Readonly<Record<keyof SizingInputs, true>> = {
  hardware: true,
  dataHardware: true,
  tier: true,
  topology: true,
  share: true,
  appHosts: true,
  rollout: true,
  behindLoadBalancer: true,
  workerMemoryMiB: true,
  childMemoryMiB: true,
  longestTaskSeconds: true,
  longestDelaySeconds: true,
  backendStopGraceSeconds: true,
  entranceIdleSeconds: true,
  maxBodyMiB: true,
  statementTimeoutSeconds: true,
  dataReservation: true,
  hostReserve: true,
  oversubscribe: true,
  hostNofile: true,
  diskGiB: true,
  beat: true,
  postgresMajor: true,
  redisMajor: true,
  cpuEnforcement: true,
  overrides: true,
  overrideNames: true,
  externalPostgresConnections: true,
  externalRedisConnections: true,
};

/** The plain sizing inputs among other arguments: what decides sizes, and nothing else. */
export function sizingInputsOf(args: SizingInputs): SizingInputs {
  const keys = Object.keys(INPUTS) as (keyof SizingInputs)[];
  const given = keys.filter((key) => args[key] !== undefined).map((key) => [key, args[key]]);
  return Object.fromEntries(given) as SizingInputs;
}
