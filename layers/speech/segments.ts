import type { ModelManifest } from "../inference/index.ts";

/** A stretch of tokens between two timestamps. Times are whole milliseconds from the beginning of the decoded audio. */
export type TimedTokens = { startMs: number; endMs: number; tokens: number[] };

/** How the tokens of one decoding divide its audio. */
export type Cut = {
  segments: TimedTokens[];
  /** Text after the last complete segment; the model did not say where it ends. */
  unfinished: TimedTokens | undefined;
  /** Where decoding goes on: the audio's end, unless the model stopped before it. */
  seekMs: number;
  /** A single timestamp ends the tokens: the model says that nothing follows (`single_timestamp_ending`). */
  closed: boolean;
};

/**
 * Cuts sampled tokens at consecutive timestamp pairs, as the window loop of whisper/transcribe.py does. A single timestamp
 * at the end means that nothing follows it, and the whole audio is done; otherwise decoding goes on at the last pair.
 *
 * It differs from the reference in the case without any pair: there, the segment begins at 0 and ends at the last
 * timestamp, which may be the one that opens it. Here an opening timestamp is where the segment begins.
 *
 * @param audioMs length of the decoded audio; no time exceeds it, though the model's window may be longer
 */
export function cutSegments(
  tokens: readonly number[],
  { audioMs, tokens: special }: { audioMs: number } & Pick<ModelManifest, "tokens">,
): Cut {
  const isTimestamp = (token: number | undefined) => token !== undefined && token >= special.firstTimestamp;
  const timeOf = (token: number) => Math.round((token - special.firstTimestamp) * special.timestampStepMs);
  const piece = (from: number, to: number): TimedTokens => {
    const slice = tokens.slice(from, to);
    const first = slice[0];
    const last = slice.at(-1);
    const startMs = isTimestamp(first) ? timeOf(first!) : 0;
    const endMs = slice.length > 1 && isTimestamp(last) ? timeOf(last!) : audioMs;
    return { startMs: Math.min(startMs, audioMs), endMs: Math.min(endMs, audioMs), tokens: slice };
  };

  const cuts = tokens.flatMap((token, i) => (i > 0 && isTimestamp(token) && isTimestamp(tokens[i - 1]) ? [i] : []));
  const lastPair = cuts.at(-1);
  const closed = tokens.length > 1 && isTimestamp(tokens.at(-1)) && !isTimestamp(tokens.at(-2));
  if (lastPair === undefined) {
    const whole = piece(0, tokens.length);
    if (closed) return { segments: [whole], unfinished: undefined, seekMs: audioMs, closed };
    return { segments: [], unfinished: tokens.length > 0 ? whole : undefined, seekMs: audioMs, closed };
  }

  const bounds = [0, ...cuts, ...(closed ? [tokens.length] : [])];
  const segments = bounds.slice(1).map((to, i) => piece(bounds[i]!, to));
  if (closed) return { segments, unfinished: undefined, seekMs: audioMs, closed };
  const rest = piece(lastPair, tokens.length);
  return {
    segments,
    unfinished: rest.tokens.some((token) => token < special.endOfText) ? rest : undefined,
    seekMs: Math.min(timeOf(tokens[lastPair - 1]!), audioMs),
    closed,
  };
}
