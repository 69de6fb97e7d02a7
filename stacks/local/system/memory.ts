import { readFileSync } from "node:fs";
import { processRssMiB, processTree } from "../lambda/index.ts";

/**
 * Resident memory of a process with all its descendants in MiB; pages that several of them map count once, divided among them
 * (PSS, Documentation/filesystems/proc.rst). Without access to that figure a process counts in full.
 */
export function treeMemoryMiB(rootPid: number): number {
  return processTree(rootPid).reduce((sum, pid) => sum + processMemoryMiB(pid), 0);
}

function processMemoryMiB(pid: number): number {
  try {
    const match = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
    return match ? Number(match[1]) / 1024 : 0;
  } catch {
    return processRssMiB(pid);
  }
}
