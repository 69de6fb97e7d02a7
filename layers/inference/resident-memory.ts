import { readdirSync, readFileSync } from "node:fs";

const kibPerMiB = 1024;

/** Resident memory of this process and of everything that it has started, MiB; 0 where there is no /proc. */
export function residentTreeMiB(): number {
  const pids = ["self"];
  for (const pid of pids) pids.push(...childrenOf(pid));
  return pids.reduce((sum, pid) => sum + statusMiB(pid, "VmRSS"), 0);
}

/** The largest resident memory of this process since its start, or since somebody reset it, MiB. */
export function peakResidentMiB(): number {
  return statusMiB("self", "VmHWM");
}

function childrenOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" ").filter(Boolean),
    );
  } catch {
    // A process, and a thread, may end at any moment.
    return [];
  }
}

function statusMiB(pid: string, field: "VmRSS" | "VmHWM"): number {
  try {
    const match = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(match?.[1] ?? 0) / kibPerMiB;
  } catch {
    return 0;
  }
}
