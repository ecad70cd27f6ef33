import { BACKEND_RULES } from "./backend-rules";
import { CELERY_RULES } from "./celery-rules";
import type { Host } from "./host";
import { needsDataHost, type ResolvedInputs } from "./inputs";
import { POSTGRES_RULES } from "./postgres-rules";
import { REDIS_RULES } from "./redis";
import { OverrideRefusal, Shortfall } from "./refusal";
import type { Rule, Service } from "./rule";
import type { Findings, Sheet } from "./sheet";
import { celeryReservationMiB, type FourPlans } from "./totals";

/** Least memory, MiB, of a host whose data services are promised half, or all, of their limit. */
const LEAST_MEMORY_MIB = { half: 1024, full: 2048 } as const;

/** Refuses a host too small for any system. */
export function refuseTooSmall(inputs: ResolvedInputs): void {
  const { topology, hardware, dataHardware, dataReservation, hostReserve } = inputs;
  const single = topology === "single-host";
  const least = LEAST_MEMORY_MIB[dataReservation];
  const onApp = single ? least : LEAST_MEMORY_MIB.half;
  // A scheduler's hosts are the system's own: there is no share to take more of.
  const remedy =
    hostReserve === "system" ? "Give the system a larger share of the machine if there is one to give." : "";
  const tooSmall = (host: "app" | "data", name: string, memoryMiB: number, needed: number) =>
    new Shortfall(
      "machine",
      "memory",
      host,
      `The ${name} offers ${memoryMiB} MiB to containers; the system needs at least ${needed} MiB, ${needed - memoryMiB} MiB more.`,
      remedy,
    );
  if (hardware.memoryMiB < onApp) throw tooSmall("app", single ? "machine" : "app host", hardware.memoryMiB, onApp);
  if (needsDataHost(inputs) && dataHardware.memoryMiB < least)
    throw tooSmall("data", "data host", dataHardware.memoryMiB, least);
}

/** One host's memory, and what is promised and allowed on it. */
interface Load {
  readonly name: "app" | "data";
  readonly host: Host;
  readonly services: readonly Service[];
  readonly reservedMiB: number;
  readonly limitMiB: number;
  readonly cpuReservation: number;
  readonly cpuLimit: number;
}

/** Refuses overrides that cannot be taken, and services that do not fit their hosts together. */
export function refuseUnfit(
  plans: FourPlans,
  inputs: ResolvedInputs,
  { app, data }: { app: Host; data: Host },
  copies: 1 | 2,
  sheets: Readonly<Record<Service, Sheet>>,
  findings: Findings,
): void {
  const { backend, celery, postgres, redis } = plans;
  const onApp: Load = {
    name: "app",
    host: app,
    services: ["backend", "celery"],
    reservedMiB: backend.fleetMemoryReservationMiB + celeryReservationMiB(celery),
    limitMiB: backend.fleetMemoryLimitMiB + celery.fleetMemoryLimitMiB,
    cpuReservation: backend.fleetCpuReservation + celery.fleetCpuReservation,
    cpuLimit: backend.fleetCpuLimit + celery.fleetCpuLimit,
  };
  const onData: Load = {
    name: "data",
    host: data,
    services: ["postgres", "redis"],
    reservedMiB: (postgres?.memoryReservationMiB ?? 0) + (redis?.memoryReservationMiB ?? 0),
    limitMiB: (postgres?.memoryLimitMiB ?? 0) + (redis?.memoryLimitMiB ?? 0),
    cpuReservation: (postgres?.cpuReservation ?? 0) + (redis?.cpuReservation ?? 0),
    cpuLimit: (postgres?.cpuLimit ?? 0) + (redis?.cpuLimit ?? 0),
  };
  const loads =
    inputs.topology === "single-host" ? [together(onApp, onData)] : needsDataHost(inputs) ? [onApp, onData] : [onApp];
  if (Object.keys(inputs.overrides).length > 0) {
    for (const load of loads) refuseOverridden(load, inputs, sheets);
  }
  if (findings.mistakes.length > 0) throw new OverrideRefusal(findings.mistakes);
  for (const load of loads) refuseOverReserved(load);
  if (copies === 2 && inputs.hostReserve === "registered") {
    for (const load of loads) if (load.name === "app") refuseSecondCopy(load, onApp.reservedMiB);
  }
}

const together = (a: Load, b: Load): Load => ({
  name: a.name,
  host: a.host,
  services: [...a.services, ...b.services],
  reservedMiB: a.reservedMiB + b.reservedMiB,
  limitMiB: a.limitMiB + b.limitMiB,
  cpuReservation: a.cpuReservation + b.cpuReservation,
  cpuLimit: a.cpuLimit + b.cpuLimit,
});

const CPU_RESERVATIONS: Readonly<Record<Service, Rule>> = {
  backend: BACKEND_RULES.fleetCpuReservation,
  celery: CELERY_RULES.fleetCpuReservation,
  postgres: POSTGRES_RULES.cpuReservation,
  redis: REDIS_RULES.cpuReservation,
};
const CPU_LIMITS: Readonly<Record<Service, Rule>> = {
  backend: BACKEND_RULES.fleetCpuLimit,
  celery: CELERY_RULES.fleetCpuLimit,
  postgres: POSTGRES_RULES.cpuLimit,
  redis: REDIS_RULES.cpuLimit,
};

/** Sums that only overrides can push above the host. Rounding may leave a limit 1 MiB above its part. */
function refuseOverridden(
  load: Load,
  { oversubscribe }: ResolvedInputs,
  sheets: Readonly<Record<Service, Sheet>>,
): void {
  const { threads, memoryMiB, reserveMiB } = load.host;
  const refuse = (rules: Readonly<Record<Service, Rule>>, message: string) => {
    for (const service of load.services) {
      if (sheets[service].given(rules[service]) !== undefined) sheets[service].refuse(rules[service], message);
    }
  };
  const over = (value: number, most: number) => Math.round(100 * value) > 100 * most;
  if (over(load.cpuReservation, threads)) {
    refuse(
      CPU_RESERVATIONS,
      `the CPU reservations sum to ${round(load.cpuReservation)}; at most the host's ${threads} threads are allowed`,
    );
  }
  if (oversubscribe) return;
  if (over(load.cpuLimit, threads)) {
    refuse(
      CPU_LIMITS,
      `the CPU limits sum to ${round(load.cpuLimit)}; at most the host's ${threads} threads are allowed with oversubscribe: false`,
    );
  }
  if (load.limitMiB > memoryMiB - reserveMiB + 1) {
    throw new Shortfall(
      "machine",
      "memory",
      load.name,
      `With oversubscribe: false the memory limits and the reserve may be the host's ${memoryMiB} MiB at most; ` +
        `they are ${load.limitMiB} + ${reserveMiB} MiB, ${load.limitMiB + reserveMiB - memoryMiB} MiB too much.`,
      "Override less memory, or set oversubscribe: true.",
    );
  }
}

const round = (value: number): number => Math.round(100 * value) / 100;

function refuseOverReserved({ name, host: { memoryMiB, reserveMiB }, reservedMiB }: Load): void {
  const shortMiB = reservedMiB + reserveMiB - memoryMiB;
  if (shortMiB <= 0) return;
  throw new Shortfall(
    "machine",
    "memory",
    name,
    `The services reserve ${reservedMiB} MiB and the system keeps ${reserveMiB} MiB: ${shortMiB} MiB more than the ${memoryMiB} MiB there are.`,
    "",
  );
}

/** A scheduler that places by reservation starts a second copy only where its reservation is free. */
function refuseSecondCopy({ host: { memoryMiB, reserveMiB }, reservedMiB }: Load, copyMiB: number): void {
  const freeMiB = memoryMiB - reserveMiB - reservedMiB;
  if (copyMiB <= freeMiB) return;
  throw new Shortfall(
    "backend",
    "room for a second copy",
    "app",
    `backend and celery: a second copy reserves ${copyMiB} MiB; the host has ${freeMiB} MiB free, ${copyMiB - freeMiB} MiB too little.`,
    "Set rollout: recreate to deploy with a gap.",
  );
}
