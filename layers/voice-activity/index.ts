export { SoundOnlyDetector, VoiceActivityDetector } from "./detector.ts";
export type { GateOptions } from "./gate.ts";
export { chunkSamples, openSilero, Silero, type SileroRun, sileroPath, VoiceProbabilities } from "./silero.ts";
