import { defineConfig } from "vitest/config";

/** `npm run test:upload-5g`: minutes of work and 5 GiB of disk, hence not part of `npm test`. */
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/upload/*.upload.ts"],
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
});
