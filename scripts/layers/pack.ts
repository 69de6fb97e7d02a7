import { cp, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { inferenceLayer } from "../../layers/inference/layer.ts";
import { mediaLayer } from "../../layers/media/layer.ts";
import { modelsLayer } from "../../layers/models/layer.ts";
import { type Architecture, filesBelow, type LayerFile } from "../../layers/packing/index.ts";
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

/** A built model: its manifest and the folder that it is in. One that travels is too large for a layer, and only its manifest is kept. */
export type PackedModel = { directory: string; manifest: { id: string }; travels?: boolean };
export type PackedModels = { speech: PackedModel; voice?: PackedModel };

export type PackOptions = {
  /** Everything is written in here: layers/, functions/, bundles/, model.json and voice-model.json. */
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
  for (const name of ["model.json", "voice-model.json"]) await rm(join(outputDirectory, name), { force: true });

  const functions = await packFunctions(functionsDirectory, options);
  const layers: PackedLayer[] = [];
  let models: PackedModels | undefined;
  for (const arch of architectures) {
    for (const name of usedLayers(specs)) {
      options.onNotice?.(`packing ${name} for ${arch}`);
      if (name === "models") models = await options.models(arch);
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
  if (models) await writeJson(join(outputDirectory, "model.json"), models.speech.manifest);
  if (models?.voice) await writeJson(join(outputDirectory, "voice-model.json"), models.voice.manifest);
  return packed;
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
          .map(({ directory, manifest }) => ({ id: manifest.id, directory })),
      );
  }
}

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
