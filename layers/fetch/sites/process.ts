import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { type ChildLimits, confine } from "../../child/index.ts";
import { MediaError } from "../../core/index.ts";

/**
 * Its memory is the function's: an interpreter maps far more than it uses. It keeps the pieces of a stream that it puts together in files,
 * one at a time.
 */
const limits: Omit<ChildLimits, "cpuSeconds"> = { fileMiB: 1024, openFiles: 256 };
const watcherPipe = 3;

const complaintCharsMax = 16 * 1024;

export type ProgramOptions = {
  environment: Record<string, string>;
  directory: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
};

/**
 * A program in a process group of its own with a closed environment. It is killed by the clock, by the signal, when it is disposed of and
 * with this process; what it started goes with it.
 */
export class Program implements AsyncDisposable {
  readonly exit: Promise<number | null>;
  timedOut = false;
  readonly #child: ChildProcess;
  #complaints = "";

  constructor(command: readonly string[], { environment, directory, timeoutMs, signal }: ProgramOptions) {
    signal?.throwIfAborted();
    const cpuSeconds = timeoutMs / 1000 + 1;
    const { file, args } = confine(command, { ...limits, cpuSeconds }, { pipe: watcherPipe, wholeGroup: true });
    const child = spawn(file, args, {
      cwd: directory,
      env: environment,
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    this.#child = child;
    child.stdio[watcherPipe]?.on("error", () => undefined);
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.kill();
    }, timeoutMs);
    const abort = () => this.kill();
    signal?.addEventListener("abort", abort, { once: true });
    this.exit = new Promise<number | null>((resolve, reject) => {
      child.once("error", (cause) =>
        reject(new MediaError("config.invalid", `${command[0]} could not be started: ${cause.message}.`, { cause })),
      );
      // The watchdog, and whatever the program left behind: they would hold the pipes open.
      child.once("exit", () => this.kill());
      child.once("close", resolve);
    }).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    });
    this.exit.catch(() => undefined);
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-complaintCharsMax);
    });
  }

  get stdout(): Readable {
    return this.#child.stdout as Readable;
  }

  /** The end of what it wrote to stderr. */
  get complaints(): string {
    return this.#complaints;
  }

  kill(): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, "SIGKILL");
    } catch {
      // The group is gone.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill();
    for (const stream of this.#child.stdio) stream?.destroy();
    await this.exit.catch(() => undefined);
  }
}
