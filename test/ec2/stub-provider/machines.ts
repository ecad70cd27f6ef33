/** GiB of memory a vCPU by family letter; vCPUs by size. Enough for what tests ask. */
const GIB_PER_VCPU: Readonly<Record<string, number>> = { c: 2, m: 4, r: 8 };
const BURSTABLE: Readonly<Record<string, readonly [vcpus: number, gib: number]>> = {
  nano: [2, 0.5],
  micro: [2, 1],
  small: [2, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  "2xlarge": [8, 32],
};

export type Architecture = "arm64" | "x86_64";

/** `g` after the generation is Graviton: `m7g.large`, `t4g.small`, `c6gn.xlarge`. */
export const architectureOfType = (type: string): Architecture => (/^[a-z]+\d+g/.test(type) ? "arm64" : "x86_64");

export interface Machine {
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: Architecture;
}

/** What an instance type has, or undefined for one the stub does not know. */
export function machine(type: string): Machine | undefined {
  const [, family = "", size = ""] = /^([a-z])\d[a-z]*\.(\w+)$/.exec(type) ?? [];
  const architecture = architectureOfType(type);
  if (family === "t") {
    const [vcpus, gib] = BURSTABLE[size] ?? [];
    return vcpus && gib ? { vcpus, memoryMiB: gib * 1024, architecture } : undefined;
  }
  const [, times] = /^(\d*)xlarge$/.exec(size) ?? [];
  const vcpus = size === "medium" ? 1 : size === "large" ? 2 : times === undefined ? undefined : 4 * Number(times || 1);
  const gib = GIB_PER_VCPU[family];
  return vcpus && gib ? { vcpus, memoryMiB: vcpus * gib * 1024, architecture } : undefined;
}

const IMAGE_PREFIX = { x86_64: "ami-0860", arm64: "ami-0a64" } as const;

/** The id of the stub's image for ECS: one for each architecture and release. */
export const imageId = (architecture: Architecture, release: number): string =>
  `${IMAGE_PREFIX[architecture]}${String(release).padStart(13, "0")}`;

/** The architecture of one of the stub's images; nothing of others. */
export const architectureOfImage = (id: string): Architecture | undefined =>
  id.startsWith(IMAGE_PREFIX.arm64) ? "arm64" : id.startsWith(IMAGE_PREFIX.x86_64) ? "x86_64" : undefined;
