import { defineConfig } from "vitest/config";

/** A quarter of an hour, so not among the tests of every change: `npm run test:soak`. */
export default defineConfig({
  test: { include: ["test/soak/**/*.soak.ts"], globalSetup: "test/engine/setup.ts", fileParallelism: false },
});
