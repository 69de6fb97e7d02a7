/** The one sample rate inside halfgig: what Whisper, AST and every window object use. */
export const sampleRateHz = 16_000;
/** Samples of one millisecond at `sampleRateHz`. */
export const samplesPerMs = sampleRateHz / 1000;
export const bytesPerSample = 2;

/** Samples that `ms` (an integer) of 16 kHz audio has. */
export function msToSamples(ms: number): number {
  return ms * samplesPerMs;
}

/** Whole milliseconds that cover `samples` of 16 kHz audio: a started millisecond counts. */
export function samplesToMs(samples: number): number {
  return Math.ceil(samples / samplesPerMs);
}

/** s16le bytes (an even number of them) to floats in [-1, 1): each sample divided by 32768, as `whisper.audio.load_audio` does. */
export function pcmFromBytes(bytes: Uint8Array): Float32Array {
  if (bytes.length % bytesPerSample !== 0) {
    throw new RangeError(`s16le audio has an even number of bytes; got ${bytes.length}. Use PcmReader for streams.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pcm = new Float32Array(bytes.length / bytesPerSample);
  for (let i = 0; i < pcm.length; i++) pcm[i] = view.getInt16(i * bytesPerSample, true) / 32768;
  return pcm;
}

/** Floats to s16le bytes, rounded and clipped at full scale. The inverse of `pcmFromBytes` for every value that came from s16. */
export function bytesFromPcm(pcm: Float32Array): Uint8Array {
  const bytes = new Uint8Array(pcm.length * bytesPerSample);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < pcm.length; i++) {
    const value = Math.round(pcm[i]! * 32768);
    view.setInt16(i * bytesPerSample, Math.max(-32768, Math.min(32767, value)), true);
  }
  return bytes;
}

/** s16le bytes from a stream, in chunks of any length: a sample split over two chunks is put together again. */
export class PcmReader {
  #carry: number | null = null;

  /** The whole samples that are complete after `chunk`. */
  push(chunk: Uint8Array): Float32Array {
    const carry = this.#carry;
    const total = chunk.length + (carry === null ? 0 : 1);
    const odd = total % bytesPerSample === 1;
    const whole = odd ? chunk.subarray(0, chunk.length - 1) : chunk;
    if (odd) this.#carry = chunk[chunk.length - 1] ?? carry;
    else this.#carry = null;
    if (carry === null) return pcmFromBytes(whole);
    if (whole.length === 0) return new Float32Array(0);
    const joined = new Uint8Array(whole.length + 1);
    joined[0] = carry;
    joined.set(whole, 1);
    return pcmFromBytes(joined);
  }

  /** Bytes (0 or 1) of a sample that never became whole. */
  get pendingBytes(): number {
    return this.#carry === null ? 0 : 1;
  }
}
