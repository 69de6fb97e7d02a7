import { pcmFromBytes, sampleRateHz } from "../../layers/audio/index.ts";

/**
 * Samples of a mono s16le WAV as speech synthesizers write it, at 16 kHz. They cannot seek in a pipe, so the sizes
 * in the header are not believed: the data goes on to the end.
 * @throws RangeError when it is no such WAV
 */
export function pcmFromWav(bytes: Buffer): Float32Array {
  const data = bytes.indexOf("data", 12, "latin1");
  if (bytes.length < 44 || data < 0) throw new RangeError("not a WAV file");
  const channels = bytes.readUInt16LE(22);
  const bits = bytes.readUInt16LE(34);
  if (channels !== 1 || bits !== 16) throw new RangeError(`a mono WAV of 16 bits is needed, not ${channels} × ${bits}`);
  const from = data + 8;
  return resample(
    pcmFromBytes(bytes.subarray(from, bytes.length - ((bytes.length - from) % 2))),
    bytes.readUInt32LE(24),
  );
}

const zeroCrossings = 10;
const kaiserBeta = 5;

/** To 16 kHz, by the filter of `scipy.signal.resample_poly`: a sinc under a Kaiser window (β 5) of ten zero crossings a side. */
export function resample(input: Float32Array, fromHz: number): Float32Array {
  if (fromHz === sampleRateHz) return input;
  const divisor = gcd(fromHz, sampleRateHz);
  const [up, down] = [sampleRateHz / divisor, fromHz / divisor];
  const cutoff = Math.min(1, up / down);
  const reach = Math.ceil(zeroCrossings / cutoff);
  const phases = Array.from({ length: up }, (_, phase) =>
    Float64Array.from({ length: 2 * reach + 1 }, (_, tap) => {
      const x = tap - reach - phase / up;
      return cutoff * sinc(cutoff * x) * kaiser(x / (reach + 1));
    }),
  );
  const output = new Float32Array(Math.ceil((input.length * up) / down));
  for (let n = 0; n < output.length; n++) {
    const centre = Math.floor((n * down) / up);
    const taps = phases[(n * down) % up]!;
    let sum = 0;
    for (let tap = 0; tap < taps.length; tap++) sum += taps[tap]! * (input[centre + tap - reach] ?? 0);
    output[n] = sum;
  }
  return output;
}

const frame = 160;

/**
 * Without what is quieter than `belowPeakDb` (against the loudest 10 ms) at both ends, but with 20 ms of it: what
 * the demo model's training data had done to it, and what its timestamps mean.
 */
export function trim(pcm: Float32Array, belowPeakDb = -38): Float32Array {
  const frames = Math.floor(pcm.length / frame);
  if (frames < 5) return pcm;
  const energy = Float64Array.from(
    { length: frames },
    (_, i) => power(pcm.subarray(i * frame, (i + 1) * frame)) + 1e-9,
  );
  const floor = Math.max(...energy) * 10 ** (belowPeakDb / 10);
  const loud = (value: number) => value > floor;
  const pad = 0.02 * sampleRateHz;
  const from = Math.max(0, energy.findIndex(loud) * frame - pad);
  return pcm.subarray(from, Math.min(pcm.length, (energy.findLastIndex(loud) + 1) * frame + pad));
}

/** Mean square. */
export function power(pcm: Float32Array): number {
  let sum = 0;
  for (const value of pcm) sum += value * value;
  return pcm.length === 0 ? 0 : sum / pcm.length;
}

/** A copy whose largest sample is `peak`. */
export function scaled(pcm: Float32Array, peak: number): Float32Array {
  let largest = 1e-6;
  for (const value of pcm) largest = Math.max(largest, Math.abs(value));
  return pcm.map((value) => (value * peak) / largest);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** @param x position in the window, -1 to 1 */
function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : besselI0(kaiserBeta * Math.sqrt(1 - x * x)) / besselI0(kaiserBeta);
}

function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
