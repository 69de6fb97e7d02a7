import { createWriteStream } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { openPromise } from "yauzl";

/** Unpacks a zip as Lambda does, with the modes that it names. @throws when an entry would land outside of the folder */
export async function unzip(path: string, folder: string): Promise<void> {
  const zip = await openPromise(path);
  const root = resolve(folder);
  try {
    for await (const entry of zip.eachEntry()) {
      const target = resolve(root, entry.fileName);
      if (!target.startsWith(root + sep)) throw new Error(`${path} has an entry outside of itself: ${entry.fileName}`);
      await mkdir(dirname(target), { recursive: true });
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(target));
      await chmod(target, (entry.externalFileAttributes >>> 16) & 0o777);
    }
  } finally {
    zip.close();
  }
}
