import { defineConfig } from "vitest/config";
import LongestFirst from "./test/longest-first";

/** Tests that measure what a load or an engine notices: anything beside them would be measured too. */
const ALONE = ["test/engine/deploys.test.ts", "test/engine/drain.test.ts"];
/** Half of these wait for containers at any time: four keep the two cores of a small machine busy. */
const SIDE_BY_SIDE = { maxWorkers: 4, sequence: { groupOrder: 0 } };
/** Generous: a busy machine makes tests slower, never red. Those on the engine set their own. */
const TIMEOUTS = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    reporters: ["default", ...(process.env.GITHUB_ACTIONS ? ["github-actions"] : []), "test/slowest-reporter.ts"],
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...SIDE_BY_SIDE,
          ...TIMEOUTS,
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/engine/**"],
        },
      },
      {
        test: {
          ...SIDE_BY_SIDE,
          ...TIMEOUTS,
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          exclude: ALONE,
          globalSetup: "test/engine/setup.ts",
        },
      },
      {
        test: {
          ...TIMEOUTS,
          name: "alone",
          include: ALONE,
          globalSetup: "test/engine/setup.ts",
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
