import { hannWindow, RealFft } from "./fft.ts";
import { sampleRateHz } from "./pcm.ts";

/** Whisper's analysis: 25 ms frames, every 10 ms (`N_FFT` and `HOP_LENGTH` of whisper/audio.py). */
export const fftSize = 400;
export const hopSamples = 160;
/** Real samples wanted on either side of a window, half an analysis frame. */
export const contextSamples = fftSize / 2;

const powerFloor = 1e-10;
const dynamicRangeLog10 = 8;

/**
 * The mel filter bank of `librosa.filters.mel(norm="slaney", htk=False)`, which Whisper ships as mel_filters.npz.
 * Returns `bins` rows of `nFft / 2 + 1` weights, row after row.
 */
export function melFilters(bins: number, nFft: number, rateHz: number): Float32Array {
  const spectrumBins = nFft / 2 + 1;
  const top = hzToMel(rateHz / 2);
  const edges = Array.from({ length: bins + 2 }, (_, i) => melToHz((top * i) / (bins + 1)));
  const filters = new Float32Array(bins * spectrumBins);
  for (let m = 0; m < bins; m++) {
    const [low, centre, high] = [edges[m]!, edges[m + 1]!, edges[m + 2]!];
    for (let k = 0; k < spectrumBins; k++) {
      const hz = (k * rateHz) / nFft;
      const weight = Math.min((hz - low) / (centre - low), (high - hz) / (high - centre));
      if (weight > 0) filters[m * spectrumBins + k] = (weight * 2) / (high - low);
    }
  }
  return filters;
}

// Slaney's scale: linear to 1 kHz (200/3 Hz a mel), then logarithmic (27 steps for a factor of 6.4).
const linearHzPerMel = 200 / 3;
const breakHz = 1000;
const breakMel = breakHz / linearHzPerMel;
const logStep = Math.log(6.4) / 27;

function hzToMel(hz: number): number {
  return hz < breakHz ? hz / linearHzPerMel : breakMel + Math.log(hz / breakHz) / logStep;
}

function melToHz(mel: number): number {
  return mel < breakMel ? mel * linearHzPerMel : breakHz * Math.exp(logStep * (mel - breakMel));
}

export type LogMelInput = {
  /** 16 kHz mono in [-1, 1), at most `frames` × 160 samples; a shorter window is filled up with zeros first (`pad_or_trim`). */
  pcm: Float32Array;
  melBins: number;
  frames: number;
  /**
   * The real samples on either side, of which 200 are used. `before` left empty means the start of the file, which is
   * reflected; `after` follows the last sample of `pcm`, and zeros follow it.
   * Without context both ends are reflected, as the reference does with one whole file.
   */
  context?: { before: Float32Array; after: Float32Array };
};

/**
 * log10 of the mel power (clamped at 1e-10), before the normalisation: `[melBins × frames]`, row after row.
 * Follows `log_mel_spectrogram` of whisper/audio.py: periodic Hann, centred frames, the last frame dropped.
 *
 * @throws RangeError when `pcm` is longer than the window: audio is never cut off silently.
 */
export function logMel({ pcm, melBins, frames, context }: LogMelInput): Float32Array {
  const samples = frames * hopSamples;
  if (pcm.length > samples) {
    throw new RangeError(`${pcm.length} samples do not fit a window of ${frames} frames (${samples} samples).`);
  }
  const padded = padWindow(pcm, samples, context);
  const { starts, lengths, offsets, weights } = sparseFilters(melBins);
  const power = new Float64Array(fft.bins);
  const out = new Float32Array(melBins * frames);
  for (let t = 0; t < frames; t++) {
    fft.power(padded, t * hopSamples, hann, power);
    for (let m = 0; m < melBins; m++) {
      const start = starts[m]!;
      const offset = offsets[m]!;
      const length = lengths[m]!;
      let sum = 0;
      for (let k = 0; k < length; k++) sum += power[start + k]! * weights[offset + k]!;
      out[m * frames + t] = Math.log10(Math.max(sum, powerFloor));
    }
  }
  return out;
}

/** The largest value of a raw log-mel. `exact` mode keeps the maximum of these over the whole file. */
export function maximumOf(raw: Float32Array): number {
  let maximum = -Infinity;
  for (let i = 0; i < raw.length; i++) if (raw[i]! > maximum) maximum = raw[i]!;
  return maximum;
}

/**
 * Whisper's normalisation of a raw log-mel: `max(x, maximum − 8)`, then `(x + 4) / 4`, into a new array.
 * `maximum` is the whole file's where it is known (the reference), else the window's own.
 */
export function normalizeLogMel(raw: Float32Array, maximum: number = maximumOf(raw)): Float32Array {
  const floor = maximum - dynamicRangeLog10;
  return raw.map((value) => (Math.max(value, floor) + 4) / 4);
}

const fft = new RealFft(fftSize);
const hann = hannWindow(fftSize);

function padWindow(pcm: Float32Array, samples: number, context: LogMelInput["context"]): Float32Array {
  const padded = new Float32Array(samples + 2 * contextSamples);
  padded.set(pcm, contextSamples);
  if (context)
    padded.set(context.after.subarray(0, samples + contextSamples - pcm.length), contextSamples + pcm.length);
  else reflectEnd(padded, samples);
  const before = context?.before.subarray(-contextSamples) ?? new Float32Array(0);
  if (before.length === 0) reflectStart(padded);
  else padded.set(before, contextSamples - before.length);
  return padded;
}

function reflectStart(padded: Float32Array): void {
  for (let i = 1; i <= contextSamples; i++) padded[contextSamples - i] = padded[contextSamples + i]!;
}

function reflectEnd(padded: Float32Array, samples: number): void {
  const last = contextSamples + samples - 1;
  for (let i = 1; i <= contextSamples; i++) padded[last + i] = padded[last - i] ?? 0;
}

type SparseFilters = { starts: Int32Array; lengths: Int32Array; offsets: Int32Array; weights: Float64Array };
const sparseByBins = new Map<number, SparseFilters>();

/** Each filter touches a few neighbouring bins: only those are kept, which is what makes the mel cheap. */
function sparseFilters(melBins: number): SparseFilters {
  const known = sparseByBins.get(melBins);
  if (known) return known;
  const dense = melFilters(melBins, fftSize, sampleRateHz);
  const starts = new Int32Array(melBins);
  const lengths = new Int32Array(melBins);
  const offsets = new Int32Array(melBins);
  const weights: number[] = [];
  for (let m = 0; m < melBins; m++) {
    const row = dense.subarray(m * fft.bins, (m + 1) * fft.bins);
    const start = row.findIndex((weight) => weight > 0);
    const end = row.findLastIndex((weight) => weight > 0) + 1;
    starts[m] = Math.max(start, 0);
    lengths[m] = start < 0 ? 0 : end - start;
    offsets[m] = weights.length;
    if (start >= 0) weights.push(...row.subarray(start, end));
  }
  const sparse = { starts, lengths, offsets, weights: Float64Array.from(weights) };
  sparseByBins.set(melBins, sparse);
  return sparse;
}
