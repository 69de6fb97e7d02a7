import { contextSamples, hopSamples, logMel, maximumOf } from "./mel.ts";

/** Frames analysed at once: enough to keep the overhead small, 3 s of audio at most in memory. */
const blockFrames = 300;
const blockSamples = blockFrames * hopSamples;

/**
 * The first of the two passes of `exact` mode: the largest raw log-mel value of a whole recording, in constant memory while
 * it streams by. It equals `maximumOf(logMel(…))` of the whole recording: the start is reflected, zeros follow the end.
 */
export class LogMelMaximum {
  readonly #melBins: number;
  /** Up to `contextSamples` before the block in the making, then the block and what follows it. */
  readonly #samples = new Float32Array(contextSamples + blockSamples + contextSamples);
  #before = 0;
  #length = 0;
  #maximum = -Infinity;

  /** @param melBins of the model that will read the recording */
  constructor(melBins = 80) {
    this.#melBins = melBins;
  }

  /** Takes the next samples, 16 kHz mono in [-1, 1), any number of them. */
  push(pcm: Float32Array): void {
    for (let at = 0; at < pcm.length; ) {
      const room = this.#before + blockSamples + contextSamples - this.#length;
      const taken = pcm.subarray(at, at + room);
      this.#samples.set(taken, this.#length);
      this.#length += taken.length;
      at += taken.length;
      if (taken.length === room) this.#analyse();
    }
  }

  /** log10 of the largest mel power, −10 for silence and for no audio at all. Call it once, at the end. */
  finish(): number {
    const rest = this.#length - this.#before;
    // A frame is centred on its first sample, so the last samples still reach the two frames after them.
    this.#measure(Math.min(rest, blockSamples), Math.ceil((rest + contextSamples) / hopSamples));
    return this.#maximum;
  }

  #analyse(): void {
    this.#measure(blockSamples, blockFrames);
    const next = this.#before + blockSamples;
    this.#samples.copyWithin(0, next - contextSamples, this.#length);
    this.#length -= next - contextSamples;
    this.#before = contextSamples;
  }

  #measure(samples: number, frames: number): void {
    const start = this.#before;
    const pcm = this.#samples.subarray(start, start + samples);
    const context = {
      before: this.#samples.subarray(0, start),
      after: this.#samples.subarray(start + samples, this.#length),
    };
    const raw = logMel({ pcm, melBins: this.#melBins, frames: Math.max(frames, 1), context });
    this.#maximum = Math.max(this.#maximum, maximumOf(raw));
  }
}
