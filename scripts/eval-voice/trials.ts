import { msToSamples } from "../../layers/audio/index.ts";
import { Random } from "../eval/index.ts";
import { cleanChain, degradedChain, through } from "./chain.ts";
import type { VoiceSource } from "./recordings.ts";

export const conditions = ["degraded", "clean"] as const;
export type Condition = (typeof conditions)[number];

/** One recording of a set. */
export type Trial = { pcm: Float32Array; spoof: boolean };

/** Shorter recordings are harder, and voices of one kind must not be shorter than those of the other. */
const shortestShare = 0.6;

/** Human and synthetic recordings by turns; both of a pair have the same length and the same way through codecs and noise. */
export async function* pairedTrials(
  sources: { human: VoiceSource; synthetic: VoiceSource },
  { count, windowMs, condition, seed }: { count: number; windowMs: number; condition: Condition; seed: string },
): AsyncGenerator<Trial> {
  const random = new Random(`${seed} ${condition}`);
  for (let n = 0; n < count; n++) {
    const samples = msToSamples(random.integer(Math.round(shortestShare * windowMs), windowMs));
    const chain = condition === "clean" ? cleanChain(samples, random) : degradedChain(samples, random);
    yield { pcm: await through(chain, await sources.human(samples)), spoof: false };
    yield { pcm: await through(chain, await sources.synthetic(samples)), spoof: true };
  }
}
