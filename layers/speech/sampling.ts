import type { DecoderState } from "../inference/index.ts";
import { chooseToken, type Random } from "./logits.ts";
import { decodingRules } from "./rules.ts";
import { type Candidate, type SearchStart, tokenLimit } from "./search.ts";

type Sample = { candidate: Candidate; state: DecoderState; logits: Float32Array; random: Random };

/**
 * `GreedyDecoder` of whisper/decoding.py for a group: one hypothesis per source of randomness, all stepped together. At
 * temperature 0 that is the most probable token each time, and one hypothesis says all there is to say.
 */
export async function sampleCandidates(
  start: SearchStart,
  { temperature, randoms }: { temperature: number; randoms: readonly Random[] },
): Promise<Candidate[]> {
  const { model, signal } = start;
  const { endOfText } = model.manifest.tokens;
  const applyRules = decodingRules(model.manifest);
  const limit = tokenLimit(start);
  using forks = new DisposableStack();
  const samples = randoms.map((random, i): Sample => {
    const state = i === 0 ? start.state : forks.use(model.fork(start.state));
    const logits = i === 0 ? start.logits : start.logits.slice();
    return { candidate: { tokens: [], sumLogprob: 0, truncated: false }, state, logits, random };
  });

  for (let live = samples; live.length > 0; ) {
    signal?.throwIfAborted();
    const going: Sample[] = [];
    for (const sample of live) {
      const { candidate, logits } = sample;
      applyRules(logits, candidate.tokens);
      const { token, logprob } = chooseToken(logits, temperature, sample.random);
      candidate.sumLogprob += logprob;
      if (token === endOfText) continue;
      candidate.tokens.push(token);
      candidate.truncated = candidate.tokens.length >= limit;
      if (!candidate.truncated) going.push(sample);
    }
    await step(start, going);
    live = going;
  }
  return samples.map(({ candidate }) => candidate);
}

/** Feeds every hypothesis its last token. A batch of one is a plain step. */
async function step({ model }: SearchStart, samples: readonly Sample[]): Promise<void> {
  const tokens = samples.map(({ candidate }) => candidate.tokens.at(-1)!);
  const only = samples.length === 1 ? samples[0] : undefined;
  if (only) only.logits = await model.step(only.state, tokens);
  else if (samples.length > 1) {
    const states = samples.map(({ state }) => state);
    const logits = await model.stepBatch(states, tokens);
    for (const [i, sample] of samples.entries()) sample.logits = logits[i]!;
  }
}
