import { DEFAULTS, type SizingInputs, SizingRefusal, setAsideMiB, sizingPlan } from "../../sizing";
import {
  type Architecture,
  describeInstance,
  familyOf,
  INSTANCE_TYPES,
  type InstanceType,
  registeredHardware,
} from "./hardware";

/** The instance types a system was to run on. */
export interface Instances {
  /** The only host, or one of those the application runs on. */
  readonly app: InstanceType;
  /** The data host of `app-and-data`. Default: like an app host. */
  readonly data?: InstanceType | undefined;
}

/** The host a type is chosen for; a single host is `app`. */
export type Host = keyof Instances;

const BY_SIZE = INSTANCE_TYPES.toSorted((a, b) => a.memoryMiB - b.memoryMiB || a.vCpus - b.vCpus);

/**
 * The smallest instance type, by memory and then by vCPU, with which the system gets a plan.
 * @param inputs The system; what it says of the host in question is not read.
 * @param among The architecture, which the image decides; `family`: that one only, by default any.
 * @returns Undefined where none fits. That is so, too, while the other host is too small.
 */
export function smallestInstanceThatFits(
  inputs: SizingInputs,
  host: Host,
  among: { readonly architecture: Architecture; readonly family?: string },
): InstanceType | undefined {
  return BY_SIZE.find(
    (type) =>
      type.architecture === among.architecture &&
      (among.family === undefined || familyOf(type) === among.family) &&
      fits(withHost(inputs, host, type)),
  );
}

function fits(inputs: SizingInputs): boolean {
  try {
    sizingPlan(inputs);
    return true;
  } catch (error) {
    if (error instanceof SizingRefusal) return false;
    throw error;
  }
}

/** The system on other hardware: what the type offers as Amazon ECS registers it. */
function withHost(inputs: SizingInputs, host: Host, type: InstanceType): SizingInputs {
  const hardware = registeredHardware(type);
  return host === "app" ? { ...inputs, hardware } : { ...inputs, dataHardware: hardware };
}

/**
 * Why a system gets no plan on its instances, and the smallest type that would do: of the same family if there is
 * one, else of any with the same architecture.
 * @param inputs What was refused, its hardware as the instances offer it.
 */
export function instanceRefusal(refusal: SizingRefusal, inputs: SizingInputs, instances: Instances): string {
  // Mistaken settings are not cured by another machine.
  if (!refusal.host) return refusal.message;
  const single = inputs.topology !== "app-and-data";
  const host = single ? "app" : refusal.host;
  const type = instances[host] ?? instances.app;
  const { architecture } = type;
  const family = familyOf(type);
  const ofFamily = smallestInstanceThatFits(inputs, host, { architecture, family });
  const smallest = ofFamily ?? smallestInstanceThatFits(inputs, host, { architecture });
  const other = instances[host === "app" ? "data" : "app"] ?? instances.app;
  return [
    `${single ? "" : `The ${host} host is `}${describeInstance(type)}.`,
    refusal.message,
    `Containers get what Amazon ECS registers${host === "app" ? `, less ${setAside(inputs)}` : ""}.`,
    smallest
      ? `The smallest ${ofFamily ? family : architecture} instance type that fits is ${smallest.name}.`
      : `No ${architecture} instance type fits${single ? "" : ` here while the ${host === "app" ? "data" : "app"} host is ${other.name}`}.`,
  ].join("\n");
}

function setAside(inputs: SizingInputs): string {
  const { beat, hostReserve, overrides } = { ...DEFAULTS, ...inputs };
  return `${setAsideMiB({ beat, hostReserve, overrides })} MiB kept for ${beat ? "beat and " : ""}a migration task`;
}
