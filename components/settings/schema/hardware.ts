import { z } from "zod";
import { DEFAULTS } from "../../sizing";
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

export const hostNofile = limited("hostNofile")
  .default(DEFAULTS.hostNofile)
  .describe("Open files the host grants a container.");
