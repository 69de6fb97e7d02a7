export type { ModelManifest } from "../models/index.ts";
export { type Lease, MemoryBudget, type MemoryBudgetOptions, speechModelCostMiB } from "./budget.ts";
export { Session, type SessionOptions, TensorMap } from "./session.ts";
export type { AudioContext, DecoderState, SpeechModel } from "./speech-model.ts";
export { type WhisperLoadOptions, WhisperModel } from "./whisper.ts";
