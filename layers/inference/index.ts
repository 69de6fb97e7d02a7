export type { ModelManifest } from "../models/index.ts";
export { type Lease, MemoryBudget, type MemoryBudgetOptions, speechModelCostMiB } from "./budget.ts";
export { Session, type SessionOptions, TensorMap } from "./session.ts";
export type { Alignment, AudioContext, DecoderState, SpeechModel } from "./speech-model.ts";
export {
  loadVoiceModel,
  toZeroMeanUnitVariance,
  type VoiceLoadOptions,
  type VoiceModel,
  type VoiceScore,
} from "./voice-model.ts";
export { voiceModelCostMiB } from "./voice-model-cost.ts";
export { type WhisperLoadOptions, WhisperModel } from "./whisper.ts";
