import { z } from "zod";
import { cueText } from "../cue-text.ts";
import type { GivenTranscript } from "../given.ts";
import { type Cue, wordSchema } from "../types.ts";
import { invalid, limits } from "./limits.ts";

const code = z.string().regex(/^[a-z]{2,3}$/);
const longestMs = 1_000 * 3_600_000;
const ms = z.number().min(0).max(longestMs).transform(Math.round);
const seconds = z
  .number()
  .min(0)
  .max(longestMs / 1_000)
  .transform((value) => Math.round(value * 1_000));

/** Ours, of any version: `segments` with `startMs`, `endMs`, `text`. */
const ours = z.object({
  segments: z.array(z.object({ startMs: ms, endMs: ms, text: z.string(), words: z.array(wordSchema).optional() })),
  language: z.object({ code }).optional().catch(undefined),
});

/** What the whisper command writes, and the service's `verbose_json`: `segments` with `start` and `end` in seconds. */
const whisper = z.object({
  segments: z.array(
    z.object({
      start: seconds,
      end: seconds,
      text: z.string(),
      words: z
        .array(
          z.object({ start: seconds, end: seconds, word: z.string(), probability: z.number().min(0).max(1).nullish() }),
        )
        .optional(),
    }),
  ),
  // A code in the command's files, an English name in the service's.
  language: code.optional().catch(undefined),
});

const textOnly = z.object({ text: z.string(), segments: z.undefined().optional() });

/** @throws MediaError `transcript.invalid` where the text is not JSON (with the line) or not a transcript (with the field) */
export function parseJson(text: string): GivenTranscript {
  const value = parse(text);
  const list = (value as { segments?: unknown } | null)?.segments;
  if (Array.isArray(list) && list.length > limits.segments) {
    throw invalid(1, `there are more than ${limits.segments} segments.`);
  }
  const plain = textOnly.safeParse(value);
  if (plain.success) return { segments: [], untimed: plain.data.text.split(/\r\n|\n|\r/) };

  const inSeconds = Array.isArray(list) && typeof list[0] === "object" && list[0] !== null && "start" in list[0];
  if (inSeconds) {
    const { segments, language } = check(whisper, value);
    return given(
      segments.map(({ start, end, words, ...rest }) => ({
        startMs: start,
        endMs: end,
        ...rest,
        words: words?.map((word) => ({
          startMs: word.start,
          endMs: word.end,
          text: word.word,
          probability: word.probability ?? null,
        })),
      })),
      language,
    );
  }
  const { segments, language } = check(ours, value);
  return given(segments, language?.code);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = Number(/position (\d+)/.exec((cause as Error).message)?.[1] ?? text.length);
    throw invalid(text.slice(0, position).split("\n").length, "this is not JSON.", cause);
  }
}

function check<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(1, `${issue?.path.join(".") || "the file"}: ${issue?.message}.`);
}

function given(
  found: (Omit<Cue, "words"> & { words?: Cue["words"] | undefined })[],
  language?: string,
): GivenTranscript {
  const segments: Cue[] = [];
  for (const [i, { startMs, endMs, text, words }] of found.entries()) {
    if (endMs < startMs) throw invalid(1, `segments.${i} ends before it begins.`);
    const line = cueText(text);
    if (line !== "") segments.push({ startMs, endMs, text: line, ...(words && words.length > 0 ? { words } : {}) });
  }
  segments.sort((a, b) => a.startMs - b.startMs);
  return { segments, ...(language === undefined ? {} : { language }) };
}
