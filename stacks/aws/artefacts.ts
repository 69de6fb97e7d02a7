import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { modelManifestSchema, voiceManifestSchema } from "../../layers/models/index.ts";
import type { LayerName } from "../app/index.ts";
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
 * The manifests of the models that the layer `models` holds.
 * @throws Error that says how to build the speech model where there is none and one is needed
 */
export function packedModels(root: string, speechNeeded: boolean): PackedModels {
  const read = (file: string): unknown => {
    const path = join(root, "dist", file);
    return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
  };
  const speech = modelManifestSchema.optional().parse(read("model.json"));
  if (!speech && speechNeeded) {
    throw new Error(`There is no dist/model.json, which says what model the functions run. ${buildAdvice}`);
  }
  return { speech, voice: voiceManifestSchema.optional().parse(read("voice-model.json")) };
}
