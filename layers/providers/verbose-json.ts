import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { languageCode } from "./language-names.ts";
import type { ProvidedTranscript } from "./provider.ts";

const seconds = z
  .number()
  .min(0)
  .transform((value) => Math.round(value * 1000));
const wordSchema = z.object({
  word: z.string(),
  start: seconds,
  end: seconds,
  probability: z.number().min(0).max(1).nullish(),
});
const number = z.number().nullish().catch(null);

/** OpenAI's `verbose_json`, as the services that imitate it write it: much of it may be missing. */
const replySchema = z.object({
  text: z.string().default(""),
  language: z.string().nullish(),
  segments: z
    .array(
      z.object({
        start: seconds,
        end: seconds,
        text: z.string(),
        tokens: z.array(z.int().nonnegative()).nullish().catch(null),
        temperature: number,
        avg_logprob: number,
        compression_ratio: number,
        no_speech_prob: number,
        words: z.array(wordSchema).nullish(),
      }),
    )
    .nullish(),
  words: z.array(wordSchema).nullish(),
});
type Reply = z.output<typeof replySchema>;
type Segment = ProvidedTranscript["segments"][number];

/**
 * @param durationMs of the window; a service's times may lie after its end
 * @param given the language that the sender named
 * @throws MediaError `provider.refused` for a reply that is none
 */
export function readVerboseJson(
  value: unknown,
  { durationMs, given }: { durationMs: number; given: string | undefined },
): ProvidedTranscript {
  const parsed = replySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MediaError(
      "provider.refused",
      `The speech service's reply cannot be read: ${issue?.path.join(".")}: ${issue?.message}. Choose a model that answers with verbose_json.`,
    );
  }
  const reply = parsed.data;
  const segments = segmentsOf(reply, durationMs).filter(({ text }) => text !== "");
  const code = given ?? languageCode(reply.language ?? "");
  // The service names a language and says nothing of how sure it is: its word is taken whole, or not at all.
  const probability = code === "und" ? 0 : 1;
  return {
    language: { code, probability, source: given ? "given" : "detected", candidates: [] },
    silent: segments.length === 0,
    segments,
  };
}

function segmentsOf(reply: Reply, durationMs: number): Segment[] {
  const inside = (ms: number) => Math.min(ms, durationMs);
  const found = reply.segments ?? [
    { start: 0, end: durationMs, text: reply.text, tokens: null, words: null, ...unmeasured },
  ];
  const loose = [...(reply.words ?? [])];
  return found.map((segment, i) => {
    const next = found[i + 1]?.start ?? Infinity;
    // Words come in one list for all segments, in order; each belongs to the segment that it begins in.
    const count = loose.findIndex(({ start }) => start >= next);
    const own = segment.words ?? loose.splice(0, count < 0 ? loose.length : count);
    const words = own.map(({ word, start, end, probability }) => ({
      startMs: inside(start),
      endMs: inside(Math.max(start, end)),
      text: word,
      probability: probability ?? null,
    }));
    return {
      startMs: inside(segment.start),
      endMs: inside(segment.end),
      text: segment.text.trim(),
      tokens: segment.tokens ?? [],
      temperature: atLeastZero(segment.temperature),
      avgLogprob: segment.avg_logprob ?? null,
      compressionRatio: atLeastZero(segment.compression_ratio),
      noSpeechProb: share(segment.no_speech_prob),
      flags: reply.segments ? [] : ["open_end"],
      ...(words.length > 0 ? { words: spaced(words, segment.text) } : {}),
    };
  });
}

const unmeasured = { temperature: null, avg_logprob: null, compression_ratio: null, no_speech_prob: null };
const atLeastZero = (value: number | null | undefined) => (value == null || value < 0 ? null : value);
// A float32 that was 1 may be printed as 1.0000001.
const share = (value: number | null | undefined) => (value == null ? null : Math.min(Math.max(value, 0), 1));

/** Bare words get back the space, and the punctuation, that the segment's text has before and after them. */
function spaced<W extends { text: string }>(words: W[], text: string): W[] {
  let at = 0;
  return words.map((word, i) => {
    const bare = word.text.trim();
    const begin = text.indexOf(bare, at);
    if (bare === "" || begin < 0) return { ...word, text: i === 0 ? bare : ` ${bare}` };
    const gap = text.slice(at, begin);
    const after = /^[^\p{L}\p{N}\s]*/u.exec(text.slice(begin + bare.length))?.[0] ?? "";
    at = begin + bare.length + after.length;
    const whole = `${gap}${bare}${after}`;
    return { ...word, text: i === 0 ? whole.trimStart() : whole };
  });
}
