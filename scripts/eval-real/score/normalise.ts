import { words } from "../../eval/score.ts";
import type { Peer } from "../peer/peer.ts";

export type Normalise = {
  /** For a report. */
  name: string;
  /** Each text as the words that are compared. */
  wordsOf(texts: readonly string[]): Promise<string[][]>;
};

/** OpenAI's English normaliser, by its port on PyPI; without Python, lower case without punctuation. */
export async function normaliserOf(peer: Peer | undefined): Promise<Normalise> {
  if (!peer) {
    return {
      name: "lower case without punctuation (no Python was there for OpenAI's normaliser: figures are a little higher)",
      wordsOf: async (texts) => texts.map(words),
    };
  }
  const { "whisper-normalizer": version } = await peer.versions();
  return {
    name: `OpenAI's English normaliser, whisper-normalizer ${version} (PyPI)`,
    wordsOf: async (texts) => (await peer.normalise(texts)).map((text) => text.split(/\s+/).filter(Boolean)),
  };
}
