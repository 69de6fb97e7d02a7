import { bytesFromPcm, bytesPerSample } from "./pcm.ts";

/** The samples of a recording that are still needed, addressed by their position in the whole. Grows only while nothing is dropped. */
export class PcmQueue {
  #samples = new Float32Array(1 << 16);
  #first = 0;
  #length = 0;

  push(pcm: Float32Array): void {
    if (this.#length + pcm.length > this.#samples.length) {
      const larger = new Float32Array(Math.max(this.#samples.length * 1.5, this.#length + pcm.length));
      larger.set(this.#samples.subarray(0, this.#length));
      this.#samples = larger;
    }
    this.#samples.set(pcm, this.#length);
    this.#length += pcm.length;
  }

  /** s16le bytes of [start, end). Beyond the last sample there is silence. */
  bytes(start: number, end: number): Uint8Array {
    const out = new Uint8Array((end - start) * bytesPerSample);
    out.set(bytesFromPcm(this.#samples.subarray(start - this.#first, Math.min(this.#length, end - this.#first))));
    return out;
  }

  /** Forgets everything before sample `start`. */
  dropBefore(start: number): void {
    const count = Math.min(start - this.#first, this.#length);
    if (count <= 0) return;
    this.#samples.copyWithin(0, count, this.#length);
    this.#length -= count;
    this.#first += count;
  }
}
