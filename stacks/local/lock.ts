import { open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../../layers/core/index.ts";

/**
 * Takes the data directory for this process. A lock whose process is gone is taken over: the file names the process by
 * its id and its start time, since ids are used again.
 * @throws MediaError `host.data_in_use`
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const path = join(directory, "host.lock");
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(JSON.stringify({ pid: process.pid, started: await startTime(process.pid) }));
      await file.close();
      return { release: () => unlink(path).catch(() => undefined) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const owner = await readFile(path, "utf8").then(
      (text) => JSON.parse(text) as { pid: number; started: string | undefined },
      () => undefined,
    );
    if (owner && (await startTime(owner.pid)) === owner.started && owner.started !== undefined) {
      throw new MediaError(
        "host.data_in_use",
        `The data directory ${directory} is used by process ${owner.pid}. Stop that process, or choose another directory with --data.`,
      );
    }
    await unlink(path).catch(() => undefined);
  }
  throw new MediaError(
    "host.data_in_use",
    `The data directory ${directory} could not be locked; another process keeps taking it.`,
  );
}

/** Field 22 of /proc/<pid>/stat (proc(5)): clock ticks from boot to the process's start; undefined when it is gone. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is a name in parentheses that may hold spaces.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
