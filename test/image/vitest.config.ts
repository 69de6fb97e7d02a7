import { defineConfig } from "vitest/config";

/** `npm run test:image`: installs the packages anew, hence not part of `npm test`. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/image/*.image.ts"],
    testTimeout: 600_000,
    hookTimeout: 120_000,
  },
});
