const MIB_PER = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 } as const;

/** A size as people write it: a number and a unit, `"512MiB"`, `"16GiB"`, `"1.5GiB"`. */
export type MemorySize = `${number}${keyof typeof MIB_PER}`;

const SIZE = /^(\d+(?:\.\d+)?)(MiB|GiB|TiB)$/;

/** Whether a text is a size: a number and MiB, GiB or TiB, without a space. */
export const isMemorySize = (text: string): text is MemorySize => SIZE.test(text);

/**
 * MiB of a size such as `"16GiB"`, rounded down.
 * @throws RangeError where the text is no size.
 */
export function parseMemory(size: MemorySize): number {
  const [, amount, unit] = SIZE.exec(size) ?? [];
  if (unit !== "MiB" && unit !== "GiB" && unit !== "TiB") {
    throw new RangeError(`"${size}" is no memory size: write a number and MiB, GiB or TiB, such as "16GiB"`);
  }
  return Math.floor(Number(amount) * MIB_PER[unit]);
}

/** `8192` as `"8 GiB"`, `1664` as `"1.63 GiB"`, `700` as `"700 MiB"`. */
export function formatMemory(mib: number): string {
  if (mib < 1024) return `${mib} MiB`;
  return `${Math.round((mib / 1024) * 100) / 100} GiB`;
}
