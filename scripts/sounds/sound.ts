import type { Random } from "../eval/random.ts";

export type SoundOptions = {
  /** At 16 kHz. */
  samples: number;
  random: Random;
  /** What people say, for sounds that are made of many of them. */
  voices?: readonly Float32Array[];
};

/** A sound of mean power 1, or of none at all. The same random numbers make the same sound. */
export type SoundMaker = (options: SoundOptions) => Float32Array;
