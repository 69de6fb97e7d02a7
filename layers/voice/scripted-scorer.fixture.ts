import { type ActivitySpan, msToSamples } from "../audio/index.ts";
import { voiceCard } from "./cards.ts";
import type { VoiceScorer } from "./score-windows.ts";
import type { ReadPcm } from "./window-audio.ts";

/** A stretch of a made-up recording. */
export type Part = { kind: "human" | "synthetic" | "silence" | "music"; ms: number };

/** Sample values that stand for who speaks: the scripted scorer tells them apart, so windows are really read and joined. */
const levels = { human: 0.25, synthetic: -0.25, silence: 0, music: 0.5 };

/** A recording of the parts one after the other, as the voice layer meets it. */
export function recording(parts: readonly Part[]): { activity: ActivitySpan[]; read: ReadPcm; changesMs: number[] } {
  let at = 0;
  const spans = parts.map(({ kind: part, ms }) => {
    const startMs = at;
    at += ms;
    return { part, startMs, endMs: at };
  });
  const kindOf = { human: "speech", synthetic: "speech", silence: "silence", music: "other" } as const;
  const activity: ActivitySpan[] = [];
  for (const { part, startMs, endMs } of spans) {
    const last = activity.at(-1);
    if (last?.kind === kindOf[part]) last.endMs = endMs;
    else activity.push({ startMs, endMs, kind: kindOf[part] });
  }
  const speakers = spans.filter(({ part }) => kindOf[part] === "speech");
  const changesMs = speakers.slice(1).flatMap(({ part, startMs }, i) => (part === speakers[i]!.part ? [] : [startMs]));
  const read: ReadPcm = async (startMs, endMs) => {
    const pcm = new Float32Array(msToSamples(endMs - startMs));
    for (const span of spans) {
      const from = Math.max(span.startMs, startMs);
      const to = Math.min(span.endMs, endMs);
      if (to > from) pcm.fill(levels[span.part], msToSamples(from - startMs), msToSamples(to - startMs));
    }
    return pcm;
  };
  return { activity, read, changesMs };
}

export type ScriptedScorer = VoiceScorer & { readonly heardSamples: number[] };

/** Says `sure` for windows of synthetic speech, `1 − sure` for human ones, and something between for mixtures. */
export function scriptedScorer(sure = 0.97): ScriptedScorer {
  const heardSamples: number[] = [];
  return {
    heardSamples,
    async score(pcm) {
      heardSamples.push(pcm.length);
      const synthetic = pcm.reduce((count, value) => count + (value < 0 ? 1 : 0), 0) / pcm.length;
      return { spoofProbability: 1 - sure + synthetic * (2 * sure - 1) };
    },
  };
}

/** A detector that is worth every verdict. */
export const goodCard = voiceCard("xlsr-pellav2");
export const builtModel = { revision: "main", sha256: "0".repeat(64), precision: "int8" };
