export {
  type ActivityFrame,
  type ActivityKind,
  type ActivitySpan,
  frameMs,
  joinSpans,
  SpanJoiner,
} from "./activity.ts";
export {
  type AstFeatureOptions,
  astFeatures,
  FbankStream,
  fbankFrameSamples,
  fbankFrames,
  fbankHopSamples,
} from "./fbank.ts";
export { hannWindow, RealFft } from "./fft.ts";
export { contextSamples, hopSamples, type LogMelInput, logMel, maximumOf, melFilters, normalizeLogMel } from "./mel.ts";
export { LogMelMaximum } from "./mel-maximum.ts";
export { NoiseFloor } from "./noise-floor.ts";
export {
  bytesFromPcm,
  bytesPerSample,
  msToSamples,
  PcmReader,
  pcmFromBytes,
  sampleRateHz,
  samplesToMs,
} from "./pcm.ts";
export { PeakMeter, type Peaks } from "./peaks.ts";
export { levelStepMs, melLevels, type SoundLevels, silentFrames } from "./sound-levels.ts";
export { type Detector, minVoice, type PlannedWindow, WindowPlanner, type WindowPlannerOptions } from "./windows.ts";
