import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Kernel clock ticks per second as /proc reports them; USER_HZ is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

export type ProcessStat = {
  pid: number;
  parentPid: number;
  processGroup: number;
  /** CPU seconds in user mode. */
  userSeconds: number;
  /** Ticks since boot: together with the pid it names a process for good, since pids are reused. */
  startTicks: number;
};

export type TreeUsage = { processes: number; rssMiB: number; userSeconds: number };

/** Fields of /proc/<pid>/stat (proc_pid_stat(5)), or undefined when there is no such process. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const text = readProc(`${pid}/stat`);
  // The command name is in parentheses and may itself hold spaces and parentheses.
  const end = text?.lastIndexOf(")") ?? -1;
  if (text === undefined || end < 0) return undefined;
  const field = text.slice(end + 2).split(" ");
  const numberAt = (index: number) => Number(field[index - 3]);
  return {
    pid,
    parentPid: numberAt(4),
    processGroup: numberAt(5),
    userSeconds: numberAt(14) / ticksPerSecond,
    startTicks: numberAt(22),
  };
}

/** Whether exactly this process (pid and start time) still runs. A zombie has ended. */
export function isSameProcess(pid: number, startTicks: number): boolean {
  return readProcessStat(pid)?.startTicks === startTicks && !isZombie(pid);
}

/** The process and everything it started that has not been handed to another parent. */
export function processTree(rootPid: number): number[] {
  const pids = [rootPid];
  for (const pid of pids) {
    for (const task of listProc(`${pid}/task`)) {
      const children = readProc(`${pid}/task/${task}/children`);
      if (children) pids.push(...children.trim().split(" ").filter(Boolean).map(Number));
    }
  }
  return pids;
}

/** Resident memory of one process in MiB (VmRSS), 0 when it has ended. */
export function processRssMiB(pid: number): number {
  return statusMiB(pid, "VmRSS");
}

/** Largest resident memory of one process since its start or the last `resetPeakRss`, MiB. */
export function processPeakRssMiB(pid: number): number {
  return statusMiB(pid, "VmHWM");
}

/** Starts VmHWM again from the present size (proc_pid_clear_refs(5)); false where that is not permitted. */
export function resetPeakRss(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}

/** Sums over the given processes; pages that several of them share count once for each. */
export function usageOf(pids: Iterable<number>): TreeUsage {
  const usage: TreeUsage = { processes: 0, rssMiB: 0, userSeconds: 0 };
  for (const pid of pids) {
    const stat = readProcessStat(pid);
    if (!stat) continue;
    usage.processes++;
    usage.rssMiB += processRssMiB(pid);
    usage.userSeconds += stat.userSeconds;
  }
  return usage;
}

/** Resident memory of a process with all its descendants, MiB. */
export function treeRssMiB(rootPid: number): number {
  return usageOf(processTree(rootPid)).rssMiB;
}

/** Every process whose environment holds `NAME=value`, for finding what a dead host has left behind. */
export function processesWithVariable(name: string, value: string): number[] {
  const entry = `${name}=${value}`;
  return listProc(".")
    .filter((entryName) => /^\d+$/.test(entryName))
    .map(Number)
    .filter((pid) => readProc(`${pid}/environ`)?.split("\0").includes(entry));
}

/** An id of this boot of the machine; pids and start times mean nothing across boots. */
export const bootId = () => readProc("sys/kernel/random/boot_id")?.trim() ?? "";

function isZombie(pid: number): boolean {
  return /^State:\s+[ZX]/m.test(readProc(`${pid}/status`) ?? "");
}

function statusMiB(pid: number, field: "VmRSS" | "VmHWM"): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readProc(`${pid}/status`) ?? "");
  return match ? Number(match[1]) / 1024 : 0;
}

// Files under /proc vanish with their process at any moment: that is an answer, not an error.
function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return undefined;
  }
}

function listProc(path: string): string[] {
  try {
    return readdirSync(`/proc/${path}`);
  } catch {
    return [];
  }
}
