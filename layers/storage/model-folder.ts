import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readFile, rename, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { getJson, openObject } from "./objects.ts";

/** The part of a built model's `model.json` that says what its files are. */
const manifestSchema = z.looseObject({
  id: z.string(),
  files: z.record(z.string(), z.object({ sizeBytes: z.int().nonnegative(), sha256: z.string() })),
});

const manifestName = "model.json";

/**
 * Brings a built model that is too large for a layer from the bucket to this environment's /tmp, once; files are streamed, and
 * compared with what the manifest says of them. The folder appears whole or not at all.
 * @param prefix where its files are, ending in "/"
 * @returns the folder
 * @throws MediaError `model.missing`, `model.invalid`, `model.no_space`
 */
export async function fetchModelFolder(bucket: string, prefix: string, parent = tmpdir()): Promise<string> {
  const directory = join(parent, "models", basename(prefix));
  const found = await getJson(bucket, prefix + manifestName);
  if (!found) {
    throw new MediaError("model.missing", `The model ${prefix} is not in the bucket. Start the host or deploy again.`);
  }
  const text = `${JSON.stringify(found.value)}\n`;
  if ((await readFile(join(directory, manifestName), "utf8").catch(() => undefined)) === text) return directory;
  const { id, files } = manifestSchema.parse(found.value);
  await mkdir(join(parent, "models"), { recursive: true });
  const neededBytes = Object.values(files).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  await requireRoom(parent, id, neededBytes);
  const work = `${directory}.${randomUUID()}`;
  try {
    await mkdir(work);
    for (const [name, expected] of Object.entries(files)) {
      const sha256 = await download(bucket, prefix + name, join(work, basename(name)));
      if (sha256 === expected.sha256) continue;
      throw new MediaError(
        "model.invalid",
        `${prefix}${name} is not the file that ${id} was built with. Remove it from the bucket; the next start brings it again.`,
      );
    }
    await writeFile(join(work, manifestName), text);
    await rm(directory, { recursive: true, force: true });
    await rename(work, directory);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return directory;
}

async function requireRoom(folder: string, id: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= neededBytes) return;
  const mebibytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
  throw new MediaError(
    "model.no_space",
    `${id} needs ${mebibytes(neededBytes)} MiB in ${folder} and ${mebibytes(bavail * bsize)} are free. Give the function a larger /tmp.`,
  );
}

async function download(bucket: string, key: string, path: string): Promise<string> {
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(await openObject(bucket, key), hashing, createWriteStream(path, { flags: "wx" }));
  return hash.digest("hex");
}
