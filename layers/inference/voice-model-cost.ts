import type { VoiceManifest } from "../models/index.ts";

const bytesPerMiB = 2 ** 20;

/** Code, heap and session structures that come with any model. */
const fixedMiB = 56;

/**
 * What a built voice detector costs in memory: its weights as packed for the processor (the mapped ones are let go while it
 * loads) and the activations of one full window at their widest. An estimate that stays above what was measured over the idle
 * process (`npm run parity:voice`): AST-base 230 MiB in int8 and 473 in fp32, XLS-R 300M 496 MiB in int8 and 1,360 in fp32.
 */
export function voiceModelCostMiB(manifest: VoiceManifest): number {
  const weightBytes = manifest.files["voice.data"]?.sizeBytes ?? 0;
  return fixedMiB + Math.ceil((weightBytes + activationBytes(manifest)) / bytesPerMiB);
}

function activationBytes(manifest: VoiceManifest): number {
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
