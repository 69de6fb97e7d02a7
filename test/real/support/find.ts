import type { TestProject } from "vitest/node";
import {
  builtRealModel,
  findRealModels,
  findRecordings,
  howToGetRealModels,
  type RealModels,
  type Recordings,
} from "../../../scripts/real-models/index.ts";

/** What the tests run on. */
export type Real = { models: RealModels; recordings: Recordings };

declare module "vitest" {
  interface ProvidedContext {
    real: Real | null;
  }
}

/** Finds weights and recordings, and builds the models once. Without them nothing is checked, and that is said. */
export default async function setup({ provide }: TestProject): Promise<void> {
  const recordings = findRecordings();
  // Weights without recordings would be fetched for nothing.
  const models = recordings && (await findRealModels());
  if (!models || !recordings) {
    const missing = recordings
      ? `the weights of tiny.en and base (with a network: ${howToGetRealModels})`
      : "the recordings (HALFGIG_REAL_DATA)";
    console.warn(`\nNOT CHECKED: recognition of real speech. Missing: ${missing}.\n`);
    provide("real", null);
    return;
  }
  for (const name of ["tiny.en", "base"] as const) await builtRealModel(models, name, "int8");
  await builtRealModel(models, "tiny.en", "fp32");
  console.info(`Real weights: ${models.source}.`);
  provide("real", { models, recordings });
}
