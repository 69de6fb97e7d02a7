/**
 * Tracks the power of the background in every bin as the minimum of a smoothed periodogram over some seconds, without having
 * to know where speech is. After R. Martin, "Noise Power Spectral Density Estimation Based on Optimal Smoothing and Minimum
 * Statistics", IEEE Trans. Speech and Audio Processing 9(5), 2001, with fixed smoothing and a fixed bias correction.
 */
export class NoiseFloor {
  readonly #smoothed: Float64Array;
  readonly #current: Float64Array;
  readonly #blocks: Float64Array[] = [];
  readonly #minimum: Float64Array;
  readonly #blockFrames: number;
  readonly #blockCount: number;
  readonly #floor: number;
  #framesInBlock = 0;
  #pushed = 0;

  /** The minimum spans `blockCount` blocks of `blockFrames` frames and the block that is being filled. `floor` is the least power of a bin. */
  constructor(options: { bins: number; blockFrames: number; blockCount: number; floor: number }) {
    this.#smoothed = new Float64Array(options.bins);
    this.#current = new Float64Array(options.bins).fill(Infinity);
    this.#minimum = new Float64Array(options.bins).fill(Infinity);
    this.#blockFrames = options.blockFrames;
    this.#blockCount = options.blockCount;
    this.#floor = options.floor;
  }

  push(power: Float64Array): void {
    const smoothed = this.#smoothed;
    const current = this.#current;
    const minimum = this.#minimum;
    const keep = Math.min(smoothing, this.#pushed / (this.#pushed + 1));
    this.#pushed += 1;
    const settled = this.#pushed >= settleFrames;
    for (let k = 0; k < smoothed.length; k++) {
      const value = keep * smoothed[k]! + (1 - keep) * power[k]!;
      smoothed[k] = value;
      if (!settled) continue;
      if (value < current[k]!) current[k] = value;
      if (value < minimum[k]!) minimum[k] = value;
    }
    this.#framesInBlock += 1;
    if (this.#framesInBlock === this.#blockFrames) this.#closeBlock();
  }

  /** The estimated background power of bin `k`; the floor while too little was seen to tell. */
  at(k: number): number {
    const minimum = this.#minimum[k]!;
    return minimum === Infinity ? this.#floor : Math.max(this.#floor, biasCorrection * minimum);
  }

  #closeBlock(): void {
    const spare =
      this.#blocks.length === this.#blockCount ? this.#blocks.shift()! : new Float64Array(this.#current.length);
    spare.set(this.#current);
    this.#blocks.push(spare);
    this.#minimum.fill(Infinity);
    for (const block of this.#blocks) {
      for (let k = 0; k < block.length; k++) if (block[k]! < this.#minimum[k]!) this.#minimum[k] = block[k]!;
    }
    this.#current.fill(Infinity);
    this.#framesInBlock = 0;
  }
}

/** Frames until the average is smooth enough for its minimum to mean anything. */
const settleFrames = 8;
const smoothing = 0.85;
// The mean of the minimum of about 50 independent values of a power smoothed this much, inverted; found on white noise.
const biasCorrection = 2;
