import { pink, white } from "../eval/noise.ts";
import { withPowerOne } from "./level.ts";
import type { SoundMaker } from "./sound.ts";

export const whiteNoise: SoundMaker = ({ samples, random }) => withPowerOne(white(samples, random));

/** −3 dB an octave. */
export const pinkNoise: SoundMaker = ({ samples, random }) => withPowerOne(pink(samples, random));
