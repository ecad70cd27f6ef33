import { floorDiv } from "./arithmetic";
import { type Sixtieths, threads } from "./cpu";
import type { ResolvedInputs } from "./inputs";

/** How the machine, or the app host and the data host, are divided before any service is sized. */
export interface Shares {
  readonly backend: {
    /** The most the backend's containers may use together, MiB. */
    readonly ceilingMiB: number;
    readonly cpuLimit: Sixtieths;
    /** Memory that goes with one thread of CPU limit: MiB is this many quarters of M/T. */
    readonly quartersOfMemoryPerThread: 3 | 4;
  };
  readonly celery: {
    /** What the fleet gets unless its children need more, MiB. */
    readonly baseMiB: number;
    /** The most the fleet may use, MiB. */
    readonly ceilingMiB: number;
    readonly cpuLimit: Sixtieths;
    readonly cpuReservation: Sixtieths;
  };
  readonly postgres: DataShare;
  readonly redis: DataShare;
  /** Kept free on the app host (the only host, on a single host) and on the data host, MiB. */
  readonly appReserveMiB: number;
  readonly dataReserveMiB: number;
}

/** One data service's part of its host. */
export interface DataShare {
  readonly memoryLimitMiB: number;
  readonly memoryReservationMiB: number;
  readonly cpuLimit: Sixtieths;
  readonly cpuReservation: Sixtieths;
}

/** Source: docs/sizing.md, "How the machine is divided". */
export function divide(inputs: ResolvedInputs): Shares {
  return inputs.topology === "single-host" ? singleHost(inputs) : appAndData(inputs);
}

/** What the system keeps for itself, the load balancer, beat and a migration, MiB. */
export function reserveMiB(memoryMiB: number, oversubscribe: boolean): number {
  return Math.max(oversubscribe ? 256 : 512, floorDiv(3 * memoryMiB, 100));
}

function singleHost(inputs: ResolvedInputs): Shares {
  const { threads: T, memoryMiB: M } = inputs.hardware;
  const reserve = reserveMiB(M, inputs.oversubscribe);
  const available = M - reserve - Math.ceil((3 * M) / 8);
  const app = inputs.oversubscribe
    ? { backend: floorDiv(5 * M, 8), celery: floorDiv(M, 4) }
    : splitExactly(available, inputs.childMemoryMiB);
  const reserved = (limit: number) => (inputs.dataReservation === "full" ? limit : floorDiv(limit, 2));
  const postgres = floorDiv(M, 4);
  const redis = floorDiv(M, 8);
  return {
    backend: { ceilingMiB: app.backend, cpuLimit: (threads(T) * 5) / 6, quartersOfMemoryPerThread: 3 },
    celery: {
      baseMiB: floorDiv(M, 8),
      ceilingMiB: app.celery,
      cpuLimit: threads(T) / 6,
      cpuReservation: threads(T) / 12,
    },
    postgres: {
      memoryLimitMiB: postgres,
      memoryReservationMiB: reserved(postgres),
      cpuLimit: threads(T) / 3,
      cpuReservation: threads(T) / 6,
    },
    redis: {
      memoryLimitMiB: redis,
      memoryReservationMiB: reserved(redis),
      cpuLimit: threads(T) / 6,
      cpuReservation: threads(T) / 12,
    },
    appReserveMiB: reserve,
    dataReserveMiB: reserve,
  };
}

function appAndData(inputs: ResolvedInputs): Shares {
  const { threads: T, memoryMiB: M } = inputs.hardware;
  const reserve = reserveMiB(M, inputs.oversubscribe);
  const app = inputs.oversubscribe
    ? { backend: floorDiv(5 * M, 6), celery: floorDiv(M, 3) }
    : splitExactly(M - reserve, inputs.childMemoryMiB);
  const dataReserve = reserveMiB(inputs.dataHardware.memoryMiB, inputs.oversubscribe);
  const D = inputs.dataHardware.memoryMiB - dataReserve;
  const dataThreads = threads(inputs.dataHardware.threads);
  const whole = (memoryMiB: number, cpu: Sixtieths): DataShare => ({
    memoryLimitMiB: memoryMiB,
    memoryReservationMiB: memoryMiB,
    cpuLimit: cpu,
    cpuReservation: cpu,
  });
  return {
    backend: { ceilingMiB: app.backend, cpuLimit: (threads(T) * 5) / 6, quartersOfMemoryPerThread: 4 },
    celery: {
      baseMiB: floorDiv(M, 6),
      ceilingMiB: app.celery,
      cpuLimit: threads(T) / 6,
      cpuReservation: threads(T) / 12,
    },
    postgres: whole(floorDiv(2 * D, 3), (dataThreads * 2) / 3),
    redis: whole(floorDiv(D, 3), dataThreads / 3),
    appReserveMiB: reserve,
    dataReserveMiB: dataReserve,
  };
}

/** Backend and Celery may not exceed what is left together; Celery keeps room for one child and its parent. */
function splitExactly(available: number, childMemoryMiB: number): { backend: number; celery: number } {
  const backend = Math.min(floorDiv(2 * available, 3), available - 2 * childMemoryMiB);
  return { backend, celery: available - backend };
}
