import { defineConfig } from "vitest/config";

/** The tests of the rules alone, for the mutation check. */
export default defineConfig({ test: { include: ["test/sizing/*.test.ts"] } });
