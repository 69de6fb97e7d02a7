import { RealFft } from "./fft.ts";

/** Kaldi's analysis at 16 kHz: 25 ms frames, every 10 ms, no padding at the ends (`snip_edges`). */
export const fbankFrameSamples = 400;
export const fbankHopSamples = 160;

const sampleRateHz = 16_000;
const paddedSamples = 512;
const lowestHz = 20;
const preEmphasis = 0.97;
/** `torch.finfo(torch.float32).eps`, the floor of torchaudio's logarithm. */
const energyFloor = 2 ** -23;

/** How many frames `samples` samples give. */
export function fbankFrames(samples: number): number {
  return samples < fbankFrameSamples ? 0 : 1 + Math.floor((samples - fbankFrameSamples) / fbankHopSamples);
}

/**
 * Log mel filter bank energies as `torchaudio.compliance.kaldi.fbank(window_type="hanning")` computes them with its other
 * options at their defaults: dither 0, DC offset removed per frame, pre-emphasis 0.97 (the first sample against itself),
 * symmetric Hann, power spectrum of 512 points, triangles on the mel scale from 20 Hz to 8 kHz, natural logarithm.
 * The waveform is taken in [-1, 1), not scaled to 16-bit integers: that is how `ASTFeatureExtractor` feeds it.
 *
 * Audio may come in pieces of any size: what a frame still needs is kept, at most one frame.
 */
export class FbankStream {
  readonly melBins: number;
  readonly #filters: SparseFilters;
  readonly #kept = new Float32Array(fbankFrameSamples - 1);
  #keptSamples = 0;

  constructor(melBins: number) {
    this.melBins = melBins;
    this.#filters = filtersFor(melBins);
  }

  /** @returns the frames that became complete, `[frames × melBins]`, row after row */
  push(pcm: Float32Array): Float32Array {
    const samples = new Float32Array(this.#keptSamples + pcm.length);
    samples.set(this.#kept.subarray(0, this.#keptSamples));
    samples.set(pcm, this.#keptSamples);
    const frames = fbankFrames(samples.length);
    const rows = new Float32Array(frames * this.melBins);
    for (let frame = 0; frame < frames; frame++) {
      writeFrame(samples, frame * fbankHopSamples, this.#filters, rows, frame * this.melBins);
    }
    const rest = samples.subarray(frames * fbankHopSamples);
    this.#kept.set(rest);
    this.#keptSamples = rest.length;
    return rows;
  }
}

export type AstFeatureOptions = {
  /** `num_mel_bins` of preprocessor_config.json. */
  readonly melBins: number;
  /** `max_length`: the frames that the model takes. */
  readonly maxFrames: number;
  readonly mean: number;
  readonly std: number;
  /** `do_normalize`; default true. */
  readonly normalize?: boolean;
};

/**
 * The features of one window as `ASTFeatureExtractor` makes them, `[maxFrames × melBins]`: frames beyond `maxFrames` are
 * dropped, missing ones are rows of zeros, and the normalisation `(x − mean) / (2 · std)` comes after, so that padding is
 * not zero in the end.
 * @param pcm 16 kHz mono in [-1, 1)
 */
export function astFeatures(pcm: Float32Array, options: AstFeatureOptions): Float32Array {
  const { melBins, maxFrames, mean, std, normalize = true } = options;
  const features = new Float32Array(maxFrames * melBins);
  const used = pcm.subarray(0, (maxFrames - 1) * fbankHopSamples + fbankFrameSamples);
  features.set(new FbankStream(melBins).push(used));
  if (!normalize) return features;
  const scale = 1 / (2 * std);
  for (let i = 0; i < features.length; i++) features[i] = (features[i]! - mean) * scale;
  return features;
}

const fft = new RealFft(paddedSamples);
const ones = new Float64Array(paddedSamples).fill(1);
const symmetricHann = Float64Array.from(
  { length: fbankFrameSamples },
  (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (fbankFrameSamples - 1)),
);
const padded = new Float64Array(paddedSamples);
const power = new Float64Array(fft.bins);

function writeFrame(
  samples: Float32Array,
  start: number,
  filters: SparseFilters,
  rows: Float32Array,
  at: number,
): void {
  let mean = 0;
  for (let i = 0; i < fbankFrameSamples; i++) mean += samples[start + i]!;
  mean /= fbankFrameSamples;
  let previous = samples[start]! - mean;
  for (let i = 0; i < fbankFrameSamples; i++) {
    const value = samples[start + i]! - mean;
    padded[i] = (value - preEmphasis * previous) * symmetricHann[i]!;
    previous = value;
  }
  fft.power(padded, 0, ones, power);
  for (let m = 0; m < filters.length; m++) {
    const { first, weights } = filters[m]!;
    let energy = 0;
    for (let k = 0; k < weights.length; k++) energy += power[first + k]! * weights[k]!;
    rows[at + m] = Math.log(Math.max(energy, energyFloor));
  }
}

/** Per filter the spectrum's bins that it touches: `first` and the weights from there on. */
type SparseFilters = readonly { readonly first: number; readonly weights: Float64Array }[];
const filtersByBins = new Map<number, SparseFilters>();

/** Triangles that are straight on the mel scale, not in Hz (Kaldi's MelBanks, torchaudio's `get_mel_banks`). */
function filtersFor(melBins: number): SparseFilters {
  const known = filtersByBins.get(melBins);
  if (known) return known;
  const low = hzToMel(lowestHz);
  const step = (hzToMel(sampleRateHz / 2) - low) / (melBins + 1);
  // The bin at half the sample rate has no weight in any filter.
  const mels = Array.from({ length: paddedSamples / 2 }, (_, k) => hzToMel((k * sampleRateHz) / paddedSamples));
  const filters = Array.from({ length: melBins }, (_, m) => {
    const left = low + m * step;
    const weights = mels.map((mel) => Math.max(0, Math.min((mel - left) / step, (left + 2 * step - mel) / step)));
    const first = Math.max(
      0,
      weights.findIndex((weight) => weight > 0),
    );
    const end = weights.findLastIndex((weight) => weight > 0) + 1;
    return { first, weights: Float64Array.from(weights.slice(first, Math.max(first, end))) };
  });
  filtersByBins.set(melBins, filters);
  return filters;
}

function hzToMel(hz: number): number {
  return 1127 * Math.log(1 + hz / 700);
}
