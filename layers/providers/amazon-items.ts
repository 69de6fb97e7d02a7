import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { languageCode } from "./language-names.ts";
import type { ProvidedTranscript } from "./provider.ts";

const seconds = z.coerce.number().transform((value) => Math.round(value * 1000));
const itemSchema = z.object({
  type: z.string(),
  start_time: seconds.optional(),
  end_time: seconds.optional(),
  alternatives: z
    .array(z.object({ content: z.string(), confidence: z.coerce.number().min(0).max(1).optional() }))
    .min(1),
});
/** https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html#how-it-works-output */
const replySchema = z.object({
  results: z.object({
    language_code: z.string().optional(),
    language_identification: z.array(z.object({ code: z.string(), score: z.coerce.number() })).optional(),
    items: z.array(itemSchema),
  }),
});

type Word = { startMs: number; endMs: number; text: string; probability: number | null };

/** A pause this long ends a segment, and so does the end of a sentence. */
const pauseMs = 1_000;

/** Makes segments of Amazon Transcribe's list of words and punctuation marks. */
export function readTranscribeItems(
  value: unknown,
  { durationMs, given, words: wantsWords }: { durationMs: number; given: string | undefined; words: boolean },
): ProvidedTranscript {
  const parsed = replySchema.safeParse(value);
  if (!parsed.success) throw new MediaError("provider.refused", "Amazon Transcribe's reply cannot be read.");
  const { items, language_code, language_identification: identified = [] } = parsed.data.results;
  const sentences: Word[][] = [[]];
  for (const { type, start_time, end_time, alternatives } of items) {
    const { content = "", confidence = null } = alternatives[0] ?? {};
    const sentence = sentences.at(-1) ?? [];
    const last = sentence.at(-1);
    if (type === "punctuation" || start_time === undefined) {
      if (last) last.text += content;
      if (last && /[.?!。？！]$/.test(content)) sentences.push([]);
      continue;
    }
    const startMs = Math.min(start_time, durationMs);
    const endMs = Math.min(Math.max(end_time ?? start_time, start_time), durationMs);
    const paused = last && startMs - last.endMs >= pauseMs;
    const target = paused ? [] : sentence;
    if (paused) sentences.push(target);
    target.push({ startMs, endMs, text: target.length === 0 ? content : ` ${content}`, probability: confidence });
  }
  const code = given ?? languageCode(language_code ?? "");
  const candidates = identified.map(({ code: name, score }) => ({ code: languageCode(name), probability: score }));
  const probability = candidates.find((candidate) => candidate.code === code)?.probability ?? (code === "und" ? 0 : 1);
  const segments = sentences
    .filter((sentence) => sentence.length > 0)
    .map((sentence) => segmentOf(sentence, wantsWords));
  return {
    language: { code, probability, source: given ? "given" : "detected", candidates },
    silent: segments.length === 0,
    segments,
  };
}

function segmentOf(words: Word[], wantsWords: boolean): ProvidedTranscript["segments"][number] {
  return {
    startMs: words[0]?.startMs ?? 0,
    endMs: words.at(-1)?.endMs ?? 0,
    text: words.map(({ text }) => text).join(""),
    tokens: [],
    ...{ temperature: null, avgLogprob: null, compressionRatio: null, noSpeechProb: null },
    flags: [],
    ...(wantsWords ? { words } : {}),
  };
}
