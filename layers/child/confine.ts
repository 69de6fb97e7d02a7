import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** What a program may take, by setrlimit(2). What the host itself allows less of stays as it is. */
export type ChildLimits = {
  cpuSeconds: number;
  /** Address space, which is more than what is resident: libraries are mapped whole. Left out: any. */
  addressSpaceMiB?: number;
  /** Largest file that it may write; 0 for a program that only writes to pipes. */
  fileMiB: number;
  openFiles: number;
};

/**
 * Stays behind in the program's process group and reads from a pipe whose other end only the parent holds: when the parent dies, however
 * it dies, the read ends and the whole group is killed.
 */
const watcher = (pipe: number) =>
  `(trap '' TERM INT HUP; read -r _ <&${pipe}; kill -KILL -$$) >/dev/null 2>&1 </dev/null & exec ${pipe}<&-`;

export type Confined = {
  file: string;
  args: string[];
  /** Whether the parent must hold a pipe open at this file descriptor; the kernel watches otherwise. */
  watchedBy: "kernel" | "pipe";
};

export type Watch = {
  /** File descriptor for the watcher. */
  pipe: number;
  /** Whether what the program starts must end with the parent too: the kernel ends the program alone. */
  wholeGroup: boolean;
};

/**
 * The command line that starts a program under limits, unable to gain rights by what it executes (no_new_privs), and ended with its parent:
 * by the kernel where util-linux is there (PR_SET_PDEATHSIG), by a watcher elsewhere. To be spawned `detached`, in a group of its own.
 */
export function confine(program: readonly string[], limits: ChildLimits, { pipe, wholeGroup }: Watch): Confined {
  const setpriv = findSetpriv();
  const script = [
    "ulimit -c 0",
    `ulimit -t ${Math.ceil(limits.cpuSeconds)}`,
    // In blocks of 512 bytes (POSIX).
    `ulimit -f ${Math.ceil(limits.fileMiB * 2048)}`,
    `ulimit -n ${limits.openFiles}`,
    ...(limits.addressSpaceMiB === undefined ? [] : [`ulimit -v ${Math.ceil(limits.addressSpaceMiB * 1024)}`]),
  ].map((limit) => `${limit} 2>/dev/null`);
  const watchedBy = setpriv && !wholeGroup ? "kernel" : "pipe";
  if (watchedBy === "pipe") script.push(watcher(pipe));
  script.push('exec "$@"');
  const prefix = setpriv ? [setpriv, ...(wholeGroup ? privileges.slice(0, 1) : privileges)] : [];
  return {
    file: "/bin/sh",
    args: ["-c", script.join("\n"), "sh", ...prefix, ...program],
    watchedBy,
  };
}

/** True for the status of a shell or setpriv that could not execute the program (POSIX, Shell Command Language §2.8.2). */
export const couldNotExecute = (code: number | null) => code === 126 || code === 127;

const privileges = ["--no-new-privs", "--pdeathsig", "KILL"];
let setprivPath: string | null | undefined;

/** Other implementations of the program know neither option: what counts is whether it works. */
function findSetpriv(): string | undefined {
  setprivPath ??=
    ["/usr/bin/setpriv", "/bin/setpriv"].find(
      (path) => existsSync(path) && spawnSync(path, [...privileges, "/bin/sh", "-c", ":"], { env: {} }).status === 0,
    ) ?? null;
  return setprivPath ?? undefined;
}
