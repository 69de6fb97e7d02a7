import { sampleRateHz } from "../../layers/audio/index.ts";
import type { Random } from "../eval/random.ts";

/** Adds noise that dies away: a clap, a key, a cup. */
export function addBurst(
  pcm: Float32Array,
  at: number,
  { seconds, loudness, random }: { seconds: number; loudness: number; random: Random },
): void {
  const length = Math.round(seconds * sampleRateHz);
  // To a hundredth at its end.
  const decay = Math.log(100) / length;
  for (let n = 0; n < length && at + n < pcm.length; n++) {
    pcm[at + n]! += loudness * Math.exp(-decay * n) * random.normal();
  }
}

/** Adds a tone that dies away: glass or china. */
export function addRing(
  pcm: Float32Array,
  at: number,
  { seconds, loudness, hz }: { seconds: number; loudness: number; hz: number },
): void {
  const length = Math.round(seconds * sampleRateHz);
  const step = (2 * Math.PI * hz) / sampleRateHz;
  const decay = Math.log(100) / length;
  for (let n = 0; n < length && at + n < pcm.length; n++) {
    pcm[at + n]! += loudness * Math.exp(-decay * n) * (Math.sin(step * n) + 0.5 * Math.sin(2.76 * step * n));
  }
}
