/** How loud the audio is over time, in at most `mostPeaks` steps, whatever its length. */
export type Peaks = {
  format: 1;
  durationMs: number;
  /** The time that one peak stands for. */
  stepMs: number;
  /** The largest magnitude of each step, 0 to 127. */
  peaks: number[];
};

const mostPeaks = 4_096;
const firstStepMs = 20;

/** Measures a stream of samples. When there are too many steps, two become one: memory does not depend on the length. */
export class PeakMeter {
  readonly #samplesPerMs: number;
  #stepMs = firstStepMs;
  #peaks: number[] = [];
  #largest = 0;
  #inStep = 0;
  #samples = 0;

  constructor(sampleRateHz: number) {
    this.#samplesPerMs = sampleRateHz / 1000;
  }

  /** @param pcm samples from -1 to 1 */
  push(pcm: Float32Array): void {
    this.#samples += pcm.length;
    for (const sample of pcm) {
      const magnitude = sample < 0 ? -sample : sample;
      if (magnitude > this.#largest) this.#largest = magnitude;
      if (++this.#inStep >= this.#stepMs * this.#samplesPerMs) this.#endStep();
    }
  }

  finish(): Peaks {
    if (this.#inStep > 0) this.#endStep();
    const peaks = this.#peaks.map((peak) => Math.round(Math.min(1, peak) * 127));
    const durationMs = Math.round(this.#samples / this.#samplesPerMs);
    return { format: 1, durationMs, stepMs: this.#stepMs, peaks };
  }

  #endStep(): void {
    this.#peaks.push(this.#largest);
    this.#largest = 0;
    this.#inStep = 0;
    if (this.#peaks.length < mostPeaks) return;
    this.#peaks = Array.from({ length: mostPeaks / 2 }, (_, i) =>
      Math.max(this.#peaks[2 * i] ?? 0, this.#peaks[2 * i + 1] ?? 0),
    );
    this.#stepMs *= 2;
  }
}
