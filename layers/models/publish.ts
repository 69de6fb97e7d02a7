import { copyFile, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { exists, sha256OfFile } from "./checkpoint.ts";

export type FileDescriptions = Record<string, { sizeBytes: number; sha256: string }>;

/** Copies what is there of the named files, and says which were. */
export async function copyExisting(from: string, to: string, names: readonly string[]): Promise<string[]> {
  const copied: string[] = [];
  for (const name of names) {
    if (!(await exists(join(from, name)))) continue;
    await copyFile(join(from, name), join(to, name));
    copied.push(name);
  }
  return copied;
}

export async function describeFiles(directory: string, names: readonly string[]): Promise<FileDescriptions> {
  const files: FileDescriptions = {};
  for (const name of names) {
    const path = join(directory, name);
    files[name] = { sizeBytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
  }
  return files;
}

export async function writeDurably(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx");
  await file.writeFile(text);
  await file.sync();
}

/**
 * Moves a finished model into its place. Where another process was first with the same one, theirs stays.
 * @param readExisting the manifest of what is in the place, undefined when that is not whole
 */
export async function publish<Manifest>(
  workDirectory: string,
  outputDirectory: string,
  manifest: Manifest,
  readExisting: (directory: string) => Promise<Manifest | undefined>,
): Promise<Manifest> {
  for (;;) {
    try {
      await rename(workDirectory, outputDirectory);
      return manifest;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
    }
    if (isDeepStrictEqual(await readExisting(outputDirectory), manifest)) return manifest;
    // A folder cannot be replaced in one step: what is there moves aside first, and is deleted with the work.
    const aside = `${workDirectory}-replaced`;
    await rename(outputDirectory, aside).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rm(aside, { recursive: true, force: true });
  }
}
