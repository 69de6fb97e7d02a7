import type { ModelManifest, VoiceManifest } from "../models/index.ts";
import table from "./costs.json" with { type: "json" };

/** What a loaded model takes of the allocation, over the process without it. */
export type ModelCost = {
  /** Held while the model is loaded: weights as packed for the processor, arenas, one open window. */
  readonly residentMiB: number;
  /** On top while it is loaded or runs. Runs of one process come one after the other, so of several models the largest counts. */
  readonly workingMiB: number;
};

/** One row of costs.json, as `npm run measure` writes it. */
export type MeasuredCost = ModelCost & {
  readonly model: string;
  /** See `shapeOf`: the cost of a model depends on its sizes, not on its weights' values. */
  readonly shape: string;
  readonly precision: string;
  readonly arena: boolean;
  readonly anonymousMiB: number;
  readonly loadMs: number;
  /** Processor time on one thread. */
  readonly windowMs: number;
};

export const measuredCosts: readonly MeasuredCost[] = table.costs;

type CostOptions = {
  /** Whether activations' memory is kept from run to run. */
  readonly arena?: boolean;
};

/** What memory depends on in a model of the given architecture. */
export function shapeOf(manifest: ModelManifest | VoiceManifest): string {
  const { architecture, hiddenSize, layers, heads } = manifest;
  const sizes = [hiddenSize, layers, heads];
  if (manifest.architecture === "whisper") {
    sizes.push(manifest.encoderLayers, manifest.maxFrames, manifest.vocabSize);
  } else {
    sizes.push(manifest.feedForwardSize, manifest.architecture === "ast" ? manifest.patches : manifest.windowMs);
  }
  return `${architecture} ${sizes.join("×")}`;
}

/**
 * What a built Whisper costs, an alignment of 100 tokens included: measured, where a model of its sizes was (`npm run measure`);
 * otherwise estimated from its sizes.
 */
export function speechModelCost(manifest: ModelManifest, { arena = true }: CostOptions = {}): ModelCost {
  return measured(manifest, arena) ?? estimatedSpeechCost(manifest, { arena });
}

/** The same of a voice detector. */
export function voiceModelCost(manifest: VoiceManifest, { arena = true }: CostOptions = {}): ModelCost {
  return measured(manifest, arena) ?? estimatedVoiceCost(manifest);
}

/** Resident and working memory together: what the model needs when it is alone. */
export const totalMiB = ({ residentMiB, workingMiB }: ModelCost) => residentMiB + workingMiB;

export const speechModelCostMiB = (manifest: ModelManifest, options?: CostOptions) =>
  totalMiB(speechModelCost(manifest, options));

export const voiceModelCostMiB = (manifest: VoiceManifest, options?: CostOptions) =>
  totalMiB(voiceModelCost(manifest, options));

function measured(manifest: ModelManifest | VoiceManifest, arena: boolean): ModelCost | undefined {
  const shapes = [manifest, ...likeVocabularies(manifest)].map(shapeOf);
  const { precision } = manifest;
  return measuredCosts.find((row) => shapes.includes(row.shape) && row.precision === precision && row.arena === arena);
}

/** Whisper has three vocabularies (English alone, 99 languages, 100), of one word more each: that is nothing in memory. */
const whisperVocabularies = [51_864, 51_865, 51_866];

function likeVocabularies(manifest: ModelManifest | VoiceManifest): ModelManifest[] {
  if (manifest.architecture !== "whisper" || !whisperVocabularies.includes(manifest.vocabSize)) return [];
  return whisperVocabularies.map((vocabSize) => ({ ...manifest, vocabSize }));
}

const bytesPerMiB = 2 ** 20;

/** What the process takes for any model. */
const fixedMiB = 29;

/** In units of one activation, `[positions, hiddenSize]`: what is held at the widest moment, and what the arena keeps of it. */
const activationsAtOnce = { withoutArena: 5.5, withArena: 22 };

/** Cross-attention is in memory almost twice while it is handed over. */
const crossCopies = 1.85;

/**
 * From sizes alone, within a tenth of every Whisper that was measured (model-cost.test.ts). Resident: the weights as packed, activations, one
 * open window's cross-attention. On top: the scoring graph, which is the decoder's weights once more and its largest matrix while it is
 * packed, or the next window's cross-attention, whichever is more.
 */
export function estimatedSpeechCost(manifest: ModelManifest, { arena = true }: CostOptions = {}): ModelCost {
  const { files, hiddenSize, maxFrames, layers, vocabSize, precision } = manifest;
  const encoderBytes = files["encoder.data"]?.sizeBytes ?? 0;
  const decoderBytes = files["decoder.data"]?.sizeBytes ?? 0;
  const headBytes = vocabSize * hiddenSize * (precision === "int8" ? 1 : Float32Array.BYTES_PER_ELEMENT);
  const positionBytes = (maxFrames / 2) * hiddenSize * Float32Array.BYTES_PER_ELEMENT;
  const crossBytes = 2 * layers * positionBytes;
  const activations = activationsAtOnce[arena ? "withArena" : "withoutArena"];
  const resident = encoderBytes + decoderBytes + crossBytes + activations * positionBytes;
  const working = Math.max(decoderBytes + headBytes, crossCopies * crossBytes);
  return {
    residentMiB: fixedMiB + Math.ceil(resident / bytesPerMiB),
    workingMiB: Math.ceil(working / bytesPerMiB),
  };
}

/** Weights as packed (the mapped ones are let go while it loads) and the activations of one full window at their widest. */
export function estimatedVoiceCost(manifest: VoiceManifest): ModelCost {
  const weightBytes = manifest.files["voice.data"]?.sizeBytes ?? 0;
  return {
    residentMiB: 56 + Math.ceil(weightBytes / bytesPerMiB),
    workingMiB: Math.ceil(voiceActivationBytes(manifest) / bytesPerMiB),
  };
}

function voiceActivationBytes(manifest: VoiceManifest): number {
  const { hiddenSize, feedForwardSize, heads } = manifest;
  if (manifest.architecture === "ast") {
    const tokens = manifest.patches + 2;
    // The feed-forward's two wide values, the attention's parts beside them, and every head's scores.
    return 4 * tokens * (2 * feedForwardSize + 6 * hiddenSize + heads * tokens);
  }
  // The front end is the widest: a fifth of the samples as positions, in six copies while the next taps are laid side by side.
  const samples = (manifest.windowMs * manifest.sampleRateHz) / 1000;
  return 4 * (samples / 5) * manifest.convSize * 6;
}
