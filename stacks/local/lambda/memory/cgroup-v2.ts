import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  createGroup,
  memoryGroup,
  ownFolder,
  parseKeyed,
  parseMounts,
  parseOwnPath,
  readText,
  writeText,
} from "./cgroup.ts";
import type { MemoryGroup, MemoryLimiter, MemorySample } from "./limiter.ts";

/**
 * Limits by cgroup version 2 (Documentation/admin-guide/cgroup-v2.rst).
 * A group that holds processes may not hand controllers to children, so unless the controller is already handed
 * down here, the new groups become siblings of this process's own group: what a delegated systemd scope allows.
 * @throws when neither place can have groups with the memory controller.
 */
export function cgroup2Limiter(mountinfo: string, selfCgroup: string): MemoryLimiter {
  const mount = parseMounts(mountinfo).find((each) => each.version === 2);
  const ownPath = parseOwnPath(selfCgroup, 2);
  if (!mount || ownPath === undefined) throw new Error("no cgroup v2 hierarchy is mounted");
  const own = ownFolder(mount, ownPath);
  const candidates = own === mount.mountPoint ? [own] : [own, dirname(own)];
  const parent = candidates.find(handsDownMemory);
  if (!parent) throw new Error(`the memory controller is not available to groups under ${own}`);
  return {
    kind: "cgroup2",
    reason: `groups under ${parent}`,
    create: (id, limitBytes) => createV2Group(parent, id, limitBytes),
  };
}

export function handsDownMemory(folder: string): boolean {
  const enabled = () => readText(folder, "cgroup.subtree_control").split(/\s+/).includes("memory");
  try {
    if (enabled()) return true;
    writeText(folder, "cgroup.subtree_control", "+memory");
    return enabled();
  } catch {
    return false;
  }
}

function createV2Group(parent: string, id: string, limitBytes: number): MemoryGroup {
  const path = createGroup(parent, id, (folder) => {
    limitV2(folder, limitBytes);
    // One kill takes the whole environment, as on Lambda.
    if (existsSync(join(folder, "memory.oom.group"))) writeText(folder, "memory.oom.group", 1);
  });
  return memoryGroup(path, limitBytes, readSample);
}

export function limitV2(folder: string, limitBytes: number): void {
  writeText(folder, "memory.max", limitBytes);
  if (existsSync(join(folder, "memory.swap.max"))) writeText(folder, "memory.swap.max", 0);
}

function readSample(folder: string): MemorySample {
  const stat = parseKeyed(readText(folder, "memory.stat"));
  return {
    usageBytes: Number(readText(folder, "memory.current")),
    majorFaults: stat.get("pgmajfault") ?? 0,
    refaultPages: stat.get("workingset_refault_file") ?? stat.get("workingset_refault"),
    oomKills: parseKeyed(readText(folder, "memory.events")).get("oom_kill") ?? 0,
  };
}
