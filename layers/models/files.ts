import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";

/** Writes a file that is there whole or not at all, whatever happens meanwhile. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const work = `${path}.${randomUUID()}.tmp`;
  try {
    {
      await using file = await open(work, "wx");
      await file.writeFile(text);
      await file.sync();
    }
    await rename(work, path);
  } finally {
    await rm(work, { force: true });
  }
}
