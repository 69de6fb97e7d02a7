import { constants, copyFile, cp, mkdir, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { MediaError } from "../../layers/core/index.ts";
import { inferenceLayer } from "../../layers/inference/layer.ts";
import { mediaLayer } from "../../layers/media/layer.ts";
import { modelsLayer } from "../../layers/models/layer.ts";
import { type Architecture, filesBelow, type LayerFile } from "../../layers/packing/index.ts";
import { voiceActivityLayer } from "../../layers/voice-activity/layer.ts";
import type { FunctionName, FunctionSpec, LayerName } from "../../stacks/app/index.ts";
import { bundleFunctions } from "../../stacks/local/bundle.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { type Load, requireFit } from "./limits.ts";
import { writeZip, type Zip } from "./zip.ts";

/** An entry of dist/layers/layers.json; `path` is relative to the project's folder. */
export type PackedLayer = Zip & { name: LayerName; arch: Architecture };
/** An entry of dist/functions/functions.json; a bundle is the same for every processor. */
export type PackedFunction = Zip & { name: FunctionName };
export type Packed = { layers: PackedLayer[]; functions: PackedFunction[] };

/** A built model: its manifest and the folder that it is in. One that travels is too large for a layer, and laid out for the bucket. */
export type PackedModel = {
  directory: string;
  manifest: { id: string; files: Record<string, unknown> };
  travels?: boolean;
};
export type PackedModels = { speech: PackedModel; voice?: PackedModel; embedding?: PackedModel | undefined };

export type PackOptions = {
  /** Everything is written in here: layers/, functions/, bundles/, travelling/, and the manifests of models. */
  outputDirectory: string;
  specs: Record<FunctionName, FunctionSpec>;
  architectures: readonly Architecture[];
  /** The built models for a processor. */
  models(architecture: Architecture): Promise<PackedModels>;
  /** Of deflate; 9 unless told otherwise. */
  level?: number;
  onNotice?: (line: string) => void;
};

/**
 * Packs every layer and every function that stacks/app describes, and checks that each function fits with its layers.
 * @throws MediaError `layer.too_large`, `layer.source_missing`; the manifests are written only when all is well
 */
export async function pack(options: PackOptions): Promise<Packed> {
  const { outputDirectory, specs, architectures } = options;
  const layersDirectory = join(outputDirectory, "layers");
  const functionsDirectory = join(outputDirectory, "functions");
  // Names what is deployed: it must not outlive what it names.
  await rm(join(layersDirectory, "layers.json"), { force: true });
  await rm(join(functionsDirectory, "functions.json"), { force: true });
  for (const name of Object.values(manifestNames)) await rm(join(outputDirectory, name), { force: true });
  await rm(join(outputDirectory, "travelling"), { recursive: true, force: true });

  const used = usedLayers(specs);
  // First of all: a model that is not to be had is known before minutes are spent.
  const modelsFor = new Map<Architecture, PackedModels>();
  for (const arch of architectures) {
    if (!used.some((name) => name === "models" || name === "embedding")) break;
    const models = await options.models(arch);
    if (used.includes("embedding") && !models.embedding) throw new MediaError("model.missing", noEmbedding);
    modelsFor.set(arch, models);
  }
  const functions = await packFunctions(functionsDirectory, options);
  const layers: PackedLayer[] = [];
  for (const arch of architectures) {
    const models = modelsFor.get(arch);
    if (models?.voice?.travels) await layOut(models.voice, join(outputDirectory, "travelling", arch));
    for (const name of used) {
      options.onNotice?.(`packing ${name} for ${arch}`);
      const files = await layerFiles(name, arch, models, options);
      const zip = await writeZip(join(layersDirectory, `${name}-${arch}.zip`), files, options.level);
      layers.push({ name, arch, ...fromRoot(zip) });
    }
  }
  const packed = { layers, functions };
  requireFit(architectures.flatMap((arch) => functionLoads(packed, specs, arch)));
  await writeJson(join(layersDirectory, "layers.json"), layers);
  await writeJson(join(functionsDirectory, "functions.json"), functions);
  // A stack that is evaluated later takes window and mel sizes from here.
  for (const kind of Object.keys(manifestNames) as (keyof PackedModels)[]) {
    const model = [...modelsFor.values()].at(-1)?.[kind];
    if (model) await writeJson(join(outputDirectory, manifestNames[kind]), model.manifest);
  }
  return packed;
}

const manifestNames = { speech: "model.json", voice: "voice-model.json", embedding: "embedding-model.json" } as const;

/** The files of a model that a deployment brings to the bucket, each processor's its own; the manifest comes last, as in a build. */
async function layOut({ directory, manifest }: PackedModel, target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  // Where the file system can, this takes no room.
  for (const name of Object.keys(manifest.files))
    await copyFile(join(directory, name), join(target, name), constants.COPYFILE_FICLONE);
  await writeJson(join(target, "model.json"), manifest);
}

/** Each function with the layers that it gets on one kind of processor. */
export function functionLoads(packed: Packed, specs: Record<FunctionName, FunctionSpec>, arch: Architecture): Load[] {
  return packed.functions.map(({ name, unzippedBytes }) => ({
    name: `${name} (${arch})`,
    codeBytes: unzippedBytes,
    layers: packed.layers.filter((layer) => layer.arch === arch && specs[name].layers.includes(layer.name)),
  }));
}

function usedLayers(specs: Record<FunctionName, FunctionSpec>): LayerName[] {
  return [...new Set(Object.values(specs).flatMap(({ layers }) => layers))].sort();
}

async function layerFiles(
  name: LayerName,
  arch: Architecture,
  models: PackedModels | undefined,
  options: PackOptions,
): Promise<LayerFile[]> {
  switch (name) {
    case "onnxruntime":
      return inferenceLayer(projectRoot, arch);
    case "ffmpeg": {
      const cacheDirectory = join(options.outputDirectory, "cache", "packages");
      return mediaLayer(arch, { projectRoot, cacheDirectory, onNotice: options.onNotice });
    }
    case "models":
      return modelsLayer(
        [models?.speech, models?.voice]
          .filter((model): model is PackedModel => model !== undefined && !model.travels)
          .map(layerModel),
      );
    case "silero":
      return voiceActivityLayer(projectRoot);
    case "embedding":
      return modelsLayer(models?.embedding ? [layerModel(models.embedding)] : []);
  }
}

const layerModel = ({ directory, manifest }: PackedModel) => ({ id: manifest.id, directory });

const noEmbedding =
  "Search is to compare passages by EMBEDDING_MODEL, and there is no such model to pack. `halfgig models pull all-MiniLM-L6-v2` fetches it; " +
  "EMBEDDING_MODEL=lexical searches without one, by spelling.";

async function packFunctions(directory: string, options: PackOptions): Promise<PackedFunction[]> {
  const { specs, outputDirectory, level } = options;
  options.onNotice?.("bundling the functions");
  const built = await bundleFunctions(specs, join(outputDirectory, "cache", "bundles"));
  const bundles = join(outputDirectory, "bundles");
  await rm(bundles, { recursive: true, force: true });
  await cp(built.directory, bundles, { recursive: true });
  const functions: PackedFunction[] = [];
  for (const name of Object.keys(specs) as FunctionName[]) {
    const files = await filesBelow(join(bundles, name), "");
    functions.push({ name, ...fromRoot(await writeZip(join(directory, `${name}.zip`), files, level)) });
  }
  return functions;
}

const fromRoot = (zip: Zip): Zip => ({ ...zip, path: relative(projectRoot, zip.path) });

const writeJson = (path: string, value: unknown) => writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
