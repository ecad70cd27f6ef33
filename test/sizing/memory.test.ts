import { expect, it } from "vitest";
import { formatMemory, isMemorySize, type MemorySize, parseMemory } from "../../components/sizing";

it.each<[MemorySize, number]>([
  ["512MiB", 512],
  ["16GiB", 16_384],
  ["1.25GiB", 1280],
  ["1.9MiB", 1],
  ["2TiB", 2_097_152],
])("%s are %i MiB", (size, mib) => {
  expect(isMemorySize(size)).toBe(true);
  expect(parseMemory(size)).toBe(mib);
});

it.each(["16", "16 GiB", "16GB", "16gib", "x16GiB", "16GiBx", "1.GiB", "1.xGiB", ".5GiB", "-1GiB", ""])(
  "%j is no size",
  (text) => {
    expect(isMemorySize(text)).toBe(false);
    expect(() => parseMemory(text as MemorySize)).toThrow(
      `"${text}" is no memory size: write a number and MiB, GiB or TiB, such as "16GiB"`,
    );
  },
);

it.each([
  [0, "0 MiB"],
  [1023, "1023 MiB"],
  [1024, "1 GiB"],
  [1664, "1.63 GiB"],
  [8192, "8 GiB"],
])("%i MiB are written %s", (mib, text) => {
  expect(formatMemory(mib)).toBe(text);
});
