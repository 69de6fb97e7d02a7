import { MediaError } from "../core/index.ts";
import type { HeardLanguage } from "./language.ts";
import type { LedgerWindow } from "./ledger.ts";
import type { Segment, Span, WindowResult } from "./types.ts";

export type Merged = {
  /** In order of time, inside the audio, never overlapping, numbered from 0. */
  segments: Segment[];
  /** One per window, for the ledger; its segments are those above. */
  windows: LedgerWindow[];
  /** One per window that was recognised. */
  languages: HeardLanguage[];
  warnings: string[];
};

type Results = AsyncIterable<WindowResult> | Iterable<WindowResult>;
type Recognised = Extract<WindowResult, { outcome: "ok" }>;

/** This many segments in a row with the same text are marked. A chorus does that too, so nothing is deleted. */
const repetitionLimit = 3;

/**
 * Joins window results into one file. Takes them one at a time and keeps the segments only.
 *
 * @param results in the order of the plan; times inside a window are from its start
 * @throws MediaError `transcript.incomplete` when windows are missing, come twice, or overlap. A window without
 * a transcript must say so itself, as `failed` with a reason.
 */
export async function mergeWindows(results: Results, { durationMs }: { durationMs: number }): Promise<Merged> {
  const merged: Merged = { segments: [], windows: [], languages: [], warnings: [] };
  let previousEndMs = 0;
  let runLength = 0;

  for await (const result of results) {
    const { index, startMs, endMs } = result;
    if (index !== merged.windows.length || startMs < previousEndMs || endMs < startMs) {
      throw new MediaError(
        "transcript.incomplete",
        `Window ${index} (${startMs}–${endMs} ms) does not follow the ${merged.windows.length} windows before it, which end at ` +
          `${previousEndMs} ms. Merge needs the result of every window, in order.`,
        { context: { index, startMs, endMs } },
      );
    }
    previousEndMs = endMs;
    const window = { startMs: Math.min(startMs, durationMs), endMs: Math.min(endMs, durationMs) };
    if (result.outcome === "failed") {
      const { reason } = result;
      merged.windows.push({ ...window, outcome: "failed", reason, segments: [] });
      merged.warnings.push(`${clock(window)}: not transcribed (${reason}).`);
      continue;
    }

    const segments: Segment[] = [];
    for (const found of result.transcript.segments) {
      const before = segments.at(-1) ?? merged.segments.at(-1);
      const { text, tokens, temperature, avgLogprob, compressionRatio, noSpeechProb, flags } = found;
      const segment: Segment = {
        id: merged.segments.length + segments.length,
        startMs: Math.max(window.startMs + found.startMs, before?.endMs ?? 0),
        endMs: Math.min(window.startMs + found.endMs, window.endMs),
        text,
        language: result.transcript.language.code,
        ...{ tokens, temperature, avgLogprob, compressionRatio, noSpeechProb, flags },
      };
      if (segment.startMs >= segment.endMs || segment.text.trim() === "") {
        merged.warnings.push(`${clock(window)}: text without a place in time was left out: "${found.text}".`);
        continue;
      }
      runLength = before && sameText(before.text, segment.text) ? runLength + 1 : 1;
      if (runLength >= repetitionLimit) segment.flags = [...segment.flags, "repeated"];
      segments.push(segment);
    }
    for (const { text } of result.transcript.dropped ?? []) {
      merged.warnings.push(`${clock(window)}: text without a place in time was left out: "${text}".`);
    }
    for (const segment of segments) merged.segments.push(segment);
    merged.windows.push({ ...window, outcome: "ok", segments });
    merged.languages.push({ ...window, ...heardLanguage(result) });
  }
  return merged;
}

function heardLanguage({ transcript, speech }: Recognised): Omit<HeardLanguage, keyof Span> {
  const { code, probability, source, candidates, all } = transcript.language;
  const listed = Object.fromEntries(candidates.map((candidate) => [candidate.code, candidate.probability]));
  const spoken: readonly (readonly [number, number])[] =
    speech ?? transcript.segments.map(({ startMs, endMs }) => [startMs, endMs] as const);
  return {
    code,
    probability,
    probabilities: all ?? (candidates.length > 0 ? listed : { [code]: probability }),
    fixed: source !== "detected",
    // The model's own word that nobody speaks outweighs voice activity: its idea of the language is then a guess.
    speechMs: transcript.silent ? 0 : spoken.reduce((sum, [startMs, endMs]) => sum + endMs - startMs, 0),
  };
}

function sameText(a: string, b: string): boolean {
  const letters = (text: string) =>
    text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
  return letters(a) === letters(b);
}

function clock({ startMs, endMs }: { startMs: number; endMs: number }): string {
  return `${(startMs / 1000).toFixed(1)}–${(endMs / 1000).toFixed(1)} s`;
}
