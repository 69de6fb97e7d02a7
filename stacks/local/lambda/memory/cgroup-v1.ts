import { existsSync } from "node:fs";
import { join } from "node:path";
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
 * Limits by the memory controller of cgroup version 1 (Documentation/admin-guide/cgroup-v1/memory.rst).
 * @throws when there is no such hierarchy; `create` throws when this process may not make groups in it.
 */
export function cgroup1Limiter(mountinfo: string, selfCgroup: string): MemoryLimiter {
  const mount = parseMounts(mountinfo).find((each) => each.version === 1 && each.controllers.includes("memory"));
  const ownPath = parseOwnPath(selfCgroup, 1);
  if (!mount || ownPath === undefined) throw new Error("no cgroup v1 memory hierarchy is mounted");
  const parent = ownFolder(mount, ownPath);
  return {
    kind: "cgroup1",
    reason: `groups under ${parent}`,
    create: (id, limitBytes) => createV1Group(parent, id, limitBytes),
  };
}

function createV1Group(parent: string, id: string, limitBytes: number): MemoryGroup {
  const path = createGroup(parent, id, (folder) => limitV1(folder, limitBytes));
  return memoryGroup(path, limitBytes, readSample);
}

export function limitV1(folder: string, limitBytes: number): void {
  writeText(folder, "memory.limit_in_bytes", limitBytes);
  // Absent where the kernel does not account swap; memory + swap = memory means: no swap.
  if (existsSync(join(folder, "memory.memsw.limit_in_bytes")))
    writeText(folder, "memory.memsw.limit_in_bytes", limitBytes);
  else writeText(folder, "memory.swappiness", 0);
}

function readSample(folder: string): MemorySample {
  const stat = parseKeyed(readText(folder, "memory.stat"));
  return {
    usageBytes: Number(readText(folder, "memory.usage_in_bytes")),
    majorFaults: stat.get("total_pgmajfault") ?? 0,
    refaultPages: stat.get("total_workingset_refault_file"),
    oomKills: parseKeyed(readText(folder, "memory.oom_control")).get("oom_kill") ?? 0,
  };
}
