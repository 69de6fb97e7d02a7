type Stage = { radix: 2 | 4 | 5; groups: number; stride: number; twiddles: Float64Array };

/**
 * Power spectrum of real frames whose length is 2·2^a·5^b: a complex transform of half the length (Stockham autosort,
 * radices 5, 4 and 2), then the split of a real sequence (Press et al., Numerical Recipes, 12.3).
 * An instance owns its work buffers: one per caller, not shared between threads.
 */
export class RealFft {
  readonly size: number;
  /** `size / 2 + 1` values, of 0 Hz to half the sample rate. */
  readonly bins: number;
  readonly #half: number;
  readonly #stages: Stage[];
  #a: Float64Array;
  #b: Float64Array;
  readonly #cos: Float64Array;
  readonly #sin: Float64Array;

  constructor(size: number) {
    this.size = size;
    this.#half = size / 2;
    this.bins = this.#half + 1;
    this.#stages = planStages(this.#half);
    this.#a = new Float64Array(size);
    this.#b = new Float64Array(size);
    this.#cos = new Float64Array(this.bins);
    this.#sin = new Float64Array(this.bins);
    for (let k = 0; k < this.bins; k++) {
      this.#cos[k] = Math.cos((-2 * Math.PI * k) / size);
      this.#sin[k] = Math.sin((-2 * Math.PI * k) / size);
    }
  }

  /** Writes |X[k]|² of `samples[offset .. offset + size)` times `window` into `power` (length `bins`). */
  power(samples: Float32Array | Float64Array, offset: number, window: Float64Array, power: Float64Array): void {
    const half = this.#half;
    let from = this.#a;
    let to = this.#b;
    for (let i = 0; i < this.size; i++) from[i] = samples[offset + i]! * window[i]!;
    for (const stage of this.#stages) {
      if (stage.radix === 5) radix5(stage, from, to);
      else if (stage.radix === 4) radix4(stage, from, to);
      else radix2(stage, from, to);
      [from, to] = [to, from];
    }
    const cos = this.#cos;
    const sin = this.#sin;
    for (let k = 0; k <= half; k++) {
      const i = k === half ? 0 : 2 * k;
      const j = k === 0 || k === half ? 0 : 2 * (half - k);
      const evenRe = 0.5 * (from[i]! + from[j]!);
      const evenIm = 0.5 * (from[i + 1]! - from[j + 1]!);
      const oddRe = 0.5 * (from[i + 1]! + from[j + 1]!);
      const oddIm = -0.5 * (from[i]! - from[j]!);
      const re = evenRe + oddRe * cos[k]! - oddIm * sin[k]!;
      const im = evenIm + oddRe * sin[k]! + oddIm * cos[k]!;
      power[k] = re * re + im * im;
    }
  }
}

/** The periodic Hann window (`torch.hann_window`'s default), `length` values. */
export function hannWindow(length: number): Float64Array {
  return Float64Array.from({ length }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / length));
}

function planStages(length: number): Stage[] {
  const radices: (2 | 4 | 5)[] = [];
  let rest = length;
  for (const radix of [5, 4, 2] as const) {
    while (rest % radix === 0) {
      radices.push(radix);
      rest /= radix;
    }
  }
  if (rest !== 1) throw new RangeError(`RealFft needs a size of 2·2^a·5^b; got ${2 * length}.`);
  let size = length;
  let stride = 1;
  return radices.map((radix) => {
    const groups = size / radix;
    const twiddles = new Float64Array(2 * groups * (radix - 1));
    for (let p = 0; p < groups; p++) {
      for (let k = 1; k < radix; k++) {
        const angle = (-2 * Math.PI * p * k) / size;
        twiddles[2 * (p * (radix - 1) + k - 1)] = Math.cos(angle);
        twiddles[2 * (p * (radix - 1) + k - 1) + 1] = Math.sin(angle);
      }
    }
    const stage: Stage = { radix, groups, stride, twiddles };
    size = groups;
    stride *= radix;
    return stage;
  });
}

function radix2({ groups, stride, twiddles: w }: Stage, x: Float64Array, y: Float64Array): void {
  const step = 2 * stride * groups;
  for (let p = 0; p < groups; p++) {
    const wr = w[2 * p]!;
    const wi = w[2 * p + 1]!;
    for (let q = 0; q < stride; q++) {
      const i = 2 * (q + stride * p);
      const o = 2 * (q + stride * 2 * p);
      const dr = x[i]! - x[i + step]!;
      const di = x[i + 1]! - x[i + step + 1]!;
      y[o] = x[i]! + x[i + step]!;
      y[o + 1] = x[i + 1]! + x[i + step + 1]!;
      y[o + 2 * stride] = dr * wr - di * wi;
      y[o + 2 * stride + 1] = dr * wi + di * wr;
    }
  }
}

function radix4({ groups, stride, twiddles: w }: Stage, x: Float64Array, y: Float64Array): void {
  const step = 2 * stride * groups;
  const out = 2 * stride;
  for (let p = 0; p < groups; p++) {
    const t = p * 6;
    for (let q = 0; q < stride; q++) {
      const i = 2 * (q + stride * p);
      const o = 2 * (q + stride * 4 * p);
      const sumAcRe = x[i]! + x[i + 2 * step]!;
      const sumAcIm = x[i + 1]! + x[i + 2 * step + 1]!;
      const difAcRe = x[i]! - x[i + 2 * step]!;
      const difAcIm = x[i + 1]! - x[i + 2 * step + 1]!;
      const sumBdRe = x[i + step]! + x[i + 3 * step]!;
      const sumBdIm = x[i + step + 1]! + x[i + 3 * step + 1]!;
      const difBdRe = x[i + step]! - x[i + 3 * step]!;
      const difBdIm = x[i + step + 1]! - x[i + 3 * step + 1]!;
      y[o] = sumAcRe + sumBdRe;
      y[o + 1] = sumAcIm + sumBdIm;
      let re = difAcRe + difBdIm;
      let im = difAcIm - difBdRe;
      y[o + out] = re * w[t]! - im * w[t + 1]!;
      y[o + out + 1] = re * w[t + 1]! + im * w[t]!;
      re = sumAcRe - sumBdRe;
      im = sumAcIm - sumBdIm;
      y[o + 2 * out] = re * w[t + 2]! - im * w[t + 3]!;
      y[o + 2 * out + 1] = re * w[t + 3]! + im * w[t + 2]!;
      re = difAcRe - difBdIm;
      im = difAcIm + difBdRe;
      y[o + 3 * out] = re * w[t + 4]! - im * w[t + 5]!;
      y[o + 3 * out + 1] = re * w[t + 5]! + im * w[t + 4]!;
    }
  }
}

const cos1 = Math.cos((2 * Math.PI) / 5);
const cos2 = Math.cos((4 * Math.PI) / 5);
const sin1 = Math.sin((2 * Math.PI) / 5);
const sin2 = Math.sin((4 * Math.PI) / 5);

function radix5({ groups, stride, twiddles: w }: Stage, x: Float64Array, y: Float64Array): void {
  const step = 2 * stride * groups;
  const out = 2 * stride;
  for (let p = 0; p < groups; p++) {
    const t = p * 8;
    for (let q = 0; q < stride; q++) {
      const i = 2 * (q + stride * p);
      const o = 2 * (q + stride * 5 * p);
      const ar = x[i]!;
      const ai = x[i + 1]!;
      const sumBeRe = x[i + step]! + x[i + 4 * step]!;
      const sumBeIm = x[i + step + 1]! + x[i + 4 * step + 1]!;
      const sumCdRe = x[i + 2 * step]! + x[i + 3 * step]!;
      const sumCdIm = x[i + 2 * step + 1]! + x[i + 3 * step + 1]!;
      const difBeRe = x[i + step]! - x[i + 4 * step]!;
      const difBeIm = x[i + step + 1]! - x[i + 4 * step + 1]!;
      const difCdRe = x[i + 2 * step]! - x[i + 3 * step]!;
      const difCdIm = x[i + 2 * step + 1]! - x[i + 3 * step + 1]!;
      const m1r = ar + cos1 * sumBeRe + cos2 * sumCdRe;
      const m1i = ai + cos1 * sumBeIm + cos2 * sumCdIm;
      const m2r = ar + cos2 * sumBeRe + cos1 * sumCdRe;
      const m2i = ai + cos2 * sumBeIm + cos1 * sumCdIm;
      const n1r = sin1 * difBeRe + sin2 * difCdRe;
      const n1i = sin1 * difBeIm + sin2 * difCdIm;
      const n2r = sin2 * difBeRe - sin1 * difCdRe;
      const n2i = sin2 * difBeIm - sin1 * difCdIm;
      y[o] = ar + sumBeRe + sumCdRe;
      y[o + 1] = ai + sumBeIm + sumCdIm;
      let re = m1r + n1i;
      let im = m1i - n1r;
      y[o + out] = re * w[t]! - im * w[t + 1]!;
      y[o + out + 1] = re * w[t + 1]! + im * w[t]!;
      re = m2r + n2i;
      im = m2i - n2r;
      y[o + 2 * out] = re * w[t + 2]! - im * w[t + 3]!;
      y[o + 2 * out + 1] = re * w[t + 3]! + im * w[t + 2]!;
      re = m2r - n2i;
      im = m2i + n2r;
      y[o + 3 * out] = re * w[t + 4]! - im * w[t + 5]!;
      y[o + 3 * out + 1] = re * w[t + 5]! + im * w[t + 4]!;
      re = m1r - n1i;
      im = m1i + n1r;
      y[o + 4 * out] = re * w[t + 6]! - im * w[t + 7]!;
      y[o + 4 * out + 1] = re * w[t + 7]! + im * w[t + 6]!;
    }
  }
}
