import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCache } from "../support/bundle-cache.ts";
import { makeFiles } from "./files.ts";
import { labelOf, pointsOf, spread } from "./points.ts";
import { differences, type RunOptions, type RunResult, runJob, type Scenario } from "./run.ts";

let folder: string;
let shared: RunOptions["shared"];
let files: Awaited<ReturnType<typeof makeFiles>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfgig-sample-"));
  files = await makeFiles(folder);
  const { HALFGIG_BUNDLE_CACHE = join(folder, "bundles") } = bundleCache();
  shared = { modelsDirectory: join(folder, "models"), bundleCache: HALFGIG_BUNDLE_CACHE };
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `npm run test:crash` has all of them. */
describe.each<[Scenario, { host: number; function: number }]>([
  ["put", { host: 3, function: 1 }],
  ["address", { host: 2, function: 1 }],
])("a job by %s", (scenario, counts) => {
  let options: Pick<RunOptions, "scenario" | "file" | "shared">;
  let uninterrupted: RunResult;
  beforeAll(async () => {
    options = { scenario, file: files[scenario], shared };
    uninterrupted = await runJob(options);
  }, 180_000);

  it.each(["host", "function"] as const)(
    "kill -9 of a %s changes nothing of what comes of it",
    async (victim) => {
      const all = pointsOf(scenario, uninterrupted).filter((point) => point.victim === victim);
      const seed = Number(process.env.FAST_CHECK_SEED ?? 20_261_121);
      for (const point of spread(all, counts[victim], seed)) {
        const result = await runJob({
          ...options,
          ...(victim === "host" ? { host: point.fault } : { functions: point.fault }),
        });
        expect({ [labelOf(point)]: differences(uninterrupted, result) }).toEqual({ [labelOf(point)]: [] });
      }
    },
    300_000,
  );
});
