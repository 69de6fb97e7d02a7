import fc from "fast-check";
import type { Cue, ExactSlice, WindowResult } from "./types.ts";

const evidence = {
  tokens: [50_364, 938, 50_414],
  temperature: 0,
  avgLogprob: -0.2,
  compressionRatio: 1.1,
  noSpeechProb: 0.01,
  flags: [] as string[],
};

export const model = { id: "demo", revision: "1", sha256: "0".repeat(64), precision: "int8", demo: true };

type Options = { code?: string; probability?: number; silent?: boolean; speech?: [number, number][] };

/** A recognised window whose segments are [start, end, text], from the window's start. */
export function ok(
  index: number,
  [startMs, endMs]: [number, number],
  segments: [number, number, string][],
  { code = "de", probability = 0.9, silent = false, speech }: Options = {},
): Extract<WindowResult, { outcome: "ok" }> {
  return {
    index,
    startMs,
    endMs,
    outcome: "ok",
    ...(speech ? { speech } : {}),
    transcript: {
      language: { code, probability, source: "detected", candidates: [{ code, probability }] },
      silent,
      segments: segments.map(([start, end, text]) => ({ ...evidence, startMs: start, endMs: end, text })),
    },
  };
}

export function failed(index: number, [startMs, endMs]: [number, number], reason = "memory.exceeded"): WindowResult {
  return { index, startMs, endMs, outcome: "failed", reason };
}

/** A slice of exact mode; times are the file's. */
export function exactSlice(windows: [number, number][], segments: [number, number, string][], code = "de"): ExactSlice {
  const language = { code, probability: 0.9, source: "detected" as const, candidates: [{ code, probability: 0.9 }] };
  return {
    windows: windows.map(([startMs, endMs]) => ({ startMs, endMs, language, silent: false })),
    segments: segments.map(([startMs, endMs, text]) => ({ ...evidence, startMs, endMs, text })),
  };
}

/** A segment of words of 400 ms, half a second apart. */
export function spoken(startMs: number, text: string): Cue {
  const words = [...text.matchAll(/\s*\S+/g)].map(([word], i) => ({
    startMs: startMs + i * 500,
    endMs: startMs + i * 500 + 400,
    text: word,
    probability: 0.9,
  }));
  return { startMs, endMs: words.at(-1)?.endMs ?? startMs, text: text.trim(), words };
}

/** Text as bad as it gets: line breaks, arrows, tags, half characters. */
export const nastyText = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        "\n",
        "\r\n",
        "\n\n",
        "\u2028",
        "\0",
        "-->",
        "--->",
        "-",
        ">",
        "<b>",
        "&amp;",
        "\t",
        "\ud800",
        "日本",
        "1",
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

/** Cues in order of time that do not overlap. */
export const cues = fc
  .array(fc.record({ gapMs: fc.nat(5_000), lengthMs: fc.integer({ min: 1, max: 4_000_000 }), text: nastyText }))
  .map((parts) => {
    let atMs = 0;
    return parts.map(({ gapMs, lengthMs, text }): Cue => {
      const startMs = atMs + gapMs;
      atMs = startMs + lengthMs;
      return { startMs, endMs: atMs, text };
    });
  });
