import type { SizingPlan } from "../../sizing";

/** CPU units that ECS registers for each vCPU. */
const UNITS_PER_VCPU = 1024;
/** CPU units of a migration task, and as many are kept for beat whether it runs or not. */
export const ONE_OFF_UNITS = 128;
/** The engine takes no smaller weight. */
const LEAST_UNITS = 2;

/** What the weights of a host's containers are multiplied with. */
export type CpuScale = Readonly<Record<"app" | "data", number>>;

/**
 * The `cpu` of a container is its weight, and ECS places by it at the same time: tasks whose units exceed the host's
 * wait for ever. Second copies of a deploy are more than the host now and then (two vCPUs at tier low), and so may
 * overrides be. Weights only say who gets how much of what is short: all of a host made smaller alike mean the same.
 * @returns 1 for each host that has room, less where all weights must shrink; for app hosts that scale what makes the
 *   copies of a deploy fill one.
 */
export function cpuScale({ inputs, rolloutFactor, backend, celery, postgres, redis }: SizingPlan): CpuScale {
  const copy = backend.instances * backend.cpuShares + celery.replicas * celery.cpuShares;
  const onApp = rolloutFactor * copy + 2 * ONE_OFF_UNITS;
  const onData = (postgres?.cpuShares ?? 0) + (redis?.cpuShares ?? 0);
  if (inputs.topology === "single-host") {
    const scale = fitting(onApp + onData, inputs.hardware.threads);
    return { app: scale, data: scale };
  }
  // Where copies are added with hosts, a further one must find no room beside those that a deploy runs.
  const app = (inputs.appHosts > 1 ? filling : fitting)(onApp, inputs.hardware.threads);
  return { app, data: fitting(onData, inputs.dataHardware.threads) };
}

const filling = (units: number, threads: number): number => (units === 0 ? 1 : (UNITS_PER_VCPU * threads) / units);
const fitting = (units: number, threads: number): number => Math.min(1, filling(units, threads));

/** A weight of the plan as a container on such a host is given it. */
export const cpuUnits = (shares: number, scale: number): number => Math.max(LEAST_UNITS, Math.floor(shares * scale));
