import { join } from "node:path";
import type { Tensor } from "onnxruntime-node";
import { astFeatures } from "../../layers/audio/index.ts";
import { loadVoiceModel, Session, TensorMap, toZeroMeanUnitVariance } from "../../layers/inference/index.ts";
import { buildVoiceModel, type VoiceManifest } from "../../layers/models/index.ts";
import { cosine, maxAbsoluteError } from "./golden.ts";
import { seededPcm, type VoiceCase } from "./voice-checkpoint.ts";

export type VoiceComparison = {
  samples: number;
  /** Largest absolute error over the logits and the sampled embedding. */
  maxError: number;
  /** The smaller of the cosines of both; of the embedding alone where there is one logit. */
  cosine: number;
};

/** Builds a model from a checkpoint and compares it, case by case, with the golden numbers. */
export async function compareVoiceModel(options: {
  checkpointDirectory: string;
  outputDirectory: string;
  precision: VoiceManifest["precision"];
  cases: readonly VoiceCase[];
}): Promise<VoiceComparison[]> {
  const { checkpointDirectory, outputDirectory, precision, cases } = options;
  const identity = { id: "parity", revision: "", licence: "", demo: true };
  const manifest = await buildVoiceModel({ checkpointDirectory, outputDirectory, precision, identity });
  await using model = await loadVoiceModel({ directory: outputDirectory });
  await using session = await Session.open(join(outputDirectory, "voice.onnx"));
  const comparisons: VoiceComparison[] = [];
  for (const example of cases) {
    const pcm = seededPcm(example.samples);
    const { logits } = await model.score(pcm);
    using inputs = new TensorMap(inputsOf(session, manifest, pcm));
    using outputs = await session.run(inputs.feeds);
    const whole = outputs.get("embedding").data as Float32Array;
    const embedding = example.embedding.map((_, index) => whole[index * example.embeddingStep]!);
    const cosines = [cosine(embedding, example.embedding)];
    if (logits.length > 1) cosines.push(cosine(logits, example.logits));
    comparisons.push({
      samples: example.samples,
      maxError: Math.max(maxAbsoluteError(logits, example.logits), maxAbsoluteError(embedding, example.embedding)),
      cosine: Math.min(...cosines),
    });
  }
  return comparisons;
}

function inputsOf(session: Session, manifest: VoiceManifest, pcm: Float32Array): Record<string, Tensor> {
  if (manifest.architecture === "wav2vec2") {
    return { waveform: session.tensor(toZeroMeanUnitVariance(pcm), [1, pcm.length]) };
  }
  const { melBins, maxFrames, featureMean: mean, featureStd: std } = manifest;
  return { features: session.tensor(astFeatures(pcm, { melBins, maxFrames, mean, std }), [1, maxFrames, melBins]) };
}
