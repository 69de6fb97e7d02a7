import { hopSamples, logMel, normalizeLogMel } from "../audio/index.ts";
import type { ModelManifest } from "../inference/index.ts";

/** PCM (16 kHz mono, at most one window) to normalised log-mel, `[melBins, frames]` row-major. */
export type Features = (pcm: Float32Array) => Float32Array;

const noContext = { before: new Float32Array(0), after: new Float32Array(0) };

/**
 * The features of one independent window, normalised by the window's own maximum and filled up with 0.0 to the model's full
 * window, as `pad_or_trim(mel_segment)` of whisper/transcribe.py does. The thresholds on no-speech and log probability belong
 * to this padding: with the mel of silence instead, the no-speech probability of noise falls below every threshold.
 * (`transcribe()` normalises by the maximum of the whole file.)
 */
export function windowFeatures({ melBins, maxFrames }: Pick<ModelManifest, "melBins" | "maxFrames">): Features {
  return (pcm) => {
    const frames = Math.min(maxFrames, Math.max(1, Math.ceil(pcm.length / hopSamples)));
    const mel = normalizeLogMel(logMel({ pcm, melBins, frames, context: noContext }));
    return withFrames(mel, melBins, maxFrames);
  };
}

/** Features `[melBins, frames]` of so many frames: the first of those there are, and 0.0 in each that is added. */
export function withFrames(mel: Float32Array, melBins: number, frames: number): Float32Array {
  const present = mel.length / melBins;
  if (present === frames) return mel;
  const kept = Math.min(present, frames);
  const result = new Float32Array(melBins * frames);
  for (let bin = 0; bin < melBins; bin++) result.set(mel.subarray(bin * present, bin * present + kept), bin * frames);
  return result;
}
