import type { Table } from "../table.ts";
import { casesTable } from "./cases.ts";
import { languagesTable } from "./languages.ts";
import { long } from "./long.ts";
import { noiseTable } from "./noise.ts";
import { nonSpeechTable } from "./non-speech.ts";
import { speedTable } from "./speed.ts";
import { utterancesTable } from "./utterances.ts";
import { voiceActivity } from "./voice-activity.ts";
import { wordsTable } from "./words.ts";

/** In the order of docs/QUALITY.md. */
export const tables: readonly Table[] = [
  long,
  utterancesTable,
  noiseTable,
  speedTable,
  wordsTable,
  languagesTable,
  nonSpeechTable,
  casesTable,
  voiceActivity,
];
