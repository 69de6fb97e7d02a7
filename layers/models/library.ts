import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { MediaError } from "../core/index.ts";
import { exists, isWeightFile } from "./checkpoint.ts";
import { type EmbeddingManifest, readIntactEmbeddingManifest } from "./embedding-manifest.ts";
import { takeTurn } from "./exclusive.ts";
import { pullingFolder, readLock, updateLock } from "./lock-file.ts";
import { type ModelManifest, readIntactManifest } from "./manifest.ts";
import { kindOf } from "./model-kind.ts";
import { builtFolder, parseModelName } from "./names.ts";
import { checkpointDirectory, isShipped, knownModels } from "./registry.ts";
import { readIntactVoiceManifest, type VoiceManifest } from "./voice-manifest.ts";

/** One row of what is known, and of what is on this machine. */
export type ListedModel = {
  readonly id: string;
  readonly demo: boolean;
  /** What it is for: to recognise speech, to judge voices, or to compare texts. */
  readonly kind: "speech" | "voice" | "embedding";
  /** Whether the checkpoint is here. */
  readonly present: boolean;
  /** Precisions with graphs that this version of halfgig can use. */
  readonly built: readonly ModelManifest["precision"][];
  /** Checkpoint and graphs together; for a checkpoint that is not here, 0. */
  readonly sizeBytes: number;
  readonly licence: string;
  /** The commit, where one is known; "local" for a checkpoint of one's own. */
  readonly revision: string;
  /** Where it comes from, for people. */
  readonly source: string;
};

export type BuiltModel = {
  readonly directory: string;
  readonly manifest: ModelManifest | VoiceManifest | EmbeddingManifest | undefined;
};

/** Known models first, then others that are here, by name. */
export async function listModels(modelsDirectory: string): Promise<ListedModel[]> {
  const lock = await readLock(modelsDirectory);
  const folders = await checkpointFolders(modelsDirectory);
  const builds = await readBuilds(modelsDirectory);
  const others = new Set([...folders, ...Object.keys(lock), ...builds.flatMap(({ manifest }) => manifest?.id ?? [])]);
  for (const id of knownModels.keys()) others.delete(id);
  const rows: ListedModel[] = [];
  for (const id of [...knownModels.keys(), ...[...others].sort()]) {
    const known = knownModels.get(id);
    const locked = lock[id];
    const own = builds.filter(({ manifest }) => manifest?.id === id);
    const usable = own.flatMap(({ manifest }) =>
      manifest?.builder === kindOf(known).builderVersion ? manifest.precision : [],
    );
    const present = isShipped(id) || folders.includes(id);
    const checkpoint = checkpointDirectory(modelsDirectory, id);
    let sizeBytes = present ? await folderBytes(checkpoint) : 0;
    for (const { directory } of own) sizeBytes += await folderBytes(directory);
    rows.push({
      id,
      demo: known?.demo ?? false,
      kind: known?.kind ?? "speech",
      present,
      built: [...new Set(usable)].sort(),
      sizeBytes,
      licence: known?.licence ?? locked?.licence ?? "unknown",
      revision:
        known?.revision ?? locked?.revision ?? own[0]?.manifest?.revision ?? (known ? "not locked yet" : "local"),
      source: known?.repo ?? locked?.repo ?? (known?.demo ? "comes with halfgig" : "your own"),
    });
  }
  return rows;
}

export type RemoveOptions = {
  readonly name: string;
  readonly modelsDirectory: string;
  /** Only the graphs; the checkpoint stays, and they are built again when needed. */
  readonly buildsOnly?: boolean;
};

/**
 * Deletes a model: its checkpoint, graphs, half-finished downloads and lock; or its graphs alone.
 * @returns the bytes that were freed
 * @throws MediaError `model.missing` when there is nothing to delete
 */
export async function removeModel({ name, modelsDirectory, buildsOnly = false }: RemoveOptions): Promise<number> {
  const { id } = parseModelName(name);
  const turn = join(modelsDirectory, pullingFolder, `${id}.turn`);
  const builds = (await readBuilds(modelsDirectory)).filter((build) => isBuildOf(build, id));
  const folders = builds.map(({ directory }) => directory);
  const locked = !buildsOnly && id in (await readLock(modelsDirectory));
  const checkpoint = join(modelsDirectory, id);
  // WHISPER_MODEL_PATH may name a folder that holds other things than models: those are nobody's to delete here.
  if (!buildsOnly && (locked || (await holdsModel(checkpoint)))) folders.push(checkpoint);
  if (!buildsOnly) folders.push(join(modelsDirectory, pullingFolder, id));
  const there: string[] = [];
  for (const folder of folders) if (await exists(folder)) there.push(folder);
  if (there.length === 0 && !locked) {
    const what = buildsOnly ? `graphs of ${id}` : id;
    throw new MediaError("model.missing", `There is nothing to remove: ${what} in ${modelsDirectory} is not there.`);
  }
  await using _ = await takeTurn(turn);
  let freedBytes = 0;
  for (const folder of there) {
    freedBytes += await folderBytes(folder);
    await rm(folder, { recursive: true, force: true });
  }
  if (locked) await updateLock(modelsDirectory, id, undefined);
  return freedBytes;
}

/** Every folder of graphs. The manifest is missing where the folder is damaged or of another version. */
export async function readBuilds(modelsDirectory: string): Promise<BuiltModel[]> {
  const parent = join(modelsDirectory, builtFolder);
  const names = (await readdir(parent).catch(() => [])).filter((name) => !name.includes(".building-")).sort();
  const builds: BuiltModel[] = [];
  for (const name of names) {
    const directory = join(parent, name);
    builds.push({
      directory,
      manifest:
        (await readIntactManifest(directory)) ??
        (await readIntactVoiceManifest(directory)) ??
        (await readIntactEmbeddingManifest(directory)),
    });
  }
  return builds;
}

/** A damaged folder counts by its name. */
export function isBuildOf({ directory, manifest }: BuiltModel, id: string): boolean {
  if (manifest) return manifest.id === id;
  const name = basename(directory);
  return name.startsWith(`${id}-`) && /^(?:fp32|int8s?)-b\d+-[0-9a-f]+$/.test(name.slice(id.length + 1));
}

async function checkpointFolders(modelsDirectory: string): Promise<string[]> {
  const names: string[] = [];
  for (const name of await readdir(modelsDirectory).catch(() => [])) {
    if (await exists(join(modelsDirectory, name, "config.json"))) names.push(name);
  }
  return names;
}

/** Whether any file of a checkpoint is there, damaged as it may be. */
async function holdsModel(directory: string): Promise<boolean> {
  const names = await readdir(directory).catch(() => []);
  return names.some((name) => isWeightFile(name) || name === "config.json");
}

async function folderBytes(directory: string): Promise<number> {
  let total = 0;
  for (const name of await readdir(directory).catch(() => [])) total += (await stat(join(directory, name))).size;
  return total;
}
