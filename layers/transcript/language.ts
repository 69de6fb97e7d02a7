import type { FileLanguage, Span } from "./types.ts";

/** What one window says about its language. */
export type HeardLanguage = Span & {
  /** A language code, or `und`. */
  code: string;
  probability: number;
  /** Probability by code, as far as known. */
  probabilities: Record<string, number>;
  /** True when the answer was not the model's to give: it holds, however probable. */
  fixed: boolean;
  /** How much speech the answer rests on. */
  speechMs: number;
};

/** A window counts towards the file's language from here on; so does the file's answer itself. */
const confident = 0.5;
const candidateCount = 5;

/**
 * The language of a file from the languages of its windows: the majority of those that are sure, weighed by the speech in
 * them. `und` where no window is sure, or no language reaches one half; the candidates are there in any case.
 */
export function combineLanguages(windows: readonly HeardLanguage[], threshold: number = confident): FileLanguage {
  const heard = windows.filter(({ speechMs }) => speechMs > 0);
  const sure = heard.filter(({ fixed, code, probability }) => fixed || (code !== "und" && probability >= threshold));

  const votes = new Map<string, number>();
  for (const { code, speechMs } of sure) votes.set(code, (votes.get(code) ?? 0) + speechMs);
  const elected = [...votes].reduce<[string, number] | undefined>(
    (a, b) => (a && a[1] >= b[1] ? a : b),
    undefined,
  )?.[0];

  const candidates = meanProbabilities(sure.length > 0 ? sure : heard);
  const probability = candidates.find(({ code }) => code === elected)?.probability ?? candidates[0]?.probability ?? 0;
  const holds = probability >= threshold || sure.some(({ fixed }) => fixed);
  const code = elected !== undefined && holds ? elected : "und";
  return { code, probability, timeline: timelineOf(heard), candidates: candidates.slice(0, candidateCount) };
}

function meanProbabilities(windows: readonly HeardLanguage[]): { code: string; probability: number }[] {
  const totalMs = windows.reduce((sum, { speechMs }) => sum + speechMs, 0);
  const weight = new Map<string, number>();
  for (const { probabilities, speechMs } of windows) {
    for (const [code, probability] of Object.entries(probabilities)) {
      weight.set(code, (weight.get(code) ?? 0) + probability * speechMs);
    }
  }
  return [...weight]
    .map(([code, sum]) => ({ code, probability: Math.min(sum / totalMs, 1) }))
    .sort((a, b) => b.probability - a.probability);
}

/** Neighbours of the same language become one entry, its probability their mean by speech. */
function timelineOf(windows: readonly HeardLanguage[]): FileLanguage["timeline"] {
  const entries: (FileLanguage["timeline"][number] & { speechMs: number })[] = [];
  for (const { startMs, endMs, code, probability, speechMs } of windows) {
    const last = entries.at(-1);
    if (last?.code !== code) {
      entries.push({ startMs, endMs, code, probability, speechMs });
      continue;
    }
    const both = last.speechMs + speechMs;
    last.probability = (last.probability * last.speechMs + probability * speechMs) / both;
    last.speechMs = both;
    last.endMs = Math.max(last.endMs, endMs);
  }
  return entries.map(({ speechMs: _, ...entry }) => entry);
}
