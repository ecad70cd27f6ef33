import { distance } from "fastest-levenshtein";
import { type Hardware, parseMemory, type SizingInputs } from "../../sizing";
import { Ec2Error } from "./error";
import table from "./instance-types.json";

/** What a container image must be built for. */
export type Architecture = "x86_64" | "arm64";

/** One EC2 instance type, as Amazon describes it. */
export interface InstanceType {
  /** `<family>.<size>`, such as `m7i.2xlarge`. */
  readonly name: string;
  /** Logical CPUs. */
  readonly vCpus: number;
  /** Memory of the whole instance, MiB: more than containers get. */
  readonly memoryMiB: number;
  readonly architecture: Architecture;
}

/** What is said of an instance type by AWS, where the table does not have it. */
export interface DescribedInstance {
  readonly vCpus: number;
  readonly memoryMiB: number;
  /** As EC2 names them: `x86_64`, `arm64`, `i386`, … */
  readonly architectures: readonly string[];
}

/**
 * The sizing inputs that hold on Amazon ECS, whatever the settings say.
 *
 * - `hostReserve`: the agent has taken `ECS_RESERVED_MEMORY` off before it registers the rest, so the plan takes no
 *   second reserve. It keeps room for the migration task, and checks that a second copy finds its reservation free.
 * - `dataReservation`: ECS places by reservation. What PostgreSQL and Redis may use is therefore promised to them:
 *   no other task is ever placed on it.
 * - `cpuEnforcement`: the CPU of a container on an EC2 instance is its weight against the others (cpu.shares). There
 *   is no cap beside it.
 * - `hostNofile`: docker.service of the ECS-optimized Amazon Linux 2023 has `LimitNOFILE=infinity` (amazonlinux/
 *   amazon-linux-2023, issue 763). What ends it is the kernel's `fs.nr_open`, which nobody sets below its default.
 */
export const EC2_SIZING = {
  hostReserve: "registered",
  dataReservation: "full",
  cpuEnforcement: "weight",
  hostNofile: 1_048_576,
} as const satisfies Partial<SizingInputs>;

/** Every known type: by family, and in a family from the smallest. `tools/instance-types.py` makes the table. */
export const INSTANCE_TYPES: readonly InstanceType[] = (["x86_64", "arm64"] as const).flatMap((architecture) =>
  Object.entries(table[architecture]).map(([name, size]) => ({ name, ...size, architecture })),
);

const BY_NAME: ReadonlyMap<string, InstanceType> = new Map(INSTANCE_TYPES.map((type) => [type.name, type]));

/** The type of that name, undefined where the table has none. */
export const instanceType = (name: string): InstanceType | undefined => BY_NAME.get(name);

/** `m7i` of `m7i.2xlarge`. */
export const familyOf = ({ name }: Pick<InstanceType, "name">): string => name.replace(/\..*$/, "");

/**
 * The type of that name, from the table alone: works offline.
 * @throws Ec2Error with the nearest known names.
 */
export function knownInstanceType(name: string): InstanceType {
  const type = instanceType(name);
  if (type) return type;
  throw new Ec2Error(
    `Instance type ${JSON.stringify(name)} is not known here. ${didYouMean(name)} ` +
      "A type that is not in components/platform/ec2/instance-types.json is looked up in AWS when its stack is deployed.",
  );
}

/**
 * The type of that name, from the table, else as AWS describes it.
 * @param lookUp Asks AWS, `aws.ec2.getInstanceType` in the program; rejects for a type that does not exist.
 * @throws Ec2Error where AWS does not answer, or the type runs no image for x86_64 or arm64.
 */
export async function resolveInstanceType(
  name: string,
  lookUp: (name: string) => Promise<DescribedInstance>,
): Promise<InstanceType> {
  const known = instanceType(name);
  if (known) return known;
  const { vCpus, memoryMiB, architectures } = await lookUp(name).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message.trim() : String(error);
    throw new Ec2Error(
      `Instance type ${JSON.stringify(name)} is not known here, and AWS did not describe it: ${reason}\n` +
        `${didYouMean(name)} Nothing was created or changed.`,
    );
  });
  const architecture = (["x86_64", "arm64"] as const).find((each) => architectures.includes(each));
  if (!architecture) {
    throw new Ec2Error(
      `Instance type ${JSON.stringify(name)} has architecture ${architectures.join(", ")}; x86_64 or arm64 is needed. ` +
        "Nothing was created or changed.",
    );
  }
  return { name, vCpus, memoryMiB, architecture };
}

/** The three known names a misspelt one is most likely to be. */
function didYouMean(name: string): string {
  const given = name.toLowerCase();
  const wrong = (known: string): number => (known.startsWith(`${given}.`) ? 0 : distance(given, known));
  const [first, second, third] = INSTANCE_TYPES.map((type) => ({ name: type.name, wrong: wrong(type.name) })).sort(
    (a, b) => a.wrong - b.wrong,
  );
  return `Did you mean ${first?.name}, ${second?.name} or ${third?.name}?`;
}

/**
 * Memory Amazon ECS registers of an instance, MiB: what the kernel sees, less `ECS_RESERVED_MEMORY`. The hypervisor,
 * the firmware and the kernel's own tables keep 10.25 %, from 6,384 MiB on 399 MiB + 4 %: a bound above what people
 * measured, rounded so that no task waits for memory that is not there. Two types are known to keep more: SEEN_MIB.
 * @param instanceMemoryMiB Memory of the instance type, MiB.
 */
export function registeredMemoryMiB(instanceMemoryMiB: number): number {
  // In ten-thousandths of a MiB, which are exact.
  const overhead = Math.min(1025 * instanceMemoryMiB, 3_990_000 + 400 * instanceMemoryMiB);
  return Math.floor((10_000 * instanceMemoryMiB - overhead) / 10_000) - ecsReservedMemoryMiB(instanceMemoryMiB);
}

/**
 * `ECS_RESERVED_MEMORY` of an instance, MiB: 3 % of its memory, at least 256, rounded up. The agent takes it off what
 * it registers, for itself, Docker and the system. User data and sizing must use the same number.
 * @param instanceMemoryMiB Memory of the instance type, MiB.
 */
export const ecsReservedMemoryMiB = (instanceMemoryMiB: number): number =>
  Math.max(256, Math.ceil((3 * instanceMemoryMiB) / 100));

/**
 * Types the bound above does not hold for, with the memory their kernel was seen to report, MiB. Both were read from
 * ECS itself, by two parties (sentiampc/sentialabs.github.io, 2018; misterfifi1/exo-lives-aws, local.tf).
 */
const SEEN_MIB: Readonly<Record<string, number>> = { "c5.9xlarge": 70_351, "c5.18xlarge": 140_780 };

/** What an instance type offers to containers: its threads, and the memory Amazon ECS registers. */
export function registeredHardware({ name, vCpus, memoryMiB }: InstanceType): Hardware {
  const seen = SEEN_MIB[name];
  const registered = seen ? seen - ecsReservedMemoryMiB(memoryMiB) : registeredMemoryMiB(memoryMiB);
  return { threads: vCpus, memory: `${registered}MiB` };
}

/**
 * What a type of the table offers to containers.
 * @throws Ec2Error for a type that is not in the table.
 */
export const ec2Hardware = (name: string): Hardware => registeredHardware(knownInstanceType(name));

/** `m7i.2xlarge: 8 vCPU, 32,768 MiB, of which Amazon ECS registers 30,074 MiB`. */
export function describeInstance(type: InstanceType): string {
  const [has, registers] = [type.memoryMiB, parseMemory(registeredHardware(type).memory)].map((mib) =>
    mib.toLocaleString("en"),
  );
  return `${type.name}: ${type.vCpus} vCPU, ${has} MiB, of which Amazon ECS registers ${registers} MiB`;
}
