import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../core/index.ts";
import { type BuildStage, builderVersion, buildModel } from "./build.ts";
import { bestWeightBytes } from "./byte-products.ts";
import { exists, findWeightPaths, hashWeights, weightsFileName } from "./checkpoint.ts";
import { checkFile, expectedFile } from "./expected-file.ts";
import { type LockedModel, readLock } from "./lock-file.ts";
import { type ModelManifest, type Precision, readIntactManifest, readManifest } from "./manifest.ts";
import { builtFolder, knownIds, modelCardName, parseModelName } from "./names.ts";
import { demoCheckpointDirectory, demoModelId, fileUrl, type KnownModel } from "./registry.ts";
import { configFileNames } from "./whisper/index.ts";

export type ResolveOptions = {
  /** A name from the registry, `owner/name` of a model that was pulled, or a folder in `modelsDirectory` with a checkpoint. */
  readonly id: string;
  /** Checkpoints are looked for in `<modelsDirectory>/<id>/`, built models are kept in `<modelsDirectory>/built/`. */
  readonly modelsDirectory: string;
  readonly precision: Precision;
  readonly onProgress?: (stage: BuildStage) => void;
};

export type ResolvedModel = {
  /** Folder of the built model. */
  readonly directory: string;
  readonly manifest: ModelManifest;
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
export async function resolveModel(options: ResolveOptions): Promise<ResolvedModel> {
  const { modelsDirectory, precision, onProgress } = options;
  const { id, known } = parseModelName(options.id);
  const checkpointDirectory = id === demoModelId ? demoCheckpointDirectory : join(modelsDirectory, id);
  const builtDirectory = join(modelsDirectory, builtFolder);
  const weightBytes = bestWeightBytes();
  const kind = precision === "int8" && weightBytes === "signed" ? "int8s" : precision;
  const prefix = `${id}-${kind}-b${builderVersion}-`;
  if (!(await exists(checkpointDirectory))) {
    // What is right everywhere serves too where nothing faster was brought.
    const directory =
      (await findBuilt(builtDirectory, prefix)) ??
      (await findBuilt(builtDirectory, `${id}-${precision}-b${builderVersion}-`));
    if (!directory) throw missing(id, known, checkpointDirectory);
    return { directory, manifest: await readManifest(directory), built: false };
  }
  if (known) await requireFiles(known, checkpointDirectory);
  const directory = join(builtDirectory, prefix + (await fingerprint(checkpointDirectory)));
  const existing = await readIntactManifest(directory);
  if (existing) return { directory, manifest: existing, built: false };

  await removeAbandoned(builtDirectory);
  const checkpointSha256 = await hashWeights(await findWeightPaths(checkpointDirectory));
  const locked = (await readLock(modelsDirectory))[id];
  await requireAuthentic({ id, known, locked, directory: checkpointDirectory, weightsSha256: checkpointSha256 });
  const manifest = await buildModel({
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
async function fingerprint(directory: string): Promise<string> {
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
async function findBuilt(builtDirectory: string, prefix: string): Promise<string | undefined> {
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
  for (const { name } of known.files) {
    if (name === weightsFileName || (await exists(join(directory, name)))) continue;
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

function missing(id: string, known: KnownModel | undefined, directory: string, fileName?: string): MediaError {
  if (!known) {
    return new MediaError(
      "model.missing",
      `There is no model ${id}: halfgig knows ${knownIds()}, and ${directory} holds no checkpoint. \`halfgig models pull <owner>/<name>\` ` +
        "fetches a Whisper of somebody else's from the hub.",
    );
  }
  const what = fileName ? `${fileName} of the model ${id}` : `The model ${id}`;
  const urls = known.files.map(({ name }) => `  ${fileUrl(known, name)}`).join("\n");
  return new MediaError(
    "model.missing",
    `${what} is not on this machine. \`halfgig models pull ${id}\` fetches it, or put these files into ${directory}:\n${urls}\n` +
      `or use the small model that comes with halfgig, which knows 392 words: --model ${demoModelId}`,
    { context: { id, directory } },
  );
}
