import { existsSync } from "node:fs";
import { join } from "node:path";

/** Recordings of people, and what the reference makes of them. They are other people's, and not part of this repository. */
export type Recordings = {
  /** FLAC files of LibriSpeech, a sentence or a few each. */
  human: string;
  /** Recordings in eight languages, with the times of their words in test_data.json. */
  speech: string;
  /** Texts by openai-whisper. */
  reference: string;
};

const project = join(import.meta.dirname, "..", "..");

/** The folder of recordings that HALFGIG_REAL_DATA names, or the one beside the checkout; undefined where neither is there. */
export function findRecordings(environment: NodeJS.ProcessEnv = process.env): Recordings | undefined {
  const root = environment.HALFGIG_REAL_DATA || join(project, "..", "shared", "data");
  const folder = (name: string) => join(root, name);
  const recordings = {
    human: folder("human"),
    speech: folder("speech"),
    reference: folder("reference"),
  };
  const needed = [recordings.human, recordings.speech, join(recordings.reference, "tiny.en-human.json")];
  return needed.every((path) => existsSync(path)) ? recordings : undefined;
}
