import type { SizingPlan } from "../../sizing";

/** CPU units that ECS registers for each vCPU. */
const UNITS_PER_VCPU = 1024;
/** CPU units of a migration task, on any host, and as many are kept for beat whether it runs or not. */
export const ONE_OFF_UNITS = 128;
/** The engine takes no smaller weight. */
const LEAST_UNITS = 2;

/** What the weights of a host's containers are multiplied with. */
export type CpuScale = Readonly<Record<"app" | "data", number>>;

/**
 * The `cpu` of a container is its weight, and ECS places by it at the same time: tasks whose units exceed the host's
 * wait for ever. PostgreSQL and Redis keep their weights, so that no tier restarts one of them for its neighbours; the
 * copies of the application that a deploy runs, and beat, are made to fit what they and a migration leave. Weights only
 * say who gets how much of what is short, and between backend and Celery that stays.
 * @returns 1 for each host that has room, less where weights must shrink; for app hosts that scale what makes the
 *   copies of a deploy fill one, so that a further copy starts on another.
 */
export function cpuScale({ inputs, rolloutFactor, backend, celery, postgres, redis }: SizingPlan): CpuScale {
  const copy = backend.instances * backend.cpuShares + celery.replicas * celery.cpuShares;
  const onApp = rolloutFactor * copy + ONE_OFF_UNITS;
  const onData = (postgres?.cpuShares ?? 0) + (redis?.cpuShares ?? 0);
  const [units, dataUnits] = [inputs.hardware, inputs.dataHardware].map(({ threads }) => UNITS_PER_VCPU * threads) as [
    number,
    number,
  ];
  if (inputs.topology === "app-and-data") {
    const app = (units - ONE_OFF_UNITS) / onApp;
    return { app: inputs.appHosts > 1 ? app : Math.min(1, app), data: fitting(onData, dataUnits) };
  }
  // Overridden weights may leave the application next to nothing: then all shrink alike.
  const alike = fitting(onApp + onData, units - ONE_OFF_UNITS);
  return onData > units / 2
    ? { app: alike, data: alike }
    : { app: fitting(onApp, units - ONE_OFF_UNITS - onData), data: 1 };
}

const fitting = (wanted: number, units: number): number => (wanted === 0 ? 1 : Math.min(1, units / wanted));

/** A weight of the plan as a container on such a host is given it. */
export const cpuUnits = (shares: number, scale: number): number => Math.max(LEAST_UNITS, Math.floor(shares * scale));
