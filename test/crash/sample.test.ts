import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleCache } from "../support/bundle-cache.ts";
import { makeFiles } from "./files.ts";
import { labelOf, pointsOf, spread } from "./points.ts";
import { differences, type RunOptions, type RunResult, runJob } from "./run.ts";

let folder: string;
let options: Pick<RunOptions, "scenario" | "file" | "shared">;
let uninterrupted: RunResult;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "halfgig-sample-"));
  const { put: file } = await makeFiles(folder);
  const { HALFGIG_BUNDLE_CACHE = join(folder, "bundles") } = bundleCache();
  const shared = { modelsDirectory: join(folder, "models"), bundleCache: HALFGIG_BUNDLE_CACHE };
  options = { scenario: "put", file, shared };
  uninterrupted = await runJob(options);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `npm run test:crash` has all of them. */
it.each([
  ["the host", "host", 3],
  ["a function", "function", 1],
] as const)(
  "kill -9 of %s changes nothing of what comes of a job",
  { timeout: 300_000 },
  async (_name, victim, count) => {
    const all = pointsOf("put", uninterrupted).filter((point) => point.victim === victim);
    const seed = Number(process.env.FAST_CHECK_SEED ?? 20_261_121);
    for (const point of spread(all, count, seed)) {
      const result = await runJob({
        ...options,
        ...(victim === "host" ? { host: point.fault } : { functions: point.fault }),
      });
      expect({ [labelOf(point)]: differences(uninterrupted, result) }).toEqual({ [labelOf(point)]: [] });
    }
  },
);
