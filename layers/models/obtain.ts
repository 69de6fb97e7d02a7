import { MediaError } from "../core/index.ts";
import type { EmbeddingManifest } from "./embedding-manifest.ts";
import type { HubSettings } from "./hub/index.ts";
import type { ModelManifest } from "./manifest.ts";
import { type ModelName, parseModelName } from "./names.ts";
import { type PullOptions, pullModel } from "./pull.ts";
import { demoModelId, repoUrl } from "./registry.ts";
import {
  type ResolvedModel,
  type ResolveOptions,
  resolveEmbeddingModel,
  resolveModel,
  resolveVoiceModel,
} from "./resolve.ts";
import type { VoiceManifest } from "./voice-manifest.ts";

export type ObtainOptions = ResolveOptions & {
  readonly hub: HubSettings;
  /** Called once before anything is fetched. */
  readonly onPull?: (name: ModelName) => void;
} & Partial<Pick<PullOptions, "signal" | "onWait">> & {
    readonly onDownload?: PullOptions["onProgress"];
  };

/**
 * The built model for a name: built if only its checkpoint is here, fetched if that is missing too.
 * @throws MediaError `model.missing` that names both ways out when the model is neither here nor to be had; otherwise as
 * `resolveModel` and `pullModel`
 */
export function obtainModel(options: ObtainOptions): Promise<ResolvedModel> {
  return obtain(options, resolveModel);
}

/** The same for a detector of synthetic voices. */
export function obtainVoiceModel(options: ObtainOptions): Promise<ResolvedModel<VoiceManifest>> {
  return obtain(options, resolveVoiceModel);
}

/** The same for a sentence embedding model. */
export function obtainEmbeddingModel(options: ObtainOptions): Promise<ResolvedModel<EmbeddingManifest>> {
  return obtain(options, resolveEmbeddingModel);
}

async function obtain<Manifest extends ModelManifest | VoiceManifest | EmbeddingManifest>(
  options: ObtainOptions,
  resolve: (options: ResolveOptions) => Promise<ResolvedModel<Manifest>>,
): Promise<ResolvedModel<Manifest>> {
  const name = parseModelName(options.id);
  try {
    return await resolve(options);
  } catch (error) {
    const fetchable = error instanceof MediaError && error.code === "model.missing" && name.repo !== undefined;
    if (!fetchable) throw error;
  }
  options.onPull?.(name);
  const { modelsDirectory, hub, onDownload, onWait, signal } = options;
  try {
    await pullModel({
      name: options.id,
      modelsDirectory,
      hub,
      ...(onDownload ? { onProgress: onDownload } : {}),
      ...(onWait ? { onWait } : {}),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof MediaError && error.code === "model.hub_unreachable") throw missing(name, options, error);
    throw error;
  }
  return await resolve(options);
}

function missing({ id, repo, known }: ModelName, { modelsDirectory }: ObtainOptions, cause: MediaError): MediaError {
  return new MediaError(
    "model.missing",
    `The model ${id} is not on this machine. ${cause.message}\nTwo ways out:\n` +
      `  1. Where there is a network, \`halfgig models pull ${id}\` fetches it from ${repoUrl(repo ?? id)}; then copy that machine's\n` +
      `     models folder to ${modelsDirectory}, or name a folder in the hub's layout in HALFGIG_MODEL_MIRROR.\n` +
      (known?.kind === "embedding"
        ? "  2. Search without it, by spelling: EMBEDDING_MODEL=lexical"
        : known?.kind === "voice"
          ? "  2. The small detector that comes with halfgig, which is a demonstration and clears nobody: --voice-model demo"
          : `  2. The small model that comes with halfgig, which knows 392 words: --model ${demoModelId}`),
    { cause, context: { id } },
  );
}
