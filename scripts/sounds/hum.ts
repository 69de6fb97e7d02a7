import { sampleRateHz } from "../../layers/audio/index.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker } from "./sound.ts";

const mainsHz = 50;

/** Mains hum with its harmonics, and the hiss of what carries it 26 dB below. */
export const hum: SoundMaker = ({ samples, random }) => {
  const step = (2 * Math.PI * mainsHz) / sampleRateHz;
  const tone = Float32Array.from(
    { length: samples },
    (_, n) =>
      Math.sin(step * n) + 0.2 * Math.sin(2 * step * n) + 0.1 * Math.sin(3 * step * n) + 0.036 * random.normal(),
  );
  return withPowerOne(tone);
};
