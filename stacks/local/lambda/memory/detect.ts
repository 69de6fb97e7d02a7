import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cgroup1Limiter } from "./cgroup-v1.ts";
import { cgroup2Limiter } from "./cgroup-v2.ts";
import { type MemoryLimiter, pollLimiter } from "./limiter.ts";

export type LimiterChoice = "auto" | MemoryLimiter["kind"];

/**
 * Chooses how memory is limited on this machine by trying: a group is made, entered by a shell and removed.
 * @throws when a kind that was asked for by name cannot be used here.
 */
export async function detectLimiter(choice: LimiterChoice, probeId: string): Promise<MemoryLimiter> {
  if (choice === "poll") return requireProc(pollLimiter("asked for"));
  const refusals: string[] = [];
  for (const kind of ["cgroup2", "cgroup1"] as const) {
    if (choice !== "auto" && choice !== kind) continue;
    try {
      return await probe(kind, probeId);
    } catch (error) {
      refusals.push(`${kind}: ${(error as Error).message}`);
    }
  }
  if (choice !== "auto")
    throw new Error(`Memory cannot be limited by ${choice} on this machine (${refusals.join("; ")}). Use "auto".`);
  return requireProc(pollLimiter(`no control group could be used (${refusals.join("; ")})`));
}

async function probe(kind: "cgroup2" | "cgroup1", probeId: string): Promise<MemoryLimiter> {
  const sources = [readFileSync("/proc/self/mountinfo", "utf8"), readFileSync("/proc/self/cgroup", "utf8")] as const;
  const limiter = kind === "cgroup2" ? cgroup2Limiter(...sources) : cgroup1Limiter(...sources);
  const group = limiter.create(probeId, 64 << 20);
  try {
    const entered = spawnSync("/bin/sh", ["-c", 'echo $$ > "$0"', group.entryFile ?? ""], {
      encoding: "utf8",
      env: {},
    });
    if (entered.status !== 0) throw new Error(entered.stderr.trim() || "a process could not enter the group");
    if (!group.sample()) throw new Error("the group's counters cannot be read");
    return limiter;
  } finally {
    await group.remove();
  }
}

/** Without /proc nothing can be measured, and a limit that is not measured would only be a claim. */
function requireProc(limiter: MemoryLimiter): MemoryLimiter {
  if (existsSync("/proc/self/status")) return limiter;
  throw new Error(
    "Memory cannot be limited on this machine: there are no control groups and no /proc. Run the host on Linux, or in a Linux container.",
  );
}
