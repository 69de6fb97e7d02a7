import { defineConfig } from "vitest/config";

/** `npm run test:memory`: true-size models under real limits, one after the other; minutes of work, hence not part of `npm test`. */
export default defineConfig({
  test: {
    root: new URL("../../..", import.meta.url).pathname,
    include: ["test/memory/large/*.large.ts"],
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
    maxWorkers: 1,
    fileParallelism: false,
  },
});
