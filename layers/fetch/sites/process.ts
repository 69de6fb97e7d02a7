import type { Readable } from "node:stream";
import { ConfinedChild, type ConfinedChildOptions } from "../../child/index.ts";

/**
 * Its memory is the function's: an interpreter maps far more than it uses. It keeps the pieces of a stream that it puts together in files,
 * one at a time.
 */
const limits: ConfinedChildOptions["limits"] = { fileMiB: 1024, openFiles: 256 };

const complaintCharsMax = 16 * 1024;

export type ProgramOptions = {
  environment: Record<string, string>;
  directory: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
};

/** A program for other sites, whose output is read and whose last complaints are kept. What it started ends with it. */
export class Program implements AsyncDisposable {
  readonly exit: Promise<number | null>;
  readonly #child: ConfinedChild;
  #complaints = "";

  constructor(command: readonly string[], options: ProgramOptions) {
    this.#child = new ConfinedChild(command, {
      ...options,
      limits,
      wholeGroup: true,
      stdio: ["ignore", "pipe", "pipe"],
      name: command[0] ?? "",
    });
    this.exit = this.#child.exit.then(({ code }) => code);
    this.exit.catch(() => undefined);
    const stderr = this.#child.output(2).setEncoding("utf8");
    stderr.on("data", (text: string) => {
      this.#complaints = (this.#complaints + text).slice(-complaintCharsMax);
    });
  }

  get timedOut(): boolean {
    return this.#child.timedOut;
  }

  get stdout(): Readable {
    return this.#child.output(1);
  }

  /** The end of what it wrote to stderr. */
  get complaints(): string {
    return this.#complaints;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}
