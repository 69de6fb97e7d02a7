import { power } from "../eval/signal.ts";

/** A copy of mean power 1; silence stays silence. */
export function withPowerOne(pcm: Float32Array): Float32Array {
  const scale = 1 / Math.sqrt(power(pcm) || 1);
  return pcm.map((value) => value * scale);
}

/** A sound of mean power 1 at a level in dBFS; what is louder than full scale is clipped, as a recorder would. */
export function atDecibels(pcm: Float32Array, levelDb: number): Float32Array {
  const scale = 10 ** (levelDb / 20);
  return pcm.map((value) => Math.min(Math.max(value * scale, -1), 1 - 2 ** -15));
}

/**
 * Speech with a sound of mean power 1 so many dB below it; powers are means over the whole of both. The sum is made quieter where it
 * would clip.
 */
export function mixedAt(speech: Float32Array, sound: Float32Array, snrDb: number): Float32Array {
  const scale = Math.sqrt(power(speech)) * 10 ** (-snrDb / 20);
  const mixed = speech.map((value, n) => value + scale * sound[n]!);
  const peak = mixed.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return peak < 1 ? mixed : mixed.map((value) => (0.99 * value) / peak);
}
