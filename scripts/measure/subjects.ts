import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { bestWeightBytes, buildModel, buildVoiceModel, type Precision } from "../../layers/models/index.ts";
import { type WhisperConfig, whisperTinyConfig, writeSeededCheckpoint } from "../../test/parity/seeded-checkpoint.ts";
import { writeSeededVoiceCheckpoint } from "../../test/parity/voice-checkpoint.ts";

/** A model at its published sizes with seeded weights: what it costs does not depend on their values. */
export type Subject = {
  readonly name: string;
  readonly kind: "speech" | "voice";
  build(checkpointDirectory: string, outputDirectory: string, precision: Precision): Promise<void>;
  writeCheckpoint(directory: string): Promise<void>;
};

const identity = (id: string) => ({ id, revision: "", licence: "", demo: true });

/** `d_model`, layers of encoder and decoder, heads, and the width of the feed-forward, from the configurations on the hub. */
function whisper(name: string, width: number, layers: number, heads: number): Subject {
  const sizes = { d_model: width, encoder_layers: layers, decoder_layers: layers };
  const inner = { encoder_attention_heads: heads, decoder_attention_heads: heads };
  const wide = { encoder_ffn_dim: 4 * width, decoder_ffn_dim: 4 * width };
  const config: WhisperConfig = { ...whisperTinyConfig, ...sizes, ...inner, ...wide };
  return {
    name,
    kind: "speech",
    writeCheckpoint: (directory) => writeSeededCheckpoint(directory, config),
    async build(checkpointDirectory, outputDirectory, precision) {
      const weightBytes = bestWeightBytes();
      await buildModel({ checkpointDirectory, outputDirectory, precision, weightBytes, identity: identity(name) });
    },
  };
}

function voice(name: string, config: "astBase" | "xlsr300m"): Subject {
  return {
    name,
    kind: "voice",
    writeCheckpoint: (directory) => writeSeededVoiceCheckpoint(directory, config),
    async build(checkpointDirectory, outputDirectory, precision) {
      await buildVoiceModel({ checkpointDirectory, outputDirectory, precision, identity: identity(name) });
    },
  };
}

export const subjects: readonly Subject[] = [
  whisper("whisper-tiny", 384, 4, 6),
  whisper("whisper-base", 512, 6, 8),
  whisper("whisper-small", 768, 12, 12),
  voice("ast-base", "astBase"),
  voice("xlsr-300m", "xlsr300m"),
];

export function subjectOf(name: string): Subject {
  const subject = subjects.find((each) => each.name === name);
  if (!subject)
    throw new RangeError(`There is no model ${name}; known are ${subjects.map((each) => each.name).join(", ")}.`);
  return subject;
}

/** Builds a subject in `directory`; the checkpoint, which is several times as large, is gone afterwards. */
export async function buildSubject(
  subject: Subject,
  directory: string,
  precisions: readonly Precision[],
): Promise<Map<Precision, string>> {
  const checkpoint = join(directory, `${subject.name}.checkpoint`);
  await mkdir(checkpoint, { recursive: true });
  const built = new Map<Precision, string>();
  try {
    await subject.writeCheckpoint(checkpoint);
    for (const precision of precisions) {
      const output = join(directory, `${subject.name}-${precision}`);
      await subject.build(checkpoint, output, precision);
      built.set(precision, output);
    }
  } finally {
    await rm(checkpoint, { recursive: true, force: true });
  }
  return built;
}
