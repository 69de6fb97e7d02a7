import { sampleRateHz } from "../../../layers/audio/index.ts";
import { power } from "../../eval/signal.ts";
import type { Span } from "./holes.ts";

/** A stretch in which one language is spoken. */
export type Said = Span & { language: string };

/** A line may begin later or end earlier than the sound: a word's first and last sounds are quiet. */
const toleranceMs = 200;

/** How much of what is said lies under lines of its own language. Two languages' lines at once count as wrong. */
export function labelledShare(said: readonly Said[], lines: readonly (Span & { language: string })[]): number {
  const stepMs = 10;
  let [right, all] = [0, 0];
  for (const { startMs, endMs, language } of said) {
    for (let ms = startMs; ms < endMs; ms += stepMs) {
      const under = lines.filter((line) => line.startMs <= ms && ms < line.endMs);
      const near = lines.filter((line) => line.startMs - toleranceMs <= ms && ms < line.endMs + toleranceMs);
      const here = under.length > 0 ? under : near.filter((line) => line.language === language);
      all++;
      if (here.length > 0 && here.every((line) => line.language === language)) right++;
    }
  }
  return right / all;
}

const frameMs = 10;
/** A pause within a sentence is part of it. */
const shortestPauseMs = 300;

/**
 * Where in a recording of clean speech something is said: frames within 38 dB of the loudest, joined over short pauses. It is no
 * voice activity of anybody's, so that no tool is measured by its own.
 */
export function loudSpans(pcm: Float32Array): Span[] {
  const length = (frameMs * sampleRateHz) / 1_000;
  const frames = Array.from({ length: Math.floor(pcm.length / length) }, (_, i) =>
    power(pcm.subarray(i * length, (i + 1) * length)),
  );
  const floor = Math.max(...frames) * 10 ** (-38 / 10);
  const spans: Span[] = [];
  for (const [i, value] of frames.entries()) {
    if (value < floor) continue;
    const last = spans.at(-1);
    if (last && i * frameMs - last.endMs < shortestPauseMs) last.endMs = (i + 1) * frameMs;
    else spans.push({ startMs: i * frameMs, endMs: (i + 1) * frameMs });
  }
  return spans;
}
