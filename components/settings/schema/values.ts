import { z } from "zod";
import { INPUT_LIMITS, isMemorySize, type MemorySize } from "../../sizing";

/** Where a size is written: a number with MiB, GiB or TiB. */
export const memorySize = z
  .custom<MemorySize>((value) => typeof value === "string" && isMemorySize(value), {
    error: 'a size with its unit, such as "16GiB" or "512MiB",',
  })
  .meta({ type: "string", pattern: "^\\d+(\\.\\d+)?(MiB|GiB|TiB)$" });

/** A text that is not empty. */
export const text = z.string().min(1);

/** Name of an environment variable. */
export const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and _");

/** A number within the limits that sizing has for it. */
export const limited = (name: keyof typeof INPUT_LIMITS) => {
  const { least, most, whole } = INPUT_LIMITS[name];
  return (whole ? z.int() : z.number()).min(least).max(most);
};
