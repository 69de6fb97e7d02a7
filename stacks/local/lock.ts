import { createHash } from "node:crypto";
import { once } from "node:events";
import { link, readdir, readFile, realpath, rm, unlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { MediaError } from "../../layers/core/index.ts";

/**
 * Takes the data directory for this process. A lock whose process is gone is taken over: the file names the process by
 * its id and its start time, since ids are used again.
 * @throws MediaError `host.data_in_use`
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const turn = await takeTurn(directory);
  try {
    const lock = await lockFile(directory);
    await removeUnfinished(directory);
    return lock;
  } finally {
    turn.close();
  }
}

/**
 * Only one process at a time may judge a lock and take it over: of two that find a dead one, the second would remove the first one's new lock.
 * A name in Linux' abstract namespace (unix(7)) goes with its process, so this turn cannot be left behind.
 */
async function takeTurn(directory: string): Promise<Server> {
  const name = createHash("sha256")
    .update(await realpath(directory))
    .digest("hex");
  for (let attempt = 0; ; attempt++) {
    const server = createServer().unref();
    server.listen(`\0halfgig-${name}`);
    const taken = await once(server, "listening").then(
      () => true,
      (error: NodeJS.ErrnoException) =>
        attempt === 100 || error.code !== "EADDRINUSE" ? Promise.reject(error) : false,
    );
    if (taken) return server;
    await setTimeout(20);
  }
}

/** What a process that was killed had begun to write under its own id. Nobody else is here now. */
async function removeUnfinished(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (/^(host\.lock|credentials\.json)\.\d+$/.test(name)) await rm(join(directory, name), { force: true });
  }
}

async function lockFile(directory: string): Promise<{ release(): Promise<void> }> {
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
