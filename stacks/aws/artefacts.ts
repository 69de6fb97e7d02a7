import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Settings, voiceModelIds } from "../../layers/core/index.ts";
import { requireModelFit } from "../../layers/inference/fit.ts";
import {
  type EmbeddingManifest,
  embeddingManifestSchema,
  modelManifestSchema,
  parseModelName,
  type VoiceManifest,
  voiceManifestSchema,
} from "../../layers/models/index.ts";
import { vectorIndexShape } from "../../layers/search/s3vectors/index-shape.ts";
import { embedsByModel, type LayerName, needsModel, voiceModelTravels } from "../app/index.ts";
import type { PackedModels } from "./environment.ts";

const layerSchema = z.object({
  name: z.string(),
  arch: z.enum(["arm64", "x64"]),
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  unzippedBytes: z.number().int().positive(),
});

/** One packed layer, as `npm run layers` lists it in dist/layers/layers.json. */
export type PackedLayer = z.output<typeof layerSchema>;

const buildAdvice = "Pack models, layers and functions first: npm run layers";

/** Lambda's name of a processor, and npm's. */
const packedArchitecture = { arm64: "arm64", x86_64: "x64" } as const;

/**
 * The zips of the layers that functions need.
 * @param root the project's folder
 * @throws Error that says how to build what is missing
 */
export function packedLayers(
  root: string,
  names: readonly LayerName[],
  architecture: "arm64" | "x86_64",
): Map<LayerName, PackedLayer> {
  const arch = packedArchitecture[architecture];
  const advice = `${buildAdvice} -- --arch ${arch}`;
  const path = join(root, "dist/layers/layers.json");
  if (!existsSync(path)) throw new Error(`There is no ${path}. ${advice}`);
  const layers = z.array(layerSchema).parse(JSON.parse(readFileSync(path, "utf8")));
  return new Map(
    names.map((name) => {
      const layer = layers.find((candidate) => candidate.name === name && candidate.arch === arch);
      if (!layer || !existsSync(join(root, layer.path)))
        throw new Error(`The layer ${name} for ${arch} is not built. ${advice}`);
      return [name, layer];
    }),
  );
}

/** @throws Error that says how to build the bundle when it is missing */
export function bundleFolder(root: string, name: string): string {
  const folder = join("dist/bundles", name);
  if (existsSync(join(root, folder, "index.cjs"))) return folder;
  throw new Error(`The function ${name} is not bundled in ${folder}. ${buildAdvice}`);
}

/** @throws Error that says how to build the page when it is missing */
export function pageFolder(root: string): string {
  const folder = "web/dist";
  if (existsSync(join(root, folder, "index.html"))) return folder;
  throw new Error(
    `There is no page in ${folder}. Build it first (npm run build:web), or deploy the API alone: HALFGIG_PAGE=false.`,
  );
}

/**
 * The manifests of the models that were packed for the settings of a deployment.
 * @throws Error that says what to build, or to pull, where one is not there or is another one
 * @throws MediaError `memory.plan_does_not_fit`
 */
export function packedModels(
  root: string,
  settings: Settings,
  architecture: keyof typeof packedArchitecture,
): PackedModels {
  const { WHISPER_MODEL, VOICE_MODEL, EMBEDDING_MODEL } = settings;
  const read = <Schema extends z.ZodType<{ id: string }>>(path: string, schema: Schema, wanted: string) => {
    if (!existsSync(join(root, path)))
      throw new Error(`There is no ${path}, which says what model the functions run. ${buildAdvice}`);
    const manifest = schema.parse(JSON.parse(readFileSync(join(root, path), "utf8")));
    const { id } = parseModelName(wanted);
    if (manifest.id === id) return manifest;
    throw new Error(`The model ${manifest.id} was packed, and the settings name ${id}. ${buildAdvice}`);
  };
  const speech = needsModel(settings) ? read("dist/model.json", modelManifestSchema, WHISPER_MODEL) : undefined;
  const voice =
    VOICE_MODEL === undefined
      ? undefined
      : voiceModelTravels(settings)
        ? travellingModel(root, settings, architecture)?.manifest
        : read("dist/voice-model.json", voiceManifestSchema, voiceModelIds[VOICE_MODEL]);
  // A model that can never load in infer's allocation would fail with each job.
  for (const each of [speech, voice]) if (each) requireModelFit(each, settings.HALFGIG_INFER_MEMORY);
  const embedding = embedsByModel(settings)
    ? fitting(read("dist/embedding-model.json", embeddingManifestSchema, EMBEDDING_MODEL))
    : undefined;
  return { speech, voice, embedding };
}

/** @throws Error where the vectors would not fit the index */
function fitting(manifest: EmbeddingManifest): EmbeddingManifest {
  const { dimension, indexName } = vectorIndexShape;
  if (manifest.hiddenSize === dimension) return manifest;
  throw new Error(
    `${manifest.id} makes vectors of ${manifest.hiddenSize} numbers, and the index ${indexName} takes ${dimension}. Set EMBEDDING_MODEL to another.`,
  );
}

/** A detector that is too large for a layer, as `npm run layers` laid it out: its folder, from the project's. */
export type TravellingModel = { folder: string; manifest: VoiceManifest };

/**
 * @returns undefined where the settings name none
 * @throws Error that says what to pull and to pack where it is not there whole
 */
export function travellingModel(
  root: string,
  settings: Settings,
  architecture: keyof typeof packedArchitecture,
): TravellingModel | undefined {
  const { VOICE_MODEL } = settings;
  if (VOICE_MODEL === undefined || !voiceModelTravels(settings)) return undefined;
  const arch = packedArchitecture[architecture];
  const folder = join("dist/travelling", arch);
  const id = voiceModelIds[VOICE_MODEL];
  const advice = `Pull its weights and pack it: npx halfgig models pull ${id} && VOICE_MODEL=${VOICE_MODEL} npm run layers -- --arch ${arch}`;
  const path = join(root, folder, "model.json");
  if (!existsSync(path)) throw new Error(`The detector ${id} for ${arch} is not in ${folder}. ${advice}`);
  const manifest = voiceManifestSchema.parse(JSON.parse(readFileSync(path, "utf8")));
  const sizeOf = (name: string) => statSync(join(root, folder, name), { throwIfNoEntry: false })?.size;
  const broken = Object.entries(manifest.files).filter(([name, { sizeBytes }]) => sizeOf(name) !== sizeBytes);
  if (manifest.id === id && broken.length === 0) return { folder, manifest };
  const what = manifest.id === id ? `lacks ${broken.map(([name]) => name).join(", ")}` : `holds ${manifest.id}`;
  throw new Error(`${folder} ${what}, and the detector ${id} is to be brought to the bucket. ${advice}`);
}
