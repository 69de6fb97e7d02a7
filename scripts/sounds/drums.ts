import { sampleRateHz } from "../../layers/audio/index.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker } from "./sound.ts";

type Drum = (t: number, noise: number) => number;

/** A falling tone. */
const kick: Drum = (t) => Math.exp(-12 * t) * Math.sin(2 * Math.PI * (50 * t + 4 * (1 - Math.exp(-25 * t))));
const snare: Drum = (t, noise) => Math.exp(-18 * t) * (0.6 * noise + 0.5 * Math.sin(2 * Math.PI * 185 * t));
const hat: Drum = (t, noise) => 0.25 * Math.exp(-60 * t) * noise;
const eighth = 0.25 * sampleRateHz;
/** Which drums sound on each eighth of a bar. */
const bar: readonly (readonly Drum[])[] = [
  [kick, hat],
  [hat],
  [snare, hat],
  [hat],
  [kick, hat],
  [kick],
  [snare, hat],
  [hat],
];

/** Kick, snare and hi-hat at 120 beats a minute, each stroke a little early or late and never as loud as the last. */
export const drums: SoundMaker = ({ samples, random }) => {
  const pcm = new Float32Array(samples);
  for (let count = 0; count * eighth < samples; count++) {
    for (const drum of bar[count % bar.length]!) {
      const start = Math.max(0, Math.round(count * eighth + random.uniform(-0.01, 0.01) * sampleRateHz));
      const loudness = random.uniform(0.7, 1);
      const end = Math.min(samples, start + 0.4 * sampleRateHz);
      for (let n = start; n < end; n++) pcm[n]! += loudness * drum((n - start) / sampleRateHz, random.normal());
    }
  }
  return withPowerOne(pcm);
};
