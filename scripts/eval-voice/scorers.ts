import { join } from "node:path";
import { loadVoiceModel } from "../../layers/inference/index.ts";
import { buildVoiceModel, demoVoiceDirectory, demoVoiceIdentity } from "../../layers/models/index.ts";
import { type VoiceCard, voiceCard } from "../../layers/voice/index.ts";
import { power } from "../eval/index.ts";
import type { EvalVoiceOptions } from "./options.ts";

/** Something that says of a recording how likely it is synthetic, or how large a figure is that should not tell. */
export type Scorer = { name: string; control: boolean; score(pcm: Float32Array): Promise<number> };

/** Figures that know nothing of voices. Where they tell the classes apart, the recordings do, and not the detector. */
export const controls: readonly Scorer[] = [
  { name: "control: level", control: true, score: async (pcm) => squash(Math.log(power(pcm) + 1e-12)) },
  { name: "control: brightness", control: true, score: async (pcm) => squash(brightness(pcm)) },
];

export type Detector = { card: VoiceCard; scorer: Scorer; windowMs: number };

/** The detector that the options name; built first, where it is the demo model. `directory` is for that. */
export async function openDetector(
  options: EvalVoiceOptions,
  directory: string,
  owned: AsyncDisposableStack,
): Promise<Detector> {
  const card = voiceCard(options.card);
  const built = options.model ?? (await buildDemo(card, options, join(directory, "model")));
  const model = owned.use(await loadVoiceModel({ directory: built }));
  const score = async (pcm: Float32Array) => (await model.score(pcm)).spoofProbability;
  const name = `${card.id} ${model.manifest.precision}`;
  return { card, windowMs: model.manifest.windowMs, scorer: { name, control: false, score } };
}

async function buildDemo(card: VoiceCard, { precision }: EvalVoiceOptions, outputDirectory: string): Promise<string> {
  if (!card.demo)
    throw new Error(`Only the demo model comes with halfgig. Give the folder of ${card.id} with --model.`);
  await buildVoiceModel({
    checkpointDirectory: demoVoiceDirectory,
    outputDirectory,
    precision,
    identity: demoVoiceIdentity,
  });
  return outputDirectory;
}

function brightness(pcm: Float32Array): number {
  const differences = pcm.map((value, n) => value - (pcm[n - 1] ?? 0));
  return Math.log((power(differences) + 1e-12) / (power(pcm) + 1e-12));
}

/** Into (0, 1), in the same order. */
function squash(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
