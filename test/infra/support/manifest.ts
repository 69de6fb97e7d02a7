import type { EmbeddingManifest, ModelManifest, VoiceManifest } from "../../../layers/models/index.ts";

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

/** The same for all-MiniLM-L6-v2. */
export const embeddingManifest: EmbeddingManifest = {
  ...{ format: 1, builder: 1, id: "all-MiniLM-L6-v2", revision: "r1", licence: "Apache-2.0", demo: false },
  ...{ architecture: "bert", precision: "int8", weightBytes: "signed", checkpointSha256: "6".repeat(64), files: {} },
  ...{ hiddenSize: 384, layers: 6, heads: 12, feedForwardSize: 1536, vocabSize: 30_522, maxTokens: 256 },
};

/** The same for the detector that is too large for a layer, with two small files in place of its own. */
export const travellingManifest: VoiceManifest = {
  ...{ format: 1, builder: 1, id: "xlsr-pellav2", revision: "r1", licence: "MIT", demo: false },
  ...{ architecture: "wav2vec2", precision: "int8", weightBytes: "signed", checkpointSha256: "7".repeat(64) },
  files: {
    "model.onnx": { sizeBytes: 5, sha256: "8".repeat(64) },
    "weights.bin": { sizeBytes: 7, sha256: "9".repeat(64) },
  },
  ...{ sampleRateHz: 16_000, windowMs: 4000, hiddenSize: 1024, layers: 24, heads: 16, feedForwardSize: 4096 },
  ...{ labels: ["spoof", "bona fide"], spoofLabels: [0], normalizeWaveform: true, minSamples: 400, convSize: 512 },
};
