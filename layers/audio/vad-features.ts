import { hannWindow, RealFft } from "./fft.ts";
import { sampleRateHz } from "./pcm.ts";

export const hop = 160; // 10 ms
const size = 512; // 32 ms, centred on the hop
export const halo = (size - hop) / 2;

/** Bins 2 to 224 (62 Hz to 7 kHz): DC reaches bins 0 and 1 of a Hann window, and codecs leave nothing above 7 kHz. */
export const firstBin = 2;
export const lastBin = 224;
export const binCount = size / 2 + 1;

/** Third-octave-like bands for the shape of the spectrum, at least three bins wide. */
const bandEdges = [3, 6, 9, 12, 16, 20, 25, 31, 38, 46, 56, 68, 83, 101, 123, 150, 183, 224];
export const bandCount = bandEdges.length - 1;

/** Power of a full-scale square wave over all bins: what 0 dBFS is. */
const fullScale = (0.375 * size * size) / 2;
/** The power of one bin when all are at `db` dBFS together. */
export function binPower(db: number): number {
  return (fullScale * 10 ** (db / 10)) / binCount;
}

export type Features = {
  power: Float64Array;
  /** dB per band. */
  bands: Float64Array;
  levelDb: number;
  /** 0 to 1: how much of the 10 ms around repeats itself at a pitch of 70 to 400 Hz. */
  voicing: number;
};

/** Computes the features of one hop from its samples with `halo` samples on either side. Owns its work buffers. */
export class FeatureExtractor {
  readonly #fft = new RealFft(size);
  readonly #window = hannWindow(size);
  readonly #low = new Float64Array(size / 4);

  compute(samples: Float32Array, into: Features): void {
    this.#fft.power(samples, 0, this.#window, into.power);
    let total = 0;
    for (let k = firstBin; k <= lastBin; k++) total += into.power[k]!;
    into.levelDb = 10 * Math.log10(total / fullScale + 1e-12);
    bandLevels(into.power, into.bands);
    into.voicing = this.#voicing(samples);
  }

  /** The highest normalised autocorrelation at a speaking pitch, of the frame averaged down to 4 kHz. */
  #voicing(samples: Float32Array): number {
    const low = this.#low;
    let mean = 0;
    for (let i = 0; i < low.length; i++) {
      const j = 4 * i;
      low[i] = samples[j]! + samples[j + 1]! + samples[j + 2]! + samples[j + 3]!;
      mean += low[i]!;
    }
    mean /= low.length;
    for (let i = 0; i < low.length; i++) low[i] = low[i]! - mean;
    let best = 0;
    for (let lag = minLag; lag <= maxLag; lag++) {
      let product = 0;
      let a = 1e-9;
      let b = 1e-9;
      for (let i = lag; i < low.length; i++) {
        const x = low[i]!;
        const y = low[i - lag]!;
        product += x * y;
        a += x * x;
        b += y * y;
      }
      const value = product / Math.sqrt(a * b);
      if (value > best) best = value;
    }
    return best;
  }
}

const minLag = sampleRateHz / 4 / 400;
const maxLag = Math.floor(sampleRateHz / 4 / 70);

/** Sums the bins of each band, in dB. */
export function bandLevels(power: Float64Array, into: Float64Array): void {
  for (let b = 0; b < bandCount; b++) {
    let sum = 0;
    for (let k = bandEdges[b]!; k < bandEdges[b + 1]!; k++) sum += power[k]!;
    into[b] = 10 * Math.log10(sum / fullScale + 1e-9);
  }
}

export function newFeatures(): Features {
  return { power: new Float64Array(binCount), bands: new Float64Array(bandCount), levelDb: 0, voicing: 0 };
}
