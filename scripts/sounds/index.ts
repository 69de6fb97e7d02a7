import { applause } from "./applause.ts";
import { breathing } from "./breathing.ts";
import { cafe } from "./cafe.ts";
import { chords } from "./chords.ts";
import { crowd, distantCrowd } from "./crowd.ts";
import { drums } from "./drums.ts";
import { hum } from "./hum.ts";
import { keyboard } from "./keyboard.ts";
import { pinkNoise, whiteNoise } from "./noise.ts";
import { digitalSilence } from "./silence.ts";
import type { SoundMaker } from "./sound.ts";

export { atDecibels, mixedAt } from "./level.ts";
export type { SoundMaker, SoundOptions } from "./sound.ts";
export {
  applause,
  breathing,
  cafe,
  chords,
  crowd,
  digitalSilence,
  distantCrowd,
  drums,
  hum,
  keyboard,
  pinkNoise,
  whiteNoise,
};

/** The ten kinds of sound in which nobody says anything, by the name that tables show; how loud each is, RMS in dBFS. */
export const nonSpeech: readonly { name: string; levelDb: number; make: SoundMaker }[] = [
  { name: "digital silence", levelDb: Number.NEGATIVE_INFINITY, make: digitalSilence },
  { name: "hum", levelDb: -29, make: hum },
  { name: "white noise", levelDb: -35, make: whiteNoise },
  { name: "pink noise", levelDb: -30, make: pinkNoise },
  { name: "chords", levelDb: -20, make: chords },
  { name: "drums", levelDb: -20, make: drums },
  { name: "applause", levelDb: -22, make: applause },
  { name: "keyboard", levelDb: -35, make: keyboard },
  { name: "breathing", levelDb: -35, make: breathing },
  { name: "distant crowd", levelDb: -32, make: distantCrowd },
];
