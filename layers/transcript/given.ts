import type { Cue } from "./types.ts";

/** A transcript that somebody has already, as it was read from their file. */
export type GivenTranscript = {
  /** In order of their beginnings; they may overlap, as those of two speakers do. Empty where nothing has a time. */
  segments: Cue[];
  /** The lines of a text without times, instead of segments. */
  untimed?: string[];
  /** A language code, where the file names one. */
  language?: string;
};

export const givenFormats = ["srt", "vtt", "txt", "json"] as const;
export type GivenFormat = (typeof givenFormats)[number];
