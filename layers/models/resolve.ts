import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { MediaError } from "../core/index.ts";
import type { BuildStage } from "./build.ts";
import { bestWeightBytes, type WeightBytes } from "./byte-products.ts";
import { exists, hashWeights, weightsFileName } from "./checkpoint.ts";
import type { EmbeddingManifest } from "./embedding-manifest.ts";
import { checkFile, expectedFile } from "./expected-file.ts";
import { type LockedModel, readLock } from "./lock-file.ts";
import type { ModelManifest, Precision } from "./manifest.ts";
import { embeddingKind, type ModelKind, speechKind, voiceKind } from "./model-kind.ts";
import { builtFolder, knownIds, modelCardName, parseModelName } from "./names.ts";
import { demoModelId, checkpointDirectory as directoryOf, fileUrl, type KnownModel } from "./registry.ts";
import type { VoiceManifest } from "./voice-manifest.ts";

export type ResolveOptions = {
  /** A name from the registry, `owner/name` of a model that was pulled, or a folder in `modelsDirectory` with a checkpoint. */
  readonly id: string;
  /** Checkpoints are looked for in `<modelsDirectory>/<id>/`, built models are kept in `<modelsDirectory>/built/`. */
  readonly modelsDirectory: string;
  readonly precision: Precision;
  /** How int8 weights are stored; what this processor takes best, unless the model is built for another one. */
  readonly weightBytes?: WeightBytes;
  readonly onProgress?: (stage: BuildStage) => void;
};

export type ResolvedModel<Manifest = ModelManifest> = {
  /** Folder of the built model. */
  readonly directory: string;
  readonly manifest: Manifest;
  /** False when a model that was built earlier is used. */
  readonly built: boolean;
};

/** Above this a file counts by size and time of change: hashing a gigabyte at every start would cost seconds. */
const hashedUpToBytes = 16 * 2 ** 20;

/** Work folders older than this were left by a build that was killed. */
const abandonedAfterMs = 3_600_000;

/**
 * Finds the built model for a name, building it from its checkpoint when there is none yet. Safe to call from several
 * processes at once: the folder of a build appears in one step, and whoever comes second uses the first one's.
 * @throws MediaError `model.missing` that says how to get the model, `model.invalid` when its files are not what they should be
 */
export function resolveModel(options: ResolveOptions): Promise<ResolvedModel> {
  return resolve(options, speechKind);
}

/**
 * The same for a detector of synthetic voices, by its id in the registry.
 * @throws MediaError as `resolveModel`; `model.invalid` too where the checkpoint's labels are not those that are published
 */
export async function resolveVoiceModel(options: ResolveOptions): Promise<ResolvedModel<VoiceManifest>> {
  const resolved = await resolve(options, voiceKind);
  const { manifest } = resolved;
  const published = parseModelName(options.id).known?.spoofLabels;
  if (!published || isDeepStrictEqual(manifest.spoofLabels, published)) return resolved;
  const names = (labels: readonly number[]) => labels.map((label) => manifest.labels[label] ?? label).join(", ");
  throw new MediaError(
    "model.invalid",
    `The checkpoint of ${manifest.id} names ${names(manifest.spoofLabels)} as synthetic, where ${names(published)} was published: ` +
      `its verdicts would be the wrong way round. \`halfgig models pull ${manifest.id} --update\` fetches it again.`,
  );
}

/** The same for a sentence embedding model. */
export function resolveEmbeddingModel(options: ResolveOptions): Promise<ResolvedModel<EmbeddingManifest>> {
  return resolve(options, embeddingKind);
}

async function resolve<Manifest extends ModelManifest | VoiceManifest | EmbeddingManifest>(
  options: ResolveOptions,
  kind: ModelKind<Manifest>,
): Promise<ResolvedModel<Manifest>> {
  const { modelsDirectory, precision, weightBytes = bestWeightBytes(), onProgress } = options;
  const { builderVersion, readManifest, readIntactManifest } = kind;
  const { id, known } = parseModelName(options.id);
  const checkpointDirectory = directoryOf(modelsDirectory, id);
  const builtDirectory = join(modelsDirectory, builtFolder);
  const stored = precision === "int8" && weightBytes === "signed" ? "int8s" : precision;
  const prefix = `${id}-${stored}-b${builderVersion}-`;
  if (!(await exists(checkpointDirectory))) {
    // What is right everywhere serves too where nothing faster was brought.
    const directory =
      (await findBuilt(builtDirectory, prefix, kind)) ??
      (await findBuilt(builtDirectory, `${id}-${precision}-b${builderVersion}-`, kind));
    if (!directory) throw missing(id, known, checkpointDirectory);
    return { directory, manifest: await readManifest(directory), built: false };
  }
  if (known) await requireFiles(known, checkpointDirectory);
  const directory = join(builtDirectory, prefix + (await fingerprint(checkpointDirectory, kind)));
  const existing = await readIntactManifest(directory);
  if (existing) return { directory, manifest: existing, built: false };

  await removeAbandoned(builtDirectory);
  const checkpointSha256 = await hashWeights(await kind.findWeightPaths(checkpointDirectory));
  const locked = (await readLock(modelsDirectory))[id];
  await requireAuthentic({ id, known, locked, directory: checkpointDirectory, weightsSha256: checkpointSha256 });
  const manifest = await kind.build({
    checkpointDirectory,
    outputDirectory: directory,
    precision,
    weightBytes,
    identity: {
      id,
      revision: known?.revision ?? locked?.revision ?? "local",
      licence: known?.licence ?? locked?.licence ?? "unknown",
      demo: known?.demo ?? false,
    },
    checkpointSha256,
    ...(onProgress ? { onProgress } : {}),
  });
  return { directory, manifest, built: true };
}

/** Changes whenever a file of the checkpoint does. */
async function fingerprint(
  directory: string,
  { configFileNames, findWeightPaths }: ModelKind<unknown>,
): Promise<string> {
  const hash = createHash("sha256");
  const paths = configFileNames.map((name) => join(directory, name)).concat(await findWeightPaths(directory));
  for (const path of paths) {
    const { size, mtimeMs } = await stat(path).catch((cause) => {
      throw new MediaError("model.missing", `The checkpoint in ${directory} is incomplete: ${path} is not there.`, {
        cause,
      });
    });
    hash.update(`${size}\0`);
    if (size > hashedUpToBytes) hash.update(`${mtimeMs}\0`);
    else hash.update(await readFile(path));
  }
  return hash.digest("hex").slice(0, 16);
}

/** For hosts that were given built models without their checkpoints. */
async function findBuilt(
  builtDirectory: string,
  prefix: string,
  { readIntactManifest }: ModelKind<unknown>,
): Promise<string | undefined> {
  const names = await readdir(builtDirectory).catch(() => []);
  for (const name of names.sort()) {
    const directory = join(builtDirectory, name);
    if (name.startsWith(prefix) && !name.includes(".building-") && (await readIntactManifest(directory)))
      return directory;
  }
  return undefined;
}

async function removeAbandoned(builtDirectory: string): Promise<void> {
  for (const name of await readdir(builtDirectory).catch(() => [])) {
    if (!name.includes(".building-")) continue;
    const path = join(builtDirectory, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(path, { recursive: true, force: true });
  }
}

async function requireFiles(known: KnownModel, directory: string): Promise<void> {
  for (const { name, ifIncomplete } of known.files) {
    if (ifIncomplete || (known.kind === "speech" && name === weightsFileName) || (await exists(join(directory, name))))
      continue;
    throw missing(known.id, known, directory, name);
  }
}

/** Compares a checkpoint with what is published under its name, and with what was fetched. */
async function requireAuthentic({
  id,
  known,
  locked,
  directory,
  weightsSha256,
}: {
  id: string;
  known: KnownModel | undefined;
  locked: LockedModel | undefined;
  directory: string;
  weightsSha256: string;
}): Promise<void> {
  const names = new Set([...(known?.files ?? []).map(({ name }) => name), ...Object.keys(locked?.files ?? {})]);
  for (const name of names) {
    const expected = expectedFile(name, known, locked, id);
    if (!expected || name === modelCardName) continue;
    const path = join(directory, name);
    const difference = await checkFile(path, expected, name === weightsFileName ? weightsSha256 : undefined);
    if (typeof difference === "object") continue;
    throw new MediaError(
      "model.invalid",
      `${path} is not the file of ${known?.repo ?? locked?.repo} at revision ${known?.revision ?? locked?.revision}: it ${difference}. ` +
        `\`halfgig models pull ${id}\` fetches it again; a checkpoint of your own belongs in a folder with another name.`,
    );
  }
}

const demoAdvice = `or use the small model that comes with halfgig, which knows 392 words: --model ${demoModelId}`;
const lexicalAdvice = "or search without it, by spelling: EMBEDDING_MODEL=lexical";
const demoVoiceAdvice =
  "or use the small detector that comes with halfgig, which is a demonstration and clears nobody: --voice-model demo";

function missing(id: string, known: KnownModel | undefined, directory: string, fileName?: string): MediaError {
  if (!known) {
    return new MediaError(
      "model.missing",
      `There is no model ${id}: halfgig knows ${knownIds()}, and ${directory} holds no checkpoint. \`halfgig models pull <owner>/<name>\` ` +
        "fetches a Whisper of somebody else's from the hub.",
    );
  }
  const what = fileName ? `${fileName} of the model ${id}` : `The model ${id}`;
  const needed = known.files.filter(({ ifIncomplete }) => !ifIncomplete);
  const urls = needed.map(({ name }) => `  ${fileUrl(known, name)}`).join("\n");
  return new MediaError(
    "model.missing",
    `${what} is not on this machine. \`halfgig models pull ${id}\` fetches it, or put these files into ${directory}:\n${urls}\n` +
      (known.kind === "embedding" ? lexicalAdvice : known.kind === "voice" ? demoVoiceAdvice : demoAdvice),
    { context: { id, directory } },
  );
}
