import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { lockDirectory } from "../stacks/local/lock.ts";

/** How the names of data directories for one run begin. */
export const temporaryPrefix = "halfgig-run-";

/** Removes data directories for one run whose process was killed: their lock names a process that is gone. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(temporaryPrefix)) continue;
    const path = join(folder, name);
    const isOurs = await stat(path).then(
      (found) => found.isDirectory() && found.uid === process.getuid?.(),
      () => false,
    );
    // Without a lock it is of a process that has only just made it.
    if (!isOurs || !(await readdir(path).catch((): string[] => [])).includes("host.lock")) continue;
    const isAbandoned = await lockDirectory(path).then(
      () => true,
      () => false,
    );
    if (isAbandoned) await rm(path, { recursive: true, force: true });
  }
}
