import type { SoundMaker } from "./sound.ts";

export const digitalSilence: SoundMaker = ({ samples }) => new Float32Array(samples);
