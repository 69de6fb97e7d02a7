import { measuredCosts, processReserveMiB, tierOf, totalMiB } from "../inference/index.ts";
import { lambdaMBPerVcpu } from "./limits.ts";

/** Processor time of one call on a whole core, ms, and what it takes of S3. */
export type StepCost = {
  /** Starting the runtime and loading the code; only a cold start pays it. */
  coldMs: number;
  fixedMs: number;
  perAudioSecondMs: number;
  perWindowMs: number;
  /** Largest resident memory that was seen, MiB. */
  peakMiB: number;
  s3: { reads: number; writes: number; readsPerWindow: number; writesPerWindow: number };
};

const step = (
  coldMs: number,
  fixedMs: number,
  perAudioSecondMs: number,
  perWindowMs: number,
  peakMiB: number,
  s3: Partial<StepCost["s3"]> = {},
): StepCost => ({
  coldMs,
  fixedMs,
  perAudioSecondMs,
  perWindowMs,
  peakMiB,
  s3: { reads: 0, writes: 0, readsPerWindow: 0, writesPerWindow: 0, ...s3 },
});

export type PlannedFunction =
  | "authorize"
  | "presign"
  | "jobs"
  | "results"
  | "mediaUploaded"
  | "probe"
  | "split"
  | "merge"
  | "index";

/**
 * Rounded from functions' reports of single runs on a shared 2-core x86-64 machine (AVX-512 VNNI, Node 24): cold starts, peaks and the small
 * functions are as reported; split and merge by the second and window are estimates for an idle core, since those runs shared theirs with
 * other work (split of an hour took 15 s then, twice what stands here). S3 requests are counted from the code. whisper-tiny's window is of `npm run bench:speech`.
 */
export const steps: Record<PlannedFunction, StepCost> = {
  authorize: step(95, 4, 0, 0, 66),
  presign: step(190, 15, 0, 0, 92, { reads: 1, writes: 1 }),
  jobs: step(190, 12, 0, 0, 90, { reads: 2 }),
  results: step(190, 16, 0, 0, 92, { reads: 2 }),
  mediaUploaded: step(200, 45, 0, 0, 94, { reads: 3, writes: 1 }),
  probe: step(210, 130, 0, 0, 105, { reads: 4, writes: 2 }),
  split: step(220, 120, 2.2, 6, 170, { reads: 3, writes: 3, writesPerWindow: 1 }),
  merge: step(210, 60, 0, 4, 110, { reads: 6, writes: 8, readsPerWindow: 1, writesPerWindow: 0.01 }),
  // Without a search index, as AWS has none unless one is chosen: embedding and storing passages is not in the plan.
  index: step(200, 10, 0, 0, 111),
};

export type Precision = "int8" | "fp32";

export type ModelCosts = {
  /** How the times came about. `scaled`: from whisper-tiny's, by parameters; measure before you rely on it. */
  basis: "measured" | "scaled";
  /** Mapping the weights and making ready, on top of the function's own start. */
  loadMs: number;
  /** One window of 30 s with 60 tokens, log-mel included. */
  windowMs: number;
  /** The function's whole memory with the model at work, MiB, where layers/inference/costs.json has no row for it. */
  otherwiseMiB: Readonly<Record<Precision, number>>;
};

/** Reading a window and writing its result, the function's own part of it. */
export const inferStep = step(260, 25, 0, 0, 0, { reads: 2, writes: 1 });

const tiny: ModelCosts = { basis: "measured", loadMs: 180, windowMs: 340, otherwiseMiB: { int8: 341, fp32: 557 } };
const scaled = (times: number, otherwiseMiB: ModelCosts["otherwiseMiB"]): ModelCosts => ({
  basis: "scaled",
  loadMs: tiny.loadMs * times,
  windowMs: tiny.windowMs * times,
  otherwiseMiB,
});

/** Times of an idle core; costs.json has times, too, but of a machine that other work used at the same time. */
export const speechModels: Readonly<Record<string, ModelCosts>> = {
  demo: { basis: "measured", loadMs: 60, windowMs: 60, otherwiseMiB: { int8: 144, fp32: 160 } },
  "whisper-tiny": tiny,
  "whisper-base": scaled(1.92, { int8: 490, fp32: 930 }),
  "whisper-small": scaled(6.46, { int8: 1081, fp32: 2470 }),
};

/** Voice detectors: the model of their sizes in costs.json, and ms for a window of 10.24 s. */
export const voiceModels: Readonly<Record<string, { windowMs: number; windowSeconds: number; measuredAs: string }>> = {
  "ast-asvspoof5": { windowMs: 564, windowSeconds: 10.24, measuredAs: "ast-base" },
  "ast-voxcelebspoof": { windowMs: 564, windowSeconds: 10.24, measuredAs: "ast-base" },
};

/**
 * What a function of an allocation needs in all with a model at work, MiB: the same figures by which infer's budget lets it in or refuses it.
 * @returns undefined where costs.json has no row for the model
 */
export function measuredNeedMiB(model: string, precision: Precision, allocationMiB: number): number | undefined {
  const { arena } = tierOf(allocationMiB);
  const row = measuredCosts.find((each) => {
    return each.model === model && each.precision === precision && each.arena === arena;
  });
  return row && processReserveMiB + totalMiB(row);
}

/** Share of a recording that is in windows, and their mean length: voice activity detection leaves silence out. */
export const windowing = { share: 0.85, meanSeconds: 24 } as const;

export const windowsIn = (durationMs: number) =>
  Math.max(1, Math.round((durationMs / 1000) * (windowing.share / windowing.meanSeconds)));

/** One thread is what these functions use; below one vCPU time stretches by what is missing. */
export const stretch = (memoryMB: number) => 1 / Math.min(1, memoryMB / lambdaMBPerVcpu);
