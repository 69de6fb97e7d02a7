import type { AudioContext, SpeechModel } from "../inference/index.ts";
import { type Features, withFrames } from "./features.ts";
import { type LanguageProbabilities, listen, rankLanguages } from "./language.ts";
import type { SpeechSpan } from "./options.ts";

/** A stretch in one language, and how probable each language is there. */
export type LanguageRun = { startMs: number; endMs: number; code: string; probabilities: LanguageProbabilities };

/** Shorter pieces of voice are heard together with a neighbour: less than this says little of its language. */
const minPieceMs = 1_200;
/** Each piece costs a decoder step over a copy of its part of the encoding. */
const maxPieces = 8;
/** A piece counts in full from this length on; shorter ones give way to their neighbours. */
const fullWeightMs = 2_000;
/** What a change of language costs, in log-probability: one piece must be some ten times likelier in another to make one. */
const switchCost = 2.5;
/** No language is ruled out by one piece. */
const minProbability = 1e-4;
/** Below this, or where it differs from the rest, a piece is encoded and heard on its own. */
const certainProbability = 0.7;
const candidatesPerPiece = 2;

/** Voice between pauses, short pieces joined to the neighbour that is nearest. */
export function voicePieces(speech: readonly SpeechSpan[], audioMs: number): SpeechSpan[] {
  const pieces = speech
    .map(([from, to]): [number, number] => [Math.max(0, from), Math.min(to, audioMs)])
    .filter(([from, to]) => to > from);
  const lengthOf = (i: number) => pieces[i]![1] - pieces[i]![0];
  const gapAfter = (i: number) => (i < 0 || i + 1 >= pieces.length ? Infinity : pieces[i + 1]![0] - pieces[i]![1]);
  while (pieces.length > 1) {
    const shortest = pieces.reduce((best, _, i) => (lengthOf(i) < lengthOf(best) ? i : best), 0);
    if (lengthOf(shortest) >= minPieceMs && pieces.length <= maxPieces) break;
    let first = gapAfter(shortest - 1) <= gapAfter(shortest) ? shortest - 1 : shortest;
    if (lengthOf(shortest) >= minPieceMs) {
      first = pieces.slice(1).reduce((best, _, i) => (gapAfter(i) < gapAfter(best) ? i : best), 0);
    }
    pieces.splice(first, 2, [pieces[first]![0], pieces[first + 1]![1]]);
  }
  return pieces;
}

export type RunsInput = {
  model: SpeechModel;
  /** The whole window, encoded, and its samples. */
  audio: AudioContext;
  pcm: Float32Array;
  features: Features;
  pieces: readonly SpeechSpan[];
  signal?: AbortSignal | undefined;
};

/**
 * Which languages a window is spoken in. Whisper hears one language for a window, and writes all of it in that one: what is said
 * in another is left out or translated. So each piece of voice is heard on its own: over its part of the window's encoding, and
 * where that is not certain, encoded alone. Then the likeliest sequence, in which a change has a price (Viterbi).
 * @returns stretches that follow one another and together are the window; at least one
 */
export async function languageRuns(input: RunsInput): Promise<LanguageRun[]> {
  const { model, pieces, pcm } = input;
  const audioMs = (pcm.length * 1000) / model.manifest.sampleRateHz;
  const heard: LanguageProbabilities[] = [];
  for (const piece of pieces) heard.push(await hearExcerpt(input, piece));
  const rest = bestOverall(pieces, heard);
  for (const [i, piece] of pieces.entries()) {
    const [best] = rankLanguages(heard[i]!);
    if (best && best.code === rest && best.probability >= certainProbability) continue;
    if (pieces.length === 1) continue;
    input.signal?.throwIfAborted();
    heard[i] = await hearAlone(input, piece);
  }
  const path = likeliestPath(pieces, heard);
  const runs: LanguageRun[] = [];
  let weightMs = 0;
  for (const [i, code] of path.entries()) {
    const [startMs, endMs] = pieces[i]!;
    const last = runs.at(-1);
    if (last?.code === code) {
      last.probabilities = mix(last.probabilities, weightMs, heard[i]!, endMs - startMs);
      weightMs += endMs - startMs;
    } else {
      const seamMs = last ? Math.round((pieces[i - 1]![1] + startMs) / 2) : 0;
      if (last) last.endMs = seamMs;
      runs.push({ startMs: seamMs, endMs: audioMs, code, probabilities: heard[i]! });
      weightMs = endMs - startMs;
    }
  }
  return runs;
}

async function hearExcerpt({ model, audio, signal }: RunsInput, [startMs, endMs]: SpeechSpan) {
  signal?.throwIfAborted();
  const positionMs = model.manifest.hopMs * 2;
  const from = Math.min(Math.floor(startMs / positionMs), audio.positions - 1);
  const to = Math.max(from + 1, Math.min(Math.floor(endMs / positionMs), audio.positions));
  using excerpt = model.excerpt(audio, from, to);
  return await listen(model, excerpt);
}

/** Encoded without padding: a few seconds cost a few milliseconds, and are heard as well as with it. */
async function hearAlone({ model, pcm, features }: RunsInput, [startMs, endMs]: SpeechSpan) {
  const { sampleRateHz, hopMs, melBins, maxFrames } = model.manifest;
  const toSample = (ms: number) => Math.round((ms * sampleRateHz) / 1000);
  const mel = features(pcm.subarray(toSample(startMs), toSample(endMs)));
  const frames = Math.max(2, Math.min(maxFrames, Math.floor((endMs - startMs) / hopMs / 2) * 2));
  using audio = await model.encode(withFrames(mel, melBins, frames), frames);
  return await listen(model, audio);
}

function bestOverall(pieces: readonly SpeechSpan[], heard: readonly LanguageProbabilities[]): string | undefined {
  let sum: LanguageProbabilities = {};
  let weightMs = 0;
  for (const [i, [startMs, endMs]] of pieces.entries()) {
    sum = mix(sum, weightMs, heard[i]!, endMs - startMs);
    weightMs += endMs - startMs;
  }
  return rankLanguages(sum)[0]?.code;
}

function mix(a: LanguageProbabilities, weightA: number, b: LanguageProbabilities, weightB: number) {
  const mixed: LanguageProbabilities = {};
  for (const code of Object.keys(b)) {
    mixed[code] = ((a[code] ?? 0) * weightA + b[code]! * weightB) / (weightA + weightB);
  }
  return mixed;
}

/** The language of each piece, so that their log-probabilities less the price of changes are largest together. */
function likeliestPath(pieces: readonly SpeechSpan[], heard: readonly LanguageProbabilities[]): string[] {
  const codes = [
    ...new Set(heard.flatMap((one) => rankLanguages(one).slice(0, candidatesPerPiece)).map(({ code }) => code)),
  ];
  const weightOf = ([startMs, endMs]: SpeechSpan) => Math.min(1, (endMs - startMs) / fullWeightMs);
  let paths = codes.map((code) => ({ score: 0, codes: [] as string[], code }));
  for (const [i, piece] of pieces.entries()) {
    paths = codes.map((code) => {
      const own = weightOf(piece) * Math.log(Math.max(heard[i]![code] ?? 0, minProbability));
      const scoreFrom = (path: (typeof paths)[number]) =>
        path.score - (path.codes.length > 0 && path.code !== code ? switchCost : 0);
      const from = paths.reduce((best, path) => (scoreFrom(path) > scoreFrom(best) ? path : best));
      return { score: scoreFrom(from) + own, codes: [...from.codes, code], code };
    });
  }
  return paths.reduce((best, path) => (path.score > best.score ? path : best)).codes;
}
