import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import yazl from "yazl";
import type { LayerFile } from "../../layers/packing/index.ts";

/** A zip that was written: its bytes, their hash, and what they unpack to. */
export type Zip = { path: string; sha256: string; zippedBytes: number; unzippedBytes: number };

/** The format's own dates are local times without a zone: this one is written the same in every zone. */
const everyFileIsOf = () => ({ mtime: new Date(2000, 0, 1), forceDosTimestamp: true });

/**
 * Writes a zip whose bytes depend on the files' names and contents alone: entries in the order of their names, one date, and one of
 * two modes. It is there whole or not at all; files stream through.
 * @param level of deflate, 0 to 9
 */
export async function writeZip(path: string, files: readonly LayerFile[], level = 9): Promise<Zip> {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  const twice = sorted.find((file, index) => file.path === sorted[index + 1]?.path);
  if (twice) throw new Error(`${path} would hold ${twice.path} twice.`);
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  const zip = new yazl.ZipFile();
  let unzippedBytes = 0;
  for (const { path: name, source, executable } of sorted) {
    unzippedBytes += (await stat(source)).size;
    const mode = executable ? 0o100755 : 0o100644;
    zip.addFile(source, name, { ...everyFileIsOf(), mode, compress: level > 0, compressionLevel: level });
  }
  zip.end();
  const hash = createHash("sha256");
  let zippedBytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      zippedBytes += chunk.length;
      done(null, chunk);
    },
  });
  const failed = new Promise<never>((_, reject) => zip.once("error", reject));
  try {
    await Promise.race([pipeline(zip.outputStream, count, createWriteStream(unfinished)), failed]);
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return { path, sha256: hash.digest("hex"), zippedBytes, unzippedBytes };
}
