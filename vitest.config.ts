import { join } from "node:path";
import { defineConfig } from "vitest/config";

/** What CI runs besides `npm test`, which stays below eight minutes on two cores. */
export const longTests = [
  "test/memory/gigabyte.test.ts",
  "test/memory/calls.test.ts",
  "test/parity/voice.test.ts",
  "test/e2e/crash.test.ts",
  "test/e2e/events.test.ts",
  "test/e2e/exact.test.ts",
  "test/e2e/subtitles.test.ts",
  "test/e2e/voice.test.ts",
  "test/e2e/ways-in.test.ts",
  "test/e2e/webhooks.test.ts",
  "test/security/tenants.test.ts",
  "test/e2e/models.test.ts",
  "test/e2e/switches.test.ts",
  "test/e2e/packed.test.ts",
  "test/e2e/lite-first.test.ts",
  "test/e2e/streams.test.ts",
  "test/e2e/command-line.test.ts",
  "test/e2e/limits.test.ts",
  "test/tools/tools.test.ts",
  "test/crash/sample.test.ts",
  "test/crash/storage.test.ts",
  "test/crash/disk.test.ts",
  "test/soak/faults.test.ts",
  "test/openapi/package.test.ts",
];

/** `npm run check:grants` names its folders itself. */
const forGrants = process.env.HALFGIG_GRANT_USE !== undefined;

export default defineConfig({
  // halfgig/client is tested as it is written; test/openapi/package.test.ts has it as it is built.
  resolve: { alias: { "halfgig/client": join(import.meta.dirname, "client", "index.ts") } },
  test: {
    include: ["{layers,functions,stacks,cli,test}/**/*.test.ts"],
    // Minutes of work: `npm run test:long`.
    exclude: ["**/node_modules/**", ...(forGrants ? [] : longTests)],
    globalSetup: ["test/support/bundle-cache.ts"],
    setupFiles: ["test/support/fast-check.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores are what the suite is sized for; child processes do the heavy work.
    maxWorkers: 2,
  },
});
