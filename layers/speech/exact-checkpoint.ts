import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { rememberedTexts } from "../transcript/index.ts";
import { checkSearchOptions, type SpeechOptions, type SpeechSpan } from "./options.ts";

export type ExactOptions = SpeechOptions & {
  /** The text so far is the prompt of the next window; default true. Without it, loops are rarer and names less consistent. */
  conditionOnPreviousText?: boolean | undefined;
  /**
   * The initial prompt stands before every window, not before the first alone (`carry_initial_prompt`); default false. What was said
   * follows it as far as there is room; it also stays where what was said is dropped.
   */
  carryInitialPrompt?: boolean | undefined;
  /** Seconds: start, end, start, end, … of what to transcribe; without the last end, up to the end of the file. */
  clipTimestamps?: readonly number[] | undefined;
  /** Skips silence longer than this around words that are probably made up. Words are computed for it, asked for or not. */
  hallucinationSilenceMs?: number | undefined;
  /** Decodes every window in the language that is heard in it with confidence (faster-whisper's option); default false. */
  multilingual?: boolean | undefined;
};

const milliseconds = z.int().nonnegative();

/** All that one slice of exact mode hands to the next, as plain JSON under 16 KiB. */
export const exactCheckpointSchema = z.object({
  format: z.literal(1),
  /** False until the language is known and the initial prompt is encoded. */
  started: z.boolean(),
  /** Where decoding goes on. */
  seekMs: milliseconds,
  /** `all_tokens[prompt_reset_since:]`, as much of its end as a prompt can hold. */
  promptTokens: z.array(z.int().nonnegative()).max(1_024),
  /** What the file is decoded as; absent for checkpoints without languages. */
  language: z.string().max(16).optional(),
  /** What the last window was decoded as, where a file has several languages. */
  windowLanguage: z.string().max(16).optional(),
  /** The end of the last word. */
  lastSpeechMs: milliseconds,
  /** What was said last, to notice when it comes again. */
  recentTexts: z.array(z.string().max(200)).max(rememberedTexts),
});

export type ExactCheckpoint = z.infer<typeof exactCheckpointSchema>;

/**
 * The checkpoint from which a file begins.
 * @throws MediaError `request.invalid` for options that cannot work, naming them
 */
export function exactStart(options: ExactOptions): ExactCheckpoint {
  checkSearchOptions(options);
  clipsOf(options, Infinity);
  const { hallucinationSilenceMs } = options;
  if (hallucinationSilenceMs !== undefined && !(hallucinationSilenceMs >= 0)) {
    throw new MediaError("request.invalid", `hallucinationSilenceMs must be 0 or more, not ${hallucinationSilenceMs}.`);
  }
  return { format: 1, started: false, seekMs: 0, promptTokens: [], lastSpeechMs: 0, recentTexts: [] };
}

/** @throws MediaError `request.invalid` for what is no checkpoint of this version */
export function readCheckpoint(value: unknown): ExactCheckpoint {
  const { data, error } = exactCheckpointSchema.safeParse(value);
  if (data) return data;
  throw new MediaError(
    "request.invalid",
    "The checkpoint of exact mode is not one of this version of halfgig. Begin the file again.",
    { cause: error },
  );
}

/**
 * `seek_clips`, in whole mel frames and inside the content. They must be in order, so that a seek says which clip is meant.
 * @throws MediaError `request.invalid` when they are not
 */
export function clipsOf({ clipTimestamps = [] }: ExactOptions, endMs: number): SpeechSpan[] {
  const points = clipTimestamps.map((seconds) => Math.round(seconds * 100) * 10);
  const ordered = points.every((ms, i) => Number.isFinite(ms) && ms >= (points[i - 1] ?? 0));
  if (!ordered) {
    throw new MediaError(
      "request.invalid",
      `clipTimestamps must be seconds in rising order, for example 0,12.5,60,90; they are ${clipTimestamps.join(",")}.`,
    );
  }
  if (points.length === 0) points.push(0);
  if (points.length % 2 === 1) points.push(endMs);
  const clips: SpeechSpan[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const clip: SpeechSpan = [points[i]!, Math.min(points[i + 1]!, endMs)];
    if (clip[0] < clip[1]) clips.push(clip);
  }
  return clips;
}
