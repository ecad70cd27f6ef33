/** A block of IPv4 addresses: its first, and the one after its last, as numbers. */
export interface Block {
  readonly from: number;
  readonly to: number;
  readonly bits: number;
}

const asNumber = (address: string): number =>
  address.split(".").reduce((total, octet) => total * 256 + Number(octet), 0);

export function block(cidr: string): Block | undefined {
  const [, address = "", bits] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(cidr) ?? [];
  if (bits === undefined || Number(bits) > 32) return undefined;
  const size = 2 ** (32 - Number(bits));
  const from = asNumber(address);
  return from % size === 0 ? { from, to: from + size, bits: Number(bits) } : undefined;
}

export const inside = (inner: Block, outer: Block): boolean => inner.from >= outer.from && inner.to <= outer.to;
export const overlap = (a: Block, b: Block): boolean => a.from < b.to && b.from < a.to;

/** Where an address stands in a block; AWS keeps the first four and the last for itself. */
export function standing(address: string, { from, to }: Block): "outside" | "reserved" | "free" {
  const value = asNumber(address);
  if (value < from || value >= to) return "outside";
  return value < from + 4 || value === to - 1 ? "reserved" : "free";
}
