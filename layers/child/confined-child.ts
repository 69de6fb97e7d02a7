import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { MediaError } from "../core/index.ts";
import { type ChildLimits, confine, couldNotExecute } from "./confine.ts";

export type ChildEnd = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type ConfinedChildOptions = {
  /** Its processor time is bounded by the clock besides. */
  limits: Omit<ChildLimits, "cpuSeconds">;
  /** Whether what it starts ends with this process too. */
  wholeGroup: boolean;
  /** All that it inherits. */
  environment: Readonly<Record<string, string>>;
  directory?: string;
  /** File descriptors from 0 on; the next one is the watcher's. */
  stdio: readonly ("ignore" | "pipe")[];
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** What errors call it. */
  name: string;
  /** What to do where it is not there or cannot be executed. */
  advice?: string;
};

/**
 * A program under limits, in a process group of its own, with an environment of its own. It is killed by the clock, by the signal, when it is
 * disposed of, and with this process.
 */
export class ConfinedChild implements AsyncDisposable {
  /** @throws MediaError `config.invalid` where the program is not there or cannot be executed */
  readonly exit: Promise<ChildEnd>;
  timedOut = false;
  readonly #child: ChildProcess;

  constructor(program: readonly string[], options: ConfinedChildOptions) {
    const { limits, wholeGroup, environment, directory, stdio, timeoutMs, signal } = options;
    signal?.throwIfAborted();
    const cpuSeconds = Math.ceil(timeoutMs / 1000) + 1;
    const watcherPipe = stdio.length;
    const confined = confine(program, { ...limits, cpuSeconds }, { pipe: watcherPipe, wholeGroup });
    const child = spawn(confined.file, confined.args, {
      cwd: directory,
      env: environment,
      detached: true,
      stdio: [...stdio, ...(confined.watchedBy === "pipe" ? (["pipe"] as const) : [])],
    });
    this.#child = child;
    child.stdio[watcherPipe]?.on("error", () => undefined);
    const timer = setTimeout(() => {
      this.timedOut = true;
      this.kill();
    }, timeoutMs);
    const abort = () => this.kill();
    signal?.addEventListener("abort", abort, { once: true });
    this.exit = new Promise<ChildEnd>((resolve, reject) => {
      child.once("error", (cause) => reject(cannotStart(options, cause)));
      // The watcher, and whatever the program left behind in its group: they would hold the pipes open.
      child.once("exit", () => this.kill());
      child.once("close", (code, killedBy) => {
        if (couldNotExecute(code)) reject(cannotStart(options));
        else resolve({ code, signal: killedBy });
      });
    }).finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    });
    this.exit.catch(() => undefined);
  }

  /** What it writes to a file descriptor that is piped. */
  output(descriptor: number): Readable {
    return this.#child.stdio[descriptor] as Readable;
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
    // Output that nobody reads any more would keep `close` from coming.
    for (const stream of this.#child.stdio) stream?.destroy();
    await this.exit.catch(() => undefined);
  }
}

function cannotStart({ name, advice = "" }: ConfinedChildOptions, cause?: Error): MediaError {
  const reason = cause ? `: ${cause.message}` : "";
  return new MediaError("config.invalid", `${name} could not be started${reason}. ${advice}`.trim(), { cause });
}
