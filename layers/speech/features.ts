import { logMel, normalizeLogMel } from "../audio/index.ts";
import type { ModelManifest } from "../inference/index.ts";

/** PCM (16 kHz mono, at most one window) to normalised log-mel, `[melBins, frames]` row-major. */
export type Features = (pcm: Float32Array) => Float32Array;

/**
 * The features of one independent window: padded with digital silence to the model's full window before the mel, and
 * normalised by the window's own maximum, as `decode(model, log_mel_spectrogram(pad_or_trim(audio)))` does. One
 * encoding then serves language and text. (`transcribe()` uses the file's maximum and pads with 0.0 after it.)
 */
export function windowFeatures({ melBins, maxFrames }: Pick<ModelManifest, "melBins" | "maxFrames">): Features {
  return (pcm) => normalizeLogMel(logMel({ pcm, melBins, frames: maxFrames }));
}
