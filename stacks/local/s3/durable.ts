import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Makes the creation, renaming or removal of a directory's entries survive a power cut. */
export async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, "r");
  await handle.sync();
}

/**
 * Replaces a file in one step: readers and a restart see the old content or the new one, never a mixture. `temporaryDirectory`
 * must be on the same file system.
 */
export async function writeFileDurably(path: string, content: string, temporaryDirectory: string): Promise<void> {
  const temporary = join(temporaryDirectory, randomUUID());
  try {
    {
      await using handle = await open(temporary, "wx", 0o600);
      await handle.writeFile(content);
      await handle.sync();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Creates a directory that only the owner can read. */
export async function makeDirectory(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}
