import { sampleRateHz } from "../../layers/audio/index.ts";
import { addBurst } from "./bursts.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker } from "./sound.ts";

const clapsPerSecond = 120;

/** Many hands: bursts of noise of 10 to 30 ms at random times. */
export const applause: SoundMaker = ({ samples, random }) => {
  const pcm = new Float32Array(samples);
  const claps = Math.round((clapsPerSecond * samples) / sampleRateHz);
  for (let clap = 0; clap < claps; clap++) {
    const at = random.integer(0, samples - 1);
    addBurst(pcm, at, { seconds: random.uniform(0.01, 0.03), loudness: random.uniform(0.3, 1), random });
  }
  return withPowerOne(pcm);
};
