import { defineConfig } from "vitest/config";

/** `npm run test:hostile`: every hostile input, the slow ones included. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/hostile/*.hostile.ts", "test/hostile/*.test.ts"],
    exclude: ["test/hostile/media.test.ts"],
    globalSetup: ["test/support/bundle-cache.ts"],
    setupFiles: ["test/support/fast-check.ts"],
    testTimeout: 1_200_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});
