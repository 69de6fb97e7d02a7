import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { lockFileName, type Precision, type ResolvedModel, resolveModel } from "../../layers/models/index.ts";
import { cacheDirectory } from "./cache.ts";
import { checkpointOf, type RealModelName, type RealModels } from "./find.ts";

/**
 * A real model built by the builders of this checkout. It is built once for each state of their source, in the cache: the folder that
 * the checkpoints come from may be somebody's own, and stays as it is.
 */
export async function builtRealModel(
  models: RealModels,
  name: RealModelName,
  precision: Precision,
): Promise<ResolvedModel> {
  const modelsDirectory = await modelsDirectoryOf(models);
  return await resolveModel({ id: models.ids[name], modelsDirectory, precision });
}

/** A models directory of this checkout's own, in which the checkpoints are links. */
export async function modelsDirectoryOf(models: RealModels): Promise<string> {
  const key = createHash("sha256")
    .update(models.directory)
    .update(await builderSource());
  const directory = join(cacheDirectory(), "built", key.digest("hex").slice(0, 16));
  await mkdir(directory, { recursive: true });
  for (const name of ["tiny.en", "base"] as const) {
    await link(checkpointOf(models, name), join(directory, models.ids[name]));
  }
  // What was locked when they were pulled is compared when they are built.
  const lock = join(models.directory, lockFileName);
  if (existsSync(lock)) await link(lock, join(directory, lockFileName));
  return directory;
}

async function link(target: string, path: string): Promise<void> {
  await symlink(target, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
}

/** A builder under work keeps its version number; its source tells two states apart. */
async function builderSource(): Promise<string> {
  const folder = join(import.meta.dirname, "..", "..", "layers", "models");
  const hash = createHash("sha256");
  const files = (await readdir(folder, { recursive: true })).filter((file) => /(?<!\.test)\.ts$/.test(file)).sort();
  for (const file of files) hash.update(file).update(await readFile(join(folder, file)));
  return hash.digest("hex");
}
