import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  type CgroupMount,
  createGroup,
  handsDownMemory,
  limitV1,
  limitV2,
  ownFolder,
  parseMounts,
  parseOwnPath,
  readText,
  writeText,
} from "../lambda/memory/index.ts";

/** What holds the whole service to its limit; plain data, so that it survives an execve in the environment. */
export type SystemLimit = {
  kind: "cgroup1" | "cgroup2" | "container" | "watch";
  limitMB: number;
  /** For the person who starts the service. */
  reason: string;
  /** Where this process was before. */
  home?: string;
  /** The groups that were made, the one that has the limit last. */
  folders: string[];
};

const prefix = "halfgig-system-";
const mebibyte = 2 ** 20;

/**
 * Puts this process, and with it everything that it starts later, under one kernel limit: by a control group of its own, or by
 * the container's where that is no larger. Pages that the process has by now stay charged where they are, so the caller begins
 * anew (execve) afterwards. Where neither is possible the answer is `watch`.
 */
export function enterSystemLimit(limitMB: number): SystemLimit {
  const mounts = parseMounts(readFileSync("/proc/self/mountinfo", "utf8"));
  const selfCgroup = readFileSync("/proc/self/cgroup", "utf8");
  const refusals: string[] = [];
  for (const version of [2, 1] as const) {
    const mount = mounts.find(
      (each) => each.version === version && (version === 2 || each.controllers.includes("memory")),
    );
    const ownPath = parseOwnPath(selfCgroup, version);
    if (!mount || ownPath === undefined) continue;
    const own = ownFolder(mount, ownPath);
    const containerMB = presentLimitMB(own, version);
    if (containerMB !== undefined && containerMB <= limitMB)
      return { kind: "container", limitMB, reason: `this container's own limit of ${containerMB} MB`, folders: [] };
    try {
      const folders = version === 1 ? enterV1(own, limitMB) : enterV2(mount, own, limitMB);
      return { kind: `cgroup${version}`, limitMB, reason: `everything is in ${folders.at(-1)}`, home: own, folders };
    } catch (error) {
      refusals.push(`cgroup${version}: ${(error as Error).message}`);
    }
  }
  const why = refusals.length > 0 ? ` (${refusals.join("; ")})` : "";
  const reason = `the process tree's memory is watched, because no control group can be made here${why}`;
  return { kind: "watch", limitMB, reason, folders: [] };
}

/** Takes this process out of its groups and removes them; call it when every child has ended. */
export function leaveSystemLimit({ home, folders }: SystemLimit): void {
  try {
    if (home) writeText(home, "cgroup.procs", process.pid);
    for (const folder of folders) rmdirSync(folder);
  } catch {
    // A group that is still busy is removed by the next start.
  }
}

/** In a hierarchy of version 1 limits hold for groups below, so functions' groups go inside of this one. */
function enterV1(own: string, limitMB: number): string[] {
  if (existsSync(join(own, "memory.use_hierarchy")) && readText(own, "memory.use_hierarchy").trim() !== "1")
    throw new Error("groups there do not count what groups below them use");
  removeAbandoned(own);
  const folder = createGroup(own, newName(), (path) => limitV1(path, limitMB * mebibyte));
  writeText(folder, "cgroup.procs", process.pid);
  return [folder];
}

/** Version 2 wants processes in leaves only: the host gets one of its own, beside those of its functions. */
function enterV2(mount: CgroupMount, own: string, limitMB: number): string[] {
  const candidates = own === mount.mountPoint ? [own] : [own, dirname(own)];
  const parent = candidates.find(handsDownMemory);
  if (!parent) throw new Error(`the memory controller is not available to groups under ${own}`);
  removeAbandoned(parent);
  const folder = createGroup(parent, newName(), (path) => {
    limitV2(path, limitMB * mebibyte);
    writeText(path, "cgroup.subtree_control", "+memory");
  });
  const leaf = join(folder, "host");
  mkdirSync(leaf);
  writeText(leaf, "cgroup.procs", process.pid);
  return [leaf, folder];
}

const newName = () => prefix + randomUUID().slice(0, 13);

/** Groups that a killed host left: those with processes in them refuse to go. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    try {
      for (const child of readdirSync(folder, { withFileTypes: true }))
        if (child.isDirectory()) rmdirSync(join(folder, child.name));
      rmdirSync(folder);
    } catch {}
  }
}

/** The group's limit in MB; undefined where it has none that a machine could reach. */
function presentLimitMB(folder: string, version: 1 | 2): number | undefined {
  try {
    const bytes = Number(readText(folder, version === 2 ? "memory.max" : "memory.limit_in_bytes").trim());
    return Number.isFinite(bytes) && bytes < 2 ** 50 ? Math.round(bytes / mebibyte) : undefined;
  } catch {
    return undefined;
  }
}
