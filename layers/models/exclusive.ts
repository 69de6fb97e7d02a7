import { randomUUID } from "node:crypto";
import { link, mkdir, readFile, rename, stat, unlink, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

type Owner = { host: string; pid: number; started?: string };

const pollMs = 200;
/** An owner shows every so often that it lives; machines that share a folder cannot look at each other's processes. */
const heartbeatMs = 10_000;
const silentAfterMs = 60_000;

/** Work of processes that ended without letting go is taken over; others are waited for. */
export type TurnOptions = { readonly onWait?: (owner: string) => void; readonly signal?: AbortSignal };

/**
 * One process at a time, among all that name the same file; the others wait. Dispose to let the next one in.
 * An owner is known by host, process id and start time, since ids are used again.
 */
export async function takeTurn(path: string, options: TurnOptions = {}): Promise<AsyncDisposable> {
  await mkdir(dirname(path), { recursive: true });
  const own = `${path}.${randomUUID()}`;
  const started = await startTime(process.pid);
  await writeFile(own, JSON.stringify({ host: hostname(), pid: process.pid, ...(started ? { started } : {}) }));
  try {
    for (let announced = false; ; ) {
      // A link appears whole or not at all, so nobody reads a claim that is half written.
      if (await link(own, path).then(() => true, alreadyThere)) break;
      const text = await readFile(path, "utf8").catch(() => undefined);
      const owner = text === undefined ? undefined : parseOwner(text);
      if (text !== undefined && !(owner && (await isAlive(owner, path)))) {
        await takeAway(path, text);
        continue;
      }
      if (owner && !announced) options.onWait?.(`process ${owner.pid} on ${owner.host}`);
      announced ||= owner !== undefined;
      await sleep(pollMs, undefined, { signal: options.signal });
    }
  } finally {
    await unlink(own);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  heartbeat.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(heartbeat);
      await unlink(path).catch(() => undefined);
    },
  };
}

/** Moves a dead owner's claim aside. Where a living one has come in between, its claim is put back. */
async function takeAway(path: string, judged: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, "utf8")) !== judged) await link(aside, path).catch(() => undefined);
  await unlink(aside);
}

async function isAlive(owner: Owner, path: string): Promise<boolean> {
  if (owner.host !== hostname()) {
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
    return Date.now() - mtimeMs < silentAfterMs;
  }
  if (owner.started !== undefined) return (await startTime(owner.pid)) === owner.started;
  try {
    process.kill(owner.pid, 0);
    return true;
  } catch {
    return false;
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    return JSON.parse(text) as Owner;
  } catch {
    return undefined;
  }
}

function alreadyThere(error: NodeJS.ErrnoException): false {
  if (error.code === "EEXIST") return false;
  throw error;
}

/** Field 22 of /proc/<pid>/stat (proc(5)): clock ticks from boot to the process's start; undefined elsewhere than on Linux. */
async function startTime(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  // The second field is a name in parentheses that may hold spaces.
  return text?.slice(text.lastIndexOf(")") + 2).split(" ")[19];
}
