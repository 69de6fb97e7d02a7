export type { ModelManifest } from "../models/index.ts";
export { type Eviction, type Lease, MemoryBudget, type MemoryBudgetOptions } from "./budget.ts";
export { embeddingModelCost, embeddingModelCostMiB } from "./embedding-cost.ts";
export { type EmbeddingLoadOptions, type EmbeddingModel, loadEmbeddingModel } from "./embedding-model.ts";
export { type FitSubject, requireModelFit } from "./fit.ts";
export {
  type MeasuredCost,
  type ModelCost,
  measuredCosts,
  shapeOf,
  speechModelCost,
  speechModelCostMiB,
  totalMiB,
  voiceModelCost,
  voiceModelCostMiB,
} from "./model-cost.ts";
export { budgetOfAllocation, processBudget, processReserveMiB, processTier } from "./process-budget.ts";
export { Session, type SessionOptions, TensorMap } from "./session.ts";
export type { Alignment, AudioContext, DecoderState, SpeechModel } from "./speech-model.ts";
export { allocatorOf, type Tier, tierOf, tiers, vcpuOf } from "./tiers.ts";
export {
  loadVoiceModel,
  toZeroMeanUnitVariance,
  type VoiceLoadOptions,
  type VoiceModel,
  type VoiceScore,
} from "./voice-model.ts";
export { Watermark, type WatermarkOptions, watchMemory, watermarkShare } from "./watermark.ts";
export { type WhisperLoadOptions, WhisperModel } from "./whisper.ts";
