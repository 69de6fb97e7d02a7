import { expect, it } from "vitest";
import { msToSamples, sampleRateHz } from "../layers/audio/index.ts";
import { labelled } from "../scripts/eval-real/voice-activity/labelled.ts";
import { meanScore, scoreFrames } from "../scripts/eval-real/voice-activity/score.ts";

/** A tone that is loud in some stretches of milliseconds, over a hiss 60 dB below. */
function recording(durationMs: number, loudMs: readonly [from: number, to: number][]): Float32Array {
  return Float32Array.from({ length: msToSamples(durationMs) }, (_, n) => {
    const ms = (1_000 * n) / sampleRateHz;
    const loud = loudMs.some(([from, to]) => ms >= from && ms < to);
    return (loud ? 0.3 : 0.0003) * Math.sin(n * 0.7);
  });
}

function speechMs(isSpeech: readonly boolean[]): [from: number, to: number][] {
  const edges = isSpeech.flatMap((value, i) => (value === (isSpeech[i - 1] ?? false) ? [] : [10 * i]));
  if (edges.length % 2 === 1) edges.push(10 * isSpeech.length);
  return edges.flatMap((from, i) => (i % 2 === 0 ? [[from, edges[i + 1]!] as [number, number]] : []));
}

it("speech is what is loud, with its short pauses and without clicks", () => {
  const pcm = recording(3_000, [
    [500, 1_000],
    // A pause of 150 ms, one of 300, and a click.
    [1_150, 1_500],
    [1_800, 2_200],
    [2_600, 2_630],
  ]);
  expect(speechMs(labelled(pcm).isSpeech)).toEqual([
    [500, 1_500],
    [1_800, 2_200],
  ]);
});

it("frames are scored by what was missed and what is wrong", () => {
  const isSpeech = [true, true, true, false, false];
  const found = [false, true, true, true, false];
  expect(scoreFrames(isSpeech, found)).toEqual({ f1: 4 / 6, missedMs: 10, falseMs: 10 });
  expect(scoreFrames(isSpeech, isSpeech)).toEqual({ f1: 1, missedMs: 0, falseMs: 0 });
  expect(scoreFrames(isSpeech, [])).toEqual({ f1: 0, missedMs: 30, falseMs: 0 });
  expect(meanScore([scoreFrames(isSpeech, found), scoreFrames(isSpeech, isSpeech)])).toEqual({
    f1: (4 / 6 + 1) / 2,
    missedMs: 10,
    falseMs: 10,
  });
});
