import { hannWindow, RealFft } from "../audio/index.ts";

/** Samples between two frames: 10 ms. */
export const hop = 160;
const size = 512; // 32 ms, centred on the hop
export const halo = (size - hop) / 2;

/** Bins 2 to 224 (62 Hz to 7 kHz): DC reaches bins 0 and 1 of a Hann window, and codecs leave nothing above 7 kHz. */
export const firstBin = 2;
export const lastBin = 224;
export const binCount = size / 2 + 1;

/** Power of a full-scale square wave over all bins: what 0 dBFS is. */
const fullScale = (0.375 * size * size) / 2;
/** The power of one bin when all are at `db` dBFS together. */
export function binPower(db: number): number {
  return (fullScale * 10 ** (db / 10)) / binCount;
}

export type Spectrum = { power: Float64Array; levelDb: number };

export const newSpectrum = (): Spectrum => ({ power: new Float64Array(binCount), levelDb: 0 });

/** Computes the power spectrum of one hop from its samples with `halo` samples on either side. Owns its work buffers. */
export class SpectrumAnalyser {
  readonly #fft = new RealFft(size);
  readonly #window = hannWindow(size);

  compute(samples: Float32Array, into: Spectrum): void {
    this.#fft.power(samples, 0, this.#window, into.power);
    let total = 0;
    for (let k = firstBin; k <= lastBin; k++) total += into.power[k]!;
    into.levelDb = 10 * Math.log10(total / fullScale + 1e-12);
  }
}
