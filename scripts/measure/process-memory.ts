import { readFileSync, writeFileSync } from "node:fs";

/** Resident memory of this process in MiB: now (and how much of that is not backed by files), and at its largest. */
export type ProcessMemory = { rssMiB: number; anonymousMiB: number; peakMiB: number };

/** From /proc/self/status (proc_pid_status(5)). */
export function processMemory(): ProcessMemory {
  const status = readFileSync("/proc/self/status", "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0) / 1024;
  return { rssMiB: field("VmRSS"), anonymousMiB: field("RssAnon"), peakMiB: field("VmHWM") };
}

/** Begins a new peak at the present size (proc_pid_clear_refs(5)). */
export function resetPeak(): void {
  writeFileSync("/proc/self/clear_refs", "5");
}
