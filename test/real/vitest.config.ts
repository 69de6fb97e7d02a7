import { defineConfig } from "vitest/config";

/** `npm run test:real`: recognition with published weights. Nothing here is about time. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.real.ts"],
    globalSetup: ["support/find.ts"],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // A core each; one model's threads would only wait for another's.
    maxWorkers: 2,
  },
});
