import { sampleRateHz } from "../../layers/audio/index.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker } from "./sound.ts";

/** One breath in and out, each a swell of noise through the mouth's and the nose's resonance, over a quiet room. */
export const breathing: SoundMaker = ({ samples, random }) => {
  const pcm = Float32Array.from({ length: samples }, () => 0.01 * random.normal());
  for (let at = 0; at < samples; ) {
    for (const { seconds, hz, loudness, pause } of [
      { seconds: random.uniform(1, 1.6), hz: random.uniform(1_300, 1_800), loudness: 0.8, pause: 0.15 },
      {
        seconds: random.uniform(1.3, 2.2),
        hz: random.uniform(600, 1_000),
        loudness: 1,
        pause: random.uniform(0.4, 1.2),
      },
    ]) {
      const length = Math.round(seconds * sampleRateHz);
      const resonance = resonator(hz, 700);
      for (let n = 0; n < length && at + n < samples; n++) {
        pcm[at + n]! += loudness * Math.sin((Math.PI * n) / length) ** 2 * resonance(random.normal());
      }
      at += length + Math.round(pause * sampleRateHz);
    }
  }
  return withPowerOne(pcm);
};

/** A filter with one resonance. */
function resonator(hz: number, bandwidthHz: number): (input: number) => number {
  const radius = Math.exp((-Math.PI * bandwidthHz) / sampleRateHz);
  const a1 = 2 * radius * Math.cos((2 * Math.PI * hz) / sampleRateHz);
  const a2 = -(radius ** 2);
  let [last, before] = [0, 0];
  return (input) => {
    const output = (1 - radius) * input + a1 * last + a2 * before;
    [before, last] = [last, output];
    return output;
  };
}
