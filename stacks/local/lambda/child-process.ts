import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { processesWithVariable } from "./process-tree.ts";

/**
 * What a shell does before it becomes the runtime. It leaves a watchdog behind that reads from a pipe whose other end
 * only the host holds: when the host dies, however it dies, the read ends and the watchdog kills the whole process group,
 * even while node is inside a native call. Where a limit holds host and functions together, the kernel shall end a
 * function first, whose call can be repeated. Then it enters its memory group, so that the runtime never runs outside of it.
 */
const startScript = `
(trap '' TERM INT HUP; read -r _ <&3; kill -KILL -$$) >/dev/null 2>&1 </dev/null &
exec 3<&-
echo 500 2>/dev/null > /proc/self/oom_score_adj
entry=$1; shift
if [ -n "$entry" ]; then echo $$ > "$entry" || exit 125; fi
exec "$@"
`;

export type RuntimeProcess = ChildProcess & { pid: number; stdout: Readable; stderr: Readable };

export type StartOptions = {
  command: string[];
  cwd: string;
  environment: Record<string, string>;
  /** The cgroup.procs file of the memory group. */
  entryFile?: string;
};

/** Starts a runtime in a session and process group of its own. @throws when the shell cannot be started */
export function startRuntime(options: StartOptions): RuntimeProcess {
  const child = spawn("/bin/sh", ["-c", startScript, "sh", options.entryFile ?? "", ...options.command], {
    cwd: options.cwd,
    env: options.environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  if (child.pid === undefined) {
    child.on("error", () => {});
    throw new Error(`A function's process could not be started in ${options.cwd}. Does the folder exist?`);
  }
  // The pipe's end breaks when the child goes; nothing is ever written to it.
  child.stdio[3]?.on("error", () => {});
  return child as RuntimeProcess;
}

/** Signals a process group; one that is gone needs no signal. */
export function signalGroup(processGroup: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-processGroup, signal);
  } catch {}
}

/** Kills what has left the process group but still carries the environment's own temporary folder in its variables. */
export function killStrays(tmpFolder: string): number {
  const strays = processesWithVariable("TMPDIR", tmpFolder);
  for (const pid of strays) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {}
  }
  return strays.length;
}
