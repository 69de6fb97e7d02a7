import type { ModelManifest } from "../../../layers/models/index.ts";

/** What the model builder writes for whisper-tiny, but for its files. */
export const manifest: ModelManifest = {
  ...{ format: 1, builder: 1, id: "whisper-tiny", revision: "r1", licence: "MIT", demo: false },
  ...{ architecture: "whisper", precision: "int8", checkpointSha256: "5".repeat(64), files: {} },
  ...{ sampleRateHz: 16_000, windowMs: 30_000, hopMs: 10, melBins: 80, maxFrames: 3000 },
  ...{ hiddenSize: 384, encoderLayers: 4, layers: 4, heads: 6, headDim: 64, vocabSize: 51_865 },
  ...{ maxTargetPositions: 448, embeddingsDtype: "F32", suppressTokens: [], beginSuppressTokens: [] },
  tokens: {
    ...{ startOfTranscript: 50_258, endOfText: 50_257, transcribe: 50_359, translate: 50_358, noSpeech: 50_362 },
    ...{ noTimestamps: 50_363, startOfPrev: 50_361, firstTimestamp: 50_364, timestampCount: 1501, timestampStepMs: 20 },
    languages: { en: 50_259 },
  },
  alignmentHeads: [],
  isMultilingual: true,
};
