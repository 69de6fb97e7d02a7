import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{layers,functions,stacks,cli,test}/**/*.test.ts"],
    globalSetup: ["test/support/bundle-cache.ts"],
    setupFiles: ["test/support/fast-check.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores are what the suite is sized for; child processes do the heavy work.
    maxWorkers: 2,
  },
});
