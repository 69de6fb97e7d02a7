import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Disk space under a folder in bytes, as du counts it, without following links.
 * Stops counting at the limit, so that a folder of a million files costs no more than the answer is worth.
 */
export async function folderUsageBytes(folder: string, limitBytes = Number.POSITIVE_INFINITY): Promise<number> {
  let usedBytes = 0;
  const folders = [folder];
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    try {
      for await (const entry of await opendir(current)) {
        const path = join(current, entry.name);
        if (entry.isDirectory()) folders.push(path);
        usedBytes += (await lstat(path)).blocks * 512;
        if (usedBytes > limitBytes) return usedBytes;
      }
    } catch (error) {
      // The function removes files while they are being counted.
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
  return usedBytes;
}
