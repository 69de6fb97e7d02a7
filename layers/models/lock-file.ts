import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { takeTurn } from "./exclusive.ts";
import { writeAtomically } from "./files.ts";

export const lockFileName = "models.lock.json";

const lockedModelSchema = z.object({
  repo: z.string(),
  /** The commit, where the source named one. */
  revision: z.string(),
  licence: z.string(),
  files: z.record(
    z.string(),
    z.object({ sizeBytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
  /** Where the files were fetched from. */
  source: z.string(),
  pulledAt: z.iso.datetime(),
});

const lockFileSchema = z.object({ format: z.literal(1), models: z.record(z.string(), lockedModelSchema) });

/** What was fetched under a model's name; a later fetch must bring the same. */
export type LockedModel = z.infer<typeof lockedModelSchema>;

/**
 * Everything in `models.lock.json`, by model id; empty where there is no such file.
 * @throws MediaError `model.invalid` when it cannot be read: going on would forget what was locked
 */
export async function readLock(modelsDirectory: string): Promise<Record<string, LockedModel>> {
  const path = join(modelsDirectory, lockFileName);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
  try {
    return lockFileSchema.parse(JSON.parse(text)).models;
  } catch (cause) {
    throw new MediaError(
      "model.invalid",
      `${path} is not a lock file of this version of halfgig. Restore it, or delete it: the next \`halfgig models pull\` locks anew.`,
      { cause },
    );
  }
}

/** Sets or removes the entry of one model. Several processes may do so at once. */
export async function updateLock(modelsDirectory: string, id: string, entry: LockedModel | undefined): Promise<void> {
  await using _ = await takeTurn(join(modelsDirectory, pullingFolder, "lock-file.turn"));
  const models = await readLock(modelsDirectory);
  if (entry) models[id] = entry;
  else delete models[id];
  const sorted = Object.fromEntries(Object.entries(models).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = `${JSON.stringify({ format: 1, models: sorted }, null, 2)}\n`;
  await writeAtomically(join(modelsDirectory, lockFileName), text);
}

/** Where downloads are until they are complete; no model's name begins with a dot. */
export const pullingFolder = ".pulling";
