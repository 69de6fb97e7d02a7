import { contextSamples, logMel, normalizeLogMel } from "../audio/index.ts";
import type { ModelManifest } from "../inference/index.ts";
import { withFrames } from "./features.ts";

/** A decoded recording that is read piece by piece. */
export type PcmSource = {
  durationMs: number;
  /** 16 kHz mono in [-1, 1) of [startMs, endMs), whole milliseconds inside the recording. */
  read(startMs: number, endMs: number): Promise<Float32Array>;
};

/** Mel frames are whole; what is left over at the end is less than one and takes part in the last frame's analysis only. */
export function contentEndMs({ durationMs }: Pick<PcmSource, "durationMs">, { hopMs }: Pick<ModelManifest, "hopMs">) {
  return Math.floor(durationMs / hopMs) * hopMs;
}

export type StretchOfAudio = { startMs: number; endMs: number };

/**
 * Features of a stretch as if they were cut out of the log-mel of the whole file: real samples on either side, the file's
 * maximum. `[melBins × maxFrames]`, filled up to the model's window.
 *
 * @param melMaximum raw maximum of the whole file, see `LogMelMaximum`
 * @param filling `zero`: literal 0.0 after the normalisation, as `pad_or_trim(mel_segment)` for decoding; `silence`: the
 * mel of silence, as the reference hears the language in
 */
export async function exactFeatures(
  audio: PcmSource,
  manifest: Pick<ModelManifest, "sampleRateHz" | "hopMs" | "melBins" | "maxFrames">,
  { startMs, endMs }: StretchOfAudio,
  { melMaximum, filling }: { melMaximum: number; filling: "zero" | "silence" },
): Promise<Float32Array> {
  const { sampleRateHz, hopMs, melBins, maxFrames } = manifest;
  const contextMs = Math.ceil((contextSamples * 1000) / sampleRateHz);
  const readFromMs = Math.max(0, startMs - contextMs);
  const samples = await audio.read(readFromMs, Math.min(audio.durationMs, endMs + contextMs));
  const toSamples = (ms: number) => Math.round((ms * sampleRateHz) / 1000);
  const from = toSamples(startMs - readFromMs);
  const to = from + toSamples(endMs - startMs);
  const realFrames = Math.round((endMs - startMs) / hopMs);
  const frames = filling === "zero" ? realFrames : maxFrames;
  const pcm = samples.subarray(from, to);
  const context = { before: samples.subarray(0, from), after: samples.subarray(to) };
  const mel = normalizeLogMel(logMel({ pcm, melBins, frames, context }), melMaximum);
  return withFrames(mel, melBins, maxFrames);
}
