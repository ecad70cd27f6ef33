import { z } from "zod";
import { DEFAULTS, INPUT_LIMITS } from "../../sizing";
import { limited, memorySize } from "./values";

export const hardware = z
  .union(
    [
      z.literal("auto"),
      z.strictObject({
        threads: z.int().min(1).max(512).describe("Logical CPUs."),
        memory: memorySize.describe("Memory containers may use."),
      }),
    ],
    { error: 'auto, or a map with threads (1 to 512) and memory (such as "16GiB"),' },
  )
  .describe(
    "`auto` asks the Docker engine what it has; or `threads` and `memory` of the machine. On EC2 the instance type says it.",
  )
  .default("auto");

export const share = limited("share").default(DEFAULTS.share).describe("Part of the machine the system may use.");

export const oversubscribe = z
  .boolean()
  .default(DEFAULTS.oversubscribe)
  .describe("Whether the sum of all limits may exceed the machine.");

export const cpuEnforcement = z
  .enum(["quota", "weight"])
  .default(DEFAULTS.cpuEnforcement)
  .describe("`quota`: CPU limits and shares. `weight`: shares alone, so that idle CPU is anybody's.");

const { least, most } = INPUT_LIMITS.hostNofile;

export const hostNofile = z
  .union([z.literal("auto"), z.int().min(least).max(most)], {
    error: `auto, or a whole number from ${least} to ${most},`,
  })
  .default("auto")
  .describe(
    "Open files the host grants a container. `auto` reads it once from a container of the Docker engine and keeps it in `.local/open-files.json`; without an engine 16384.",
  );
