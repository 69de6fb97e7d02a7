import { sampleRateHz } from "../../layers/audio/index.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker } from "./sound.ts";

/** C, a minor, F, G: the lowest note and the third's and the fifth's ratio to it. */
const progression = [
  [130.81, 5 / 4, 3 / 2],
  [110, 6 / 5, 3 / 2],
  [87.31, 5 / 4, 3 / 2],
  [98, 5 / 4, 3 / 2],
] as const;
const melodyHz = [523, 587, 659, 784, 659, 587, 523, 440] as const;
const beatSeconds = 0.5;
const noteSeconds = 0.6;
const harmonics = 4;

/** Decaying chords of four harmonics, a melody with vibrato of 5 Hz above them, and a click on each beat. */
export const chords: SoundMaker = ({ samples, random }) => {
  const pcm = new Float32Array(samples);
  const beat = beatSeconds * sampleRateHz;
  for (let start = 0, count = 0; start < samples; start += beat, count++) {
    const [root, ...ratios] = progression[count % progression.length]!;
    const end = Math.min(samples, start + noteSeconds * sampleRateHz);
    const melody = melodyHz[count % melodyHz.length]!;
    for (let n = start; n < end; n++) {
      const t = (n - start) / sampleRateHz;
      const decay = Math.exp(-3 * t);
      for (const ratio of [1, ...ratios]) {
        for (let k = 1; k <= harmonics; k++) {
          pcm[n]! += (decay * Math.sin(2 * Math.PI * root * ratio * k * t)) / k;
        }
      }
      pcm[n]! += decay * Math.sin(2 * Math.PI * melody * t + 0.3 * Math.sin(2 * Math.PI * 5 * t));
      if (n - start < clickSamples) pcm[n]! += 0.5 * random.normal();
    }
  }
  return withPowerOne(pcm);
};

const clickSamples = 80;
