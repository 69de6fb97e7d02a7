import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { MemoryGroup, MemorySample } from "./limiter.ts";

/** A mounted cgroup hierarchy: which one, where, and the root of the mount inside the hierarchy. */
export type CgroupMount = { version: 1 | 2; controllers: string[]; mountPoint: string; root: string };

/** The cgroup mounts in /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export function parseMounts(mountinfo: string): CgroupMount[] {
  const mounts: CgroupMount[] = [];
  for (const line of mountinfo.split("\n")) {
    const [left, right] = line.split(" - ");
    if (!left || !right) continue;
    const [, , , root, mountPoint] = left.split(" ");
    const [type, , superOptions] = right.split(" ");
    if (!root || !mountPoint) continue;
    if (type === "cgroup2") mounts.push({ version: 2, controllers: [], mountPoint, root });
    if (type === "cgroup") mounts.push({ version: 1, controllers: (superOptions ?? "").split(","), mountPoint, root });
  }
  return mounts;
}

/** This process's path in a hierarchy from /proc/self/cgroup: `0::/path` for v2, `n:memory:/path` for v1. */
export function parseOwnPath(selfCgroup: string, version: 1 | 2): string | undefined {
  for (const line of selfCgroup.split("\n")) {
    const [id, controllers, ...rest] = line.split(":");
    const path = rest.join(":");
    if (version === 2 ? id === "0" && controllers === "" : controllers?.split(",").includes("memory")) return path;
  }
  return undefined;
}

/**
 * The folder that stands for this process in the given hierarchy. In a container the path in /proc may lie outside
 * of what is mounted; the mount itself is then the best there is.
 */
export function ownFolder(mount: CgroupMount, ownPath: string): string {
  const isBelow = mount.root === "/" || `${ownPath}/`.startsWith(`${mount.root}/`);
  const relative = mount.root === "/" ? ownPath : isBelow ? ownPath.slice(mount.root.length) : "/";
  const folder = join(mount.mountPoint, relative);
  return existsSync(folder) ? folder : mount.mountPoint;
}

/** `key value` lines, as memory.stat and memory.events have them. */
export function parseKeyed(text: string): Map<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split("\n")) {
    const [key, value] = line.split(" ");
    if (key && value) values.set(key, Number(value));
  }
  return values;
}

export const readText = (folder: string, file: string) => readFileSync(join(folder, file), "utf8");

export function writeText(folder: string, file: string, value: string | number): void {
  writeFileSync(join(folder, file), String(value));
}

/** Creates a child group and applies the limits; nothing is left behind when one of them is refused. */
export function createGroup(parent: string, name: string, limit: (folder: string) => void): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  try {
    limit(folder);
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return folder;
}

export function groupProcesses(folder: string): number[] {
  try {
    return readText(folder, "cgroup.procs").split("\n").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Kills every process of a group, whatever process group or session it moved to. */
export function killGroup(folder: string): void {
  try {
    // Only version 2 (Linux 5.14) has this file; it also reaches processes that are just being forked.
    if (existsSync(join(folder, "cgroup.kill"))) {
      writeText(folder, "cgroup.kill", 1);
      return;
    }
  } catch {}
  for (const pid of groupProcesses(folder)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
}

/** Removes a group, killing what is still in it. A group stays busy for a moment after its last process has died. */
export async function removeGroup(folder: string, attempts = 100): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    try {
      rmdirSync(folder);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
      killGroup(folder);
      await sleep(20);
    }
  }
  return false;
}

/** A group that has its limits already, as the watch uses it; the versions differ in where their counters stand. */
export function memoryGroup(
  path: string,
  limitBytes: number,
  readSample: (folder: string) => MemorySample,
): MemoryGroup {
  return {
    limitBytes,
    path,
    entryFile: join(path, "cgroup.procs"),
    processes: () => groupProcesses(path),
    sample: () => {
      try {
        return readSample(path);
      } catch {
        return undefined;
      }
    },
    kill: () => killGroup(path),
    remove: async () => void (await removeGroup(path)),
  };
}
