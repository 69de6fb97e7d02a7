import { sampleRateHz } from "../../layers/audio/index.ts";
import { addBurst, addRing } from "./bursts.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker } from "./sound.ts";

/** Somebody types: a click down and a softer one up for each key, words and pauses between them, over a quiet room. */
export const keyboard: SoundMaker = ({ samples, random }) => {
  const pcm = Float32Array.from({ length: samples }, () => 0.004 * random.normal());
  for (let at = 0; at < samples; ) {
    const loudness = random.uniform(0.5, 1);
    addBurst(pcm, at, { seconds: 0.012, loudness, random });
    addRing(pcm, at, { seconds: 0.03, loudness: 0.3 * loudness, hz: random.uniform(900, 2_500) });
    addBurst(pcm, at + Math.round(random.uniform(0.06, 0.11) * sampleRateHz), {
      seconds: 0.008,
      loudness: 0.4 * loudness,
      random,
    });
    const isWordsEnd = random.next() < 0.18;
    at += Math.round((isWordsEnd ? random.uniform(0.3, 1.5) : random.uniform(0.09, 0.22)) * sampleRateHz);
  }
  return withPowerOne(pcm);
};
