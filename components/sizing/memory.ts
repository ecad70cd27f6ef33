const MIB_PER = { MiB: 1, GiB: 1024, TiB: 1024 * 1024 } as const;

/** A size as people write it: a number and a unit, `"512MiB"`, `"16GiB"`, `"1.5GiB"`. */
export type MemorySize = `${number}${keyof typeof MIB_PER}`;

/** MiB of a size such as `"16GiB"`, rounded down; undefined where it is not one. */
export function parseMemory(size: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(MiB|GiB|TiB)$/.exec(size.trim());
  if (!match) return undefined;
  const [, amount, unit] = match;
  return Math.floor(Number(amount) * MIB_PER[unit as keyof typeof MIB_PER]);
}

/** `8192` as `"8 GiB"`, `1664` as `"1.63 GiB"`, `700` as `"700 MiB"`. */
export function formatMemory(mib: number): string {
  if (mib < 1024) return `${mib} MiB`;
  return `${Math.round((mib / 1024) * 100) / 100} GiB`;
}
