import { sampleRateHz } from "../../layers/audio/index.ts";
import { addBurst, addRing } from "./bursts.ts";
import { babble, lowPassed } from "./crowd.ts";
import { hum } from "./hum.ts";
import { withPowerOne } from "./level.ts";
import { pinkNoise } from "./noise.ts";
import type { SoundMaker } from "./sound.ts";

const cupsPerSecond = 1.5;
const talkers = 8;

/** A café: eight people at other tables (without what is above 3 kHz), cups and cutlery, a machine's hum, and the room. */
export const cafe: SoundMaker = (options) => {
  const { samples, random } = options;
  const people = withPowerOne(lowPassed(babble(options, talkers), 3_000));
  const [room, machine] = [pinkNoise(options), hum(options)];
  const clatter = new Float32Array(samples);
  for (let cup = 0; cup < (cupsPerSecond * samples) / sampleRateHz; cup++) {
    const at = random.integer(0, samples - 1);
    const loudness = random.uniform(0.2, 1);
    addBurst(clatter, at, { seconds: 0.02, loudness, random });
    addRing(clatter, at, { seconds: random.uniform(0.05, 0.25), loudness, hz: random.uniform(1_500, 5_000) });
  }
  const cups = withPowerOne(clatter);
  return withPowerOne(people.map((value, n) => value + 0.5 * cups[n]! + 0.4 * room[n]! + 0.3 * machine[n]!));
};
