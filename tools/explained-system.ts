import { EC2_SIZING, knownInstanceType, registeredHardware } from "../components/platform/ec2/hardware";
import { type Hardware, isMemorySize, type MemorySize, type SizingInputs, TIERS } from "../components/sizing";
import type { StackSystem } from "./stack/settings";

/** The flags that say what is sized. */
export interface MachineFlags extends Omit<SizingInputs, "hardware" | "dataHardware"> {
  readonly stack?: string;
  readonly reference?: Hardware;
  readonly workerMemory?: number;
  readonly childMemory?: number;
  readonly longestTask?: number;
  readonly longestDelay?: number;
  readonly backendStopGrace?: number;
  readonly entranceIdle?: number;
  readonly maxBody?: number;
  readonly statementTimeout?: number;
  readonly disk?: number;
  readonly externalPostgres?: number;
  readonly externalRedis?: number;
  readonly threads?: number;
  readonly memory?: MemorySize;
  readonly dataThreads?: number;
  readonly dataMemory?: MemorySize;
  readonly instance?: string;
  readonly dataInstance?: string;
  readonly loadBalancer: boolean;
}

/** What is sized, and the instances it was given as. */
export type System = StackSystem;

/** What the flags describe: EC2 instances, another machine, or a stack. */
export async function systemOf(flags: MachineFlags): Promise<System> {
  const { instance, dataInstance, tier, topology } = flags;
  if (dataInstance !== undefined && (instance === undefined || topology !== "app-and-data")) {
    throw new Error("--data-instance goes with --instance and --topology app-and-data: another topology has one host");
  }
  if (instance === undefined) return machineOrStack(flags);
  if (tier === undefined)
    throw new Error("--instance and --tier go together, such as: --instance m7i.2xlarge --tier high");
  const app = knownInstanceType(instance);
  const data = dataInstance === undefined ? undefined : knownInstanceType(dataInstance);
  const inputs = {
    ...sizingOf(flags),
    ...EC2_SIZING,
    tier,
    hardware: registeredHardware(app),
    ...(data && { dataHardware: registeredHardware(data) }),
  };
  return { inputs, instances: { app, data } };
}

/** What the flags say of the system, the machine and the tier left out. */
function sizingOf(flags: MachineFlags): Omit<SizingInputs, "hardware" | "tier"> {
  const {
    stack,
    reference,
    threads,
    memory,
    dataThreads,
    dataMemory,
    instance,
    dataInstance,
    loadBalancer,
    tier,
    ...rest
  } = flags;
  const {
    oversubscribe,
    workerMemory,
    childMemory,
    longestTask,
    longestDelay,
    backendStopGrace,
    entranceIdle,
    maxBody,
    statementTimeout,
    disk,
    externalPostgres,
    externalRedis,
    ...same
  } = rest;
  return {
    ...same,
    ...(workerMemory && { workerMemoryMiB: workerMemory }),
    ...(childMemory && { childMemoryMiB: childMemory }),
    ...(longestTask !== undefined && { longestTaskSeconds: longestTask }),
    ...(longestDelay !== undefined && { longestDelaySeconds: longestDelay }),
    ...(backendStopGrace !== undefined && { backendStopGraceSeconds: backendStopGrace }),
    ...(entranceIdle !== undefined && { entranceIdleSeconds: entranceIdle }),
    ...(maxBody !== undefined && { maxBodyMiB: maxBody }),
    ...(statementTimeout !== undefined && { statementTimeoutSeconds: statementTimeout }),
    ...(disk !== undefined && { diskGiB: disk }),
    ...(externalPostgres !== undefined && { externalPostgresConnections: externalPostgres }),
    ...(externalRedis !== undefined && { externalRedisConnections: externalRedis }),
    ...(oversubscribe === false ? { oversubscribe } : {}),
    ...(loadBalancer ? {} : { behindLoadBalancer: false }),
    ...(dataThreads && dataMemory ? { dataHardware: { threads: dataThreads, memory: dataMemory } } : {}),
  };
}

/** The flags of a machine; what they leave open comes from the stack only where no machine is given. */
async function machineOrStack(flags: MachineFlags): Promise<System> {
  const { stack, threads, memory, tier, reference } = flags;
  if (threads === undefined && memory === undefined) {
    const { stackSystem, selectedStack } = await import("./stack/settings");
    const system = await stackSystem(stack ?? (await selectedStack()), reference);
    return { ...system, inputs: { ...system.inputs, ...sizingOf(flags), ...(tier ? { tier } : {}) } };
  }
  if (threads === undefined || memory === undefined || tier === undefined) {
    throw new Error("--threads, --memory and --tier go together, such as: --threads 12 --memory 32GiB --tier high");
  }
  return { inputs: { hardware: { threads, memory }, tier, ...sizingOf(flags) } };
}

/** The same system at another tier, or on another machine, as `--compare` names it. */
export function otherSystem({ inputs, instances }: System, other: string): System {
  const tier = TIERS.find((each) => each === other);
  if (tier) return { inputs: { ...inputs, tier }, ...(instances && { instances }) };
  if (instances) {
    if (!other.includes(".")) {
      throw new Error(`--compare ${other}: give a tier (${TIERS.join(", ")}) or an instance type such as m7i.4xlarge`);
    }
    const app = knownInstanceType(other);
    return { inputs: { ...inputs, hardware: registeredHardware(app) }, instances: { ...instances, app } };
  }
  const hardware = hardwareNamed(other);
  if (!hardware) {
    throw new Error(
      `--compare ${other}: give a tier (${TIERS.join(", ")}) or a machine such as 8x16GiB; ` +
        "with --instance, an instance type such as m7i.4xlarge",
    );
  }
  return { inputs: { ...inputs, hardware } };
}

/** The machine of `8x16GiB`: threads x memory. */
export function hardwareNamed(name: string): Hardware | undefined {
  const [, threads, memory = ""] = /^(\d+)x(.+)$/.exec(name) ?? [];
  return isMemorySize(memory) ? { threads: Number(threads), memory } : undefined;
}
