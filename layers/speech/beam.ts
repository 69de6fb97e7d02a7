import type { DecoderState } from "../inference/index.ts";
import { logSumExp, topTokens } from "./logits.ts";
import { decodingRules } from "./rules.ts";
import { type Candidate, noUsableNumbers, type SearchStart, tokenLimit } from "./search.ts";

export type BeamOptions = { beamSize: number; patience?: number | undefined };

/** A hypothesis that goes on. */
type Beam = { tokens: number[]; sumLogprob: number; state: DecoderState; logits: Float32Array };

/** A hypothesis and the token that would follow it. */
type Extension = { source: Beam; token: number; sumLogprob: number };

/**
 * `BeamSearchDecoder` of whisper/decoding.py: keeps the `beamSize` likeliest unfinished sequences, collects finished ones
 * until there are `beamSize × patience` of them (https://arxiv.org/abs/2204.05424), and fills up with unfinished ones where the
 * token limit came first. Tokens that the rules mask are never taken, not even for want of others.
 *
 * @throws MediaError `model.invalid` when the model gives no usable numbers; the signal's reason when aborted.
 */
export async function beamCandidates(
  start: SearchStart,
  { beamSize, patience = 1 }: BeamOptions,
): Promise<Candidate[]> {
  const { model, signal } = start;
  const { endOfText } = model.manifest.tokens;
  const applyRules = decodingRules(model.manifest);
  const wanted = Math.round(beamSize * patience);
  const limit = tokenLimit(start);
  const finished: Candidate[] = [];
  let owned: DecoderState[] = [];
  let beams: Beam[] = [{ tokens: [], sumLogprob: 0, state: start.state, logits: start.logits }];
  try {
    for (let length = 1; ; length++) {
      signal?.throwIfAborted();
      for (const { logits, tokens } of beams) applyRules(logits, tokens);
      const { going, ended } = choose(extensions(beams, beamSize + 1), { beamSize, endOfText });
      for (const { source, sumLogprob } of ended.slice(0, wanted - finished.length)) {
        finished.push({ tokens: source.tokens, sumLogprob, truncated: false });
      }
      if (finished.length === 0 && going.length === 0) throw noUsableNumbers();
      if (finished.length >= wanted || going.length === 0) break;
      if (length === limit) {
        const unfinished = going.map(({ source, token, sumLogprob }) => ({
          tokens: [...source.tokens, token],
          sumLogprob,
          truncated: true,
        }));
        return [...finished, ...unfinished.slice(0, Math.max(0, beamSize - finished.length))];
      }
      const next = inherit(start, beams, going);
      owned = next.map(({ state }) => state);
      const states = next.map(({ state }) => state);
      const tokens = next.map((beam) => beam.tokens.at(-1)!);
      const logits = next.length === 1 ? [await model.step(states[0]!, tokens)] : await model.stepBatch(states, tokens);
      for (const [i, beam] of next.entries()) beam.logits = logits[i]!;
      beams = next;
    }
    return finished;
  } finally {
    for (const state of owned) if (state !== start.state) state[Symbol.dispose]();
  }
}

/** STEP 1: the likeliest `count` continuations of every beam. */
function extensions(beams: readonly Beam[], count: number): Extension[] {
  return beams.flatMap((source) => {
    const total = logSumExp(source.logits);
    if (Number.isNaN(total)) throw noUsableNumbers();
    return topTokens(source.logits, count).map((token) => {
      const sumLogprob = source.sumLogprob + source.logits[token]! - total;
      return { source, token, sumLogprob };
    });
  });
}

/** STEP 2: the best `beamSize` that go on, and those better than the last of them that end here. Both likeliest first. */
function choose(
  candidates: Extension[],
  { beamSize, endOfText }: { beamSize: number; endOfText: number },
): { going: Extension[]; ended: Extension[] } {
  const going: Extension[] = [];
  const ended: Extension[] = [];
  for (const extension of candidates.sort((a, b) => b.sumLogprob - a.sumLogprob)) {
    if (extension.token === endOfText) ended.push(extension);
    else if (going.push(extension) === beamSize) break;
  }
  return { going, ended };
}

/**
 * `rearrange_kv_cache`: the first child of a beam takes over its state, further ones fork it, and states without a child are
 * disposed. The caller's own state is never disposed here.
 */
function inherit({ model, state: root }: SearchStart, beams: readonly Beam[], going: readonly Extension[]): Beam[] {
  const taken = new Set<Beam>();
  // All forks come first: a state that moves on is no longer the parent's.
  const next = going.map(({ source, token, sumLogprob }) => {
    const first = !taken.has(source);
    taken.add(source);
    const state = first ? source.state : model.fork(source.state);
    return { tokens: [...source.tokens, token], sumLogprob, state, logits: source.logits };
  });
  for (const beam of beams) if (!taken.has(beam) && beam.state !== root) beam.state[Symbol.dispose]();
  return next;
}
