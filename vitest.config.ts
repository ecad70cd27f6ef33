import { defineConfig } from "vitest/config";

/** Tests that measure what a load or an engine notices: anything beside them would be measured too. */
const ALONE = ["test/engine/deploys.test.ts", "test/engine/drain.test.ts"];
/** Many of these wait for containers and leave the cores idle: one worker more than the two of a small machine. */
const SIDE_BY_SIDE = { maxWorkers: 3, sequence: { groupOrder: 0 } };
/** Generous: a busy machine makes tests slower, never red. Those on the engine set their own. */
const TIMEOUTS = { testTimeout: 60_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    reporters: ["default", ...(process.env.GITHUB_ACTIONS ? ["github-actions"] : []), "test/slowest-reporter.ts"],
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
          // Begins before `unit`, in the order of names: what takes longest must not come last.
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
