import type { Alignment, AudioContext, DecoderState, ModelManifest, SpeechModel } from "../inference/index.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Token ids of a Whisper small enough to write down: 20 text tokens, 3 languages, timestamps of 20 ms over 10 s. */
export const id = {
  blank: 0,
  symbol: 1,
  word: (n: number) => 2 + n,
  endOfText: 20,
  startOfTranscript: 21,
  en: 22,
  de: 23,
  es: 24,
  translate: 25,
  transcribe: 26,
  startOfLm: 27,
  startOfPrev: 28,
  noSpeech: 29,
  noTimestamps: 30,
  at: (ms: number) => 31 + ms / 20,
} as const;

export const manifest: ModelManifest = {
  format: 1,
  builder: 1,
  id: "scripted",
  revision: "1",
  licence: "MIT",
  demo: true,
  architecture: "whisper",
  precision: "fp32",
  checkpointSha256: "0".repeat(64),
  files: {},
  sampleRateHz: 16_000,
  windowMs: 10_000,
  hopMs: 10,
  melBins: 2,
  maxFrames: 1_000,
  hiddenSize: 1,
  encoderLayers: 1,
  layers: 1,
  heads: 1,
  headDim: 1,
  vocabSize: 31 + 501,
  maxTargetPositions: 64,
  embeddingsDtype: "F32",
  tokens: {
    startOfTranscript: id.startOfTranscript,
    endOfText: id.endOfText,
    transcribe: id.transcribe,
    translate: id.translate,
    noSpeech: id.noSpeech,
    noTimestamps: id.noTimestamps,
    startOfPrev: id.startOfPrev,
    startOfLm: id.startOfLm,
    firstTimestamp: 31,
    timestampCount: 501,
    timestampStepMs: 20,
    languages: { en: id.en, de: id.de, es: id.es },
  },
  suppressTokens: [id.symbol],
  beginSuppressTokens: [id.blank],
  alignmentHeads: [],
  isMultilingual: true,
};

/** An English-only checkpoint: no language tokens, no task. */
export const englishManifest: ModelManifest = {
  ...manifest,
  isMultilingual: false,
  tokens: { ...manifest.tokens, languages: {} },
};

export const silentFeatures = (): Float32Array => new Float32Array(manifest.melBins * manifest.maxFrames);

export const pcmOf = (durationMs: number): Float32Array => new Float32Array(durationMs * 16);

/** Word n is spelled w<n>; the blank is a space. */
export const tokenizer: Tokenizer = {
  decode: (tokens) => spell(tokens),
  decodeLossy: (tokens) => spell(tokens),
  encode: async (text) => [...text.matchAll(/w(\d+)/g)].map(([, n]) => id.word(Number(n))),
};

function spell(tokens: readonly number[]): string {
  return tokens
    .filter((token) => token < id.endOfText)
    .map((token) => (token === id.blank ? " " : ` w${token - 2}`))
    .join("");
}

/** Logits that are `floor` but for those named. */
export function logitsOf(peaks: Record<number, number>, floor = -20): Float32Array {
  const logits = new Float32Array(manifest.vocabSize).fill(floor);
  for (const [token, logit] of Object.entries(peaks)) logits[Number(token)] = logit;
  return logits;
}

/** What a scripted model knows when it is asked: all tokens fed to this hypothesis, and where it stands. */
export type Moment = { fed: number[]; sampled: number[]; encoding: number; hypothesis: number };

type ScriptedState = DecoderState & { number: number };

/** A model whose logits are what the script says; it keeps account of what was encoded, fed and disposed. */
export function scriptedModel(
  script: (moment: Moment) => Float32Array,
  own: ModelManifest = manifest,
  alignment: (tokens: readonly number[], positions: number) => Alignment = () => {
    throw new Error("the scripted model was given no alignment");
  },
) {
  const account = {
    encodings: [] as number[],
    hypotheses: [] as number[][],
    batches: [] as number[],
    aligned: [] as number[][],
    open: 0,
  };
  const open = (fed: number[]): ScriptedState => {
    const number = account.hypotheses.push(fed) - 1;
    account.open++;
    let disposed = false;
    return {
      number,
      get length() {
        if (disposed) throw new Error("the state was disposed");
        return account.hypotheses[number]!.length;
      },
      [Symbol.dispose]() {
        if (disposed) throw new Error("the state was disposed twice");
        disposed = true;
        account.open--;
      },
    };
  };
  const advance = (state: ScriptedState, tokens: readonly number[]) => {
    if (state.length + tokens.length > own.maxTargetPositions) throw new Error("past the last position");
    const fed = account.hypotheses[state.number]!;
    fed.push(...tokens);
    const begin = own.isMultilingual ? 3 : 1;
    const sampled = fed.slice(fed.indexOf(id.startOfTranscript) + begin);
    return script({ fed: [...fed], sampled, encoding: account.encodings.length - 1, hypothesis: state.number });
  };
  const model: SpeechModel = {
    manifest: own,
    async encode(_mel, frames): Promise<AudioContext> {
      account.encodings.push(frames);
      account.open++;
      return { frames, positions: frames / 2, [Symbol.dispose]: () => void account.open-- };
    },
    excerpt(_audio, from, to): AudioContext {
      account.open++;
      return { frames: (to - from) * 2, positions: to - from, [Symbol.dispose]: () => void account.open-- };
    },
    start: () => open([]),
    async step(state, tokens) {
      return advance(state as ScriptedState, tokens);
    },
    fork(state) {
      return open([...account.hypotheses[(state as ScriptedState).number]!]);
    },
    async stepBatch(states, tokens) {
      account.batches.push(states.length);
      if (new Set(states).size !== states.length) throw new Error("the states of a batch must be distinct");
      if (new Set(states.map(({ length }) => length)).size > 1) throw new Error("unequal lengths");
      return states.map((state, i) => advance(state as ScriptedState, [tokens[i]!]));
    },
    async align(audio, tokens) {
      account.aligned.push([...tokens]);
      return alignment(tokens, audio.positions);
    },
    async [Symbol.asyncDispose]() {},
  };
  return { model, account };
}

type Saying = { language?: number; noSpeech?: number; peak?: number };

/** A script that says one fixed sentence per encoding, in `language`, with the given certainty. */
export function saying(sentences: number[][], { language = id.de, noSpeech = -20, peak = 10 }: Saying = {}) {
  return ({ fed, sampled, encoding }: Moment): Float32Array => {
    if (fed.at(-1) === id.startOfTranscript && fed.length <= 1 + fed.indexOf(id.startOfTranscript)) {
      const opening = sentences[encoding]?.[0] ?? id.endOfText;
      return logitsOf({ [language]: 8, [id.en]: language === id.en ? 8 : 5, [id.noSpeech]: noSpeech, [opening]: 7 });
    }
    return logitsOf({ [sentences[encoding]?.[sampled.length] ?? id.endOfText]: peak });
  };
}
