import { modelsDirectory } from "../../cli/models-directory.ts";
import { defaultDataDirectory } from "../../cli/options.ts";
import { type Settings, voiceModelIds } from "../../layers/core/index.ts";
import { hubSettings, obtainEmbeddingModel, obtainModel, obtainVoiceModel } from "../../layers/models/index.ts";
import type { Architecture } from "../../layers/packing/index.ts";
import { embedsByModel, voiceModelTravels } from "../../stacks/app/index.ts";
import type { PackedModels } from "./pack.ts";

/**
 * How int8 weights are stored for a processor that need not be this one. Every arm64 processor that Lambda has, Graviton2 and
 * later, sums byte products in 32 bits (`asimddp`); of its x86 processors AWS does not say, and there only `unsigned` is right on all.
 */
const weightBytesOf = { arm64: "signed", x64: "unsigned" } as const;

/**
 * The built models of the settings for one processor; fetched and built where they are not there yet.
 * @throws MediaError `model.missing` that says what to pull, where one is neither here nor to be had
 */
export async function layerModels(
  settings: Settings,
  arch: Architecture,
  onNotice?: (line: string) => void,
): Promise<PackedModels> {
  const obtaining = (id: string) => ({
    id,
    modelsDirectory: modelsDirectory(settings, defaultDataDirectory(process.env)),
    precision: settings.USE_INT8_QUANTIZATION ? ("int8" as const) : ("fp32" as const),
    weightBytes: weightBytesOf[arch],
    hub: hubSettings(settings),
    onPull: () => onNotice?.(`the model ${id} is not on this machine yet; fetching it`),
    onProgress: (stage: string) => onNotice?.(`building ${id} for ${arch}: ${stage}`),
  });
  const speech = await obtainModel(obtaining(settings.WHISPER_MODEL));
  const embedding = embedsByModel(settings)
    ? await obtainEmbeddingModel(obtaining(settings.EMBEDDING_MODEL))
    : undefined;
  if (settings.VOICE_MODEL === undefined) return { speech, embedding };
  const voice = await obtainVoiceModel(obtaining(voiceModelIds[settings.VOICE_MODEL]));
  return { speech, embedding, voice: { ...voice, travels: voiceModelTravels(settings) } };
}
