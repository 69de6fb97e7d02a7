import { link, readFile, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../../layers/core/index.ts";

/**
 * Takes the data directory for this process. A lock whose process is gone is taken over: the file names the process by
 * its id and its start time, since ids are used again.
 * @throws MediaError `host.data_in_use`
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const path = join(directory, "host.lock");
  const own = `${path}.${process.pid}`;
  await writeFile(own, JSON.stringify({ pid: process.pid, started: await startTime(process.pid) }), { mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 3; attempt++) {
      // A link appears whole or not at all, so nobody reads a lock that is half written.
      const taken = await link(own, path).then(() => true, alreadyThere);
      if (taken) return { release: () => unlink(path).catch(() => undefined) };
      const owner = await ownerOf(path);
      if (owner?.started !== undefined && (await startTime(owner.pid)) === owner.started) {
        throw new MediaError(
          "host.data_in_use",
          `The data directory ${directory} is used by process ${owner.pid}. Stop that process, or choose another directory with --data.`,
        );
      }
      await unlink(path).catch(() => undefined);
    }
  } finally {
    await unlink(own);
  }
  throw new MediaError(
    "host.data_in_use",
    `The data directory ${directory} could not be locked; another process keeps taking it. Choose another with --data.`,
  );
}

function alreadyThere(error: NodeJS.ErrnoException): false {
  if (error.code === "EEXIST") return false;
  throw error;
}

async function ownerOf(path: string): Promise<{ pid: number; started?: string } | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as { pid: number; started?: string };
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/<pid>/stat (proc(5)): clock ticks from boot to the process's start; undefined when it is gone. */
async function startTime(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is a name in parentheses that may hold spaces.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}
