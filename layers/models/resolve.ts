import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../core/index.ts";
import { type BuildStage, builderVersion, buildModel } from "./build.ts";
import { exists, findWeightPaths, hashWeights, sha256OfFile } from "./checkpoint.ts";
import { type ModelManifest, type Precision, readIntactManifest, readManifest } from "./manifest.ts";
import { demoCheckpointDirectory, demoModelId, fileUrl, type KnownModel, knownModels } from "./registry.ts";
import { configFileNames } from "./whisper/index.ts";

export type ResolveOptions = {
  /** A name from the registry, or of a folder in `modelsDirectory` that holds a checkpoint. */
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
  const { id, modelsDirectory, precision, onProgress } = options;
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(id) || id === "built") {
    throw new MediaError("config.invalid", `${JSON.stringify(id)} is not a model's name. Known: ${knownIds()}.`);
  }
  const known = knownModels.get(id);
  const checkpointDirectory = id === demoModelId ? demoCheckpointDirectory : join(modelsDirectory, id);
  const builtDirectory = join(modelsDirectory, "built");
  const prefix = `${id}-${precision}-b${builderVersion}-`;
  if (!(await exists(checkpointDirectory))) {
    const directory = await findBuilt(builtDirectory, prefix);
    if (!directory) throw missing(id, known, checkpointDirectory);
    return { directory, manifest: await readManifest(directory), built: false };
  }
  if (known) await requireFiles(known, checkpointDirectory);
  const directory = join(builtDirectory, prefix + (await fingerprint(checkpointDirectory)));
  const existing = await readIntactManifest(directory);
  if (existing) return { directory, manifest: existing, built: false };

  await removeAbandoned(builtDirectory);
  const checkpointSha256 = await hashWeights(await findWeightPaths(checkpointDirectory));
  if (known) await verify(known, checkpointDirectory, checkpointSha256);
  const manifest = await buildModel({
    checkpointDirectory,
    outputDirectory: directory,
    precision,
    identity: {
      id,
      revision: known?.revision ?? "local",
      licence: known?.licence ?? "unknown",
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
    if (name === "model.safetensors" || (await exists(join(directory, name)))) continue;
    throw missing(known.id, known, directory, name);
  }
}

/** Compares a known checkpoint with what is published under its name. */
async function verify(known: KnownModel, directory: string, weightsSha256: string): Promise<void> {
  for (const { name, sha256 } of known.files) {
    if (sha256 === undefined) continue;
    const path = join(directory, name);
    const actual = name === "model.safetensors" ? weightsSha256 : await sha256OfFile(path);
    if (actual === sha256) continue;
    throw new MediaError(
      "model.invalid",
      `${path} is not the file of ${known.repo} at revision ${known.revision}: its SHA-256 is ${actual}, not ${sha256}. ` +
        "Fetch it again, or keep a checkpoint of your own in a folder with another name and pass that name.",
    );
  }
}

function missing(id: string, known: KnownModel | undefined, directory: string, fileName?: string): MediaError {
  if (!known) {
    return new MediaError(
      "model.missing",
      `There is no model ${id}: halfgig knows ${knownIds()}, and ${directory} holds no checkpoint of your own.`,
    );
  }
  const what = fileName ? `${fileName} of the model ${id}` : `The model ${id}`;
  const urls = known.files.map(({ name }) => `  ${fileUrl(known, name)}`).join("\n");
  return new MediaError(
    "model.missing",
    `${what} is not on this machine. Put these files into ${directory}:\n${urls}\n` +
      `or use the small model that comes with halfgig, which knows 392 words: --model ${demoModelId}`,
    { context: { id, directory } },
  );
}

function knownIds(): string {
  return [...knownModels.keys()].join(", ");
}
