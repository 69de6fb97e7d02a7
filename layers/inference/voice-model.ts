import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { astFeatures } from "../audio/index.ts";
import { type AstManifest, readVoiceManifest, type VoiceManifest, type Wav2Vec2Manifest } from "../models/index.ts";
import type { MemoryBudget } from "./budget.ts";
import { voiceModelCost } from "./model-cost.ts";
import { processTier } from "./process-budget.ts";
import { Session, TensorMap } from "./session.ts";

export type VoiceScore = {
  /** As the model gives them, in the order of `manifest.labels`; the caller's to keep. */
  readonly logits: Float32Array;
  /** 0 to 1, before any calibration. */
  readonly spoofProbability: number;
};

/** A detector of synthetic voices, whatever its architecture: it looks at one window of audio at a time. */
export interface VoiceModel extends AsyncDisposable {
  readonly manifest: VoiceManifest;
  /**
   * Scores one window.
   * @param pcm 16 kHz mono in [-1, 1), at most `manifest.windowMs` long. An AST pads what is shorter, as its feature extractor
   * does; a wav2vec 2.0 takes it as it is, from `manifest.minSamples` on.
   * @throws RangeError when the window is too long (audio is never cut off silently), or too short to score
   */
  score(pcm: Float32Array): Promise<VoiceScore>;
}

export type VoiceLoadOptions = {
  /** Folder of a built voice model. */
  readonly directory: string;
  /** Threads inside one operator; by default those of the allocation's tier. */
  readonly threads?: number;
  /** Whether activations' memory is kept from window to window; by default as the allocation's tier says. */
  readonly arena?: boolean;
  /** Where given, the model's memory is reserved there, and the model is shared with others who load it. */
  readonly budget?: MemoryBudget;
};

/**
 * Opens a built voice model.
 * @throws MediaError `model.missing`, `model.invalid`, or `memory.plan_does_not_fit` before anything is loaded
 */
export async function loadVoiceModel({ directory, budget, ...options }: VoiceLoadOptions): Promise<VoiceModel> {
  const manifest = await readVoiceManifest(directory);
  const { threads, arena } = { ...processTier(), ...options };
  const open = async () =>
    new OnnxVoiceModel(manifest, await Session.open(join(directory, "voice.onnx"), { threads, arena }));
  if (!budget) return open();
  const lease = await budget.reserve(directory, voiceModelCost(manifest, { arena }), open);
  const model = lease.value;
  return {
    manifest,
    score: (pcm) => model.score(pcm),
    async [Symbol.asyncDispose]() {
      lease[Symbol.dispose]();
    },
  };
}

class OnnxVoiceModel implements VoiceModel {
  readonly manifest: VoiceManifest;
  readonly #session: Session;

  constructor(manifest: VoiceManifest, session: Session) {
    this.manifest = manifest;
    this.#session = session;
  }

  async score(pcm: Float32Array): Promise<VoiceScore> {
    const { manifest } = this;
    const longest = (manifest.windowMs * manifest.sampleRateHz) / 1000;
    const shortest = manifest.architecture === "ast" ? 1 : manifest.minSamples;
    if (pcm.length < shortest || pcm.length > longest) {
      throw new RangeError(`a window of ${manifest.id} has ${shortest} to ${longest} samples, not ${pcm.length}`);
    }
    using inputs = new TensorMap(
      manifest.architecture === "ast" ? this.#features(pcm, manifest) : this.#waveform(pcm, manifest),
    );
    using outputs = await this.#session.run(inputs.feeds);
    const logits = Float32Array.from(outputs.get("logits").data as Float32Array);
    return { logits, spoofProbability: spoofProbability(logits, manifest) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }

  #features(pcm: Float32Array, manifest: AstManifest): Record<string, Tensor> {
    const { melBins, maxFrames, featureMean, featureStd, normalizeFeatures } = manifest;
    const features = astFeatures(pcm, {
      melBins,
      maxFrames,
      mean: featureMean,
      std: featureStd,
      normalize: normalizeFeatures,
    });
    return { features: this.#session.tensor(features, [1, maxFrames, melBins]) };
  }

  #waveform(pcm: Float32Array, manifest: Wav2Vec2Manifest): Record<string, Tensor> {
    const waveform = manifest.normalizeWaveform ? toZeroMeanUnitVariance(pcm) : pcm;
    return { waveform: this.#session.tensor(waveform, [1, pcm.length]) };
  }
}

/** `zero_mean_unit_var_norm` of Wav2Vec2FeatureExtractor, with its 1e-7 under the root. */
export function toZeroMeanUnitVariance(pcm: Float32Array): Float32Array {
  let sum = 0;
  for (let i = 0; i < pcm.length; i++) sum += pcm[i]!;
  const mean = sum / pcm.length;
  let squares = 0;
  for (let i = 0; i < pcm.length; i++) squares += (pcm[i]! - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / pcm.length + 1e-7);
  return pcm.map((value) => (value - mean) * scale);
}

/** Of one label the sigmoid, of several the softmax's share of those that mean spoof. */
export function spoofProbability(
  logits: ArrayLike<number>,
  { spoofLabels }: Pick<VoiceManifest, "spoofLabels">,
): number {
  if (logits.length === 1) return 1 / (1 + Math.exp(-logits[0]!));
  const values = Array.from(logits);
  const top = Math.max(...values);
  const weights = values.map((value) => Math.exp(value - top));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return spoofLabels.reduce((sum, label) => sum + weights[label]!, 0) / all;
}
