import type { Readable } from "node:stream";
import { type ChildEnd, ConfinedChild, type ConfinedChildOptions } from "../child/index.ts";
import { ffmpegPath } from "./ffmpeg-path.ts";

const stderrTailChars = 8 * 1024;
const lineCharsMax = 2048;

/** Options before everything else: nothing is read from stdin, and no single allocation can grow with what a file claims. */
const globalArguments = ["-nostdin", "-hide_banner", "-max_alloc", String(32 * 1024 * 1024)];

/** It writes to pipes alone. Debian's build, which maps some 200 libraries, does not start in 256 MiB and works in 512. */
const limits: ConfinedChildOptions["limits"] = { addressSpaceMiB: 1024, fileMiB: 0, openFiles: 32 };

/** What opens an input: bounded probing, one thread, and no protocol but the one our own loopback URL needs. */
export function inputArguments(url: string, demuxers: readonly string[]): string[] {
  return [
    ...["-max_streams", "64", "-probesize", "5000000", "-analyzeduration", "5000000"],
    ...["-protocol_whitelist", "http,tcp", "-format_whitelist", demuxers.join(",")],
    // One name forces the demuxer; with several, ffmpeg's probe may only choose among them.
    ...(demuxers.length === 1 ? ["-f", demuxers[0]!] : []),
    ...["-threads", "1", "-i", url],
  ];
}

export type FfmpegOptions = {
  logLevel: "info" | "error";
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  onLine?: (line: string) => void;
  /** Whether the arguments write to `pipe:1` and `pipe:3`; what is not written is not piped. */
  pipes: boolean;
};

/**
 * One run of ffmpeg: empty environment, limits of its own, killed by the wall clock and with this process, its log kept in 8 KiB.
 * It keeps its network: what it reads comes from a loopback address of this process, which a namespace of its own could not reach; no
 * argument reaches it through a shell's eyes, and its protocols are http and tcp, to an address that we chose.
 */
export class Ffmpeg implements AsyncDisposable {
  errorLines = 0;
  readonly #child: ConfinedChild;
  #tail = "";

  constructor(args: readonly string[], { logLevel, timeoutMs, signal, onLine, pipes }: FfmpegOptions) {
    const output = pipes ? "pipe" : "ignore";
    this.#child = new ConfinedChild([ffmpegPath(), ...globalArguments, "-v", logLevel, ...args], {
      limits,
      wholeGroup: false,
      environment: {},
      stdio: ["ignore", output, "pipe", output],
      timeoutMs,
      signal,
      name: "ffmpeg",
      advice: "Check FFMPEG_PATH.",
    });
    readLines(this.#child.output(2), (line) => {
      this.errorLines += 1;
      this.#tail = `${this.#tail}${line}\n`.slice(-stderrTailChars);
      onLine?.(line);
    });
  }

  get exit(): Promise<ChildEnd> {
    return this.#child.exit;
  }

  get timedOut(): boolean {
    return this.#child.timedOut;
  }

  get stdout(): Readable {
    return this.#child.output(1);
  }

  /** What the arguments write to `pipe:3`. */
  get side(): Readable {
    return this.#child.output(3);
  }

  /** The last thing ffmpeg complained about, fit to be shown: no URL, no path, no memory address. */
  lastComplaint(): string {
    const useful = this.#tail
      .split("\n")
      .map(sanitize)
      .filter(
        (line) => line !== "" && !/^(at least one output file|last message repeated|conversion failed)/i.test(line),
      );
    return useful.at(-1) ?? "it gave no reason";
  }

  kill(): void {
    this.#child.kill();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

function sanitize(line: string): string {
  return line
    .replace(/[^\x20-\x7e]/g, "?")
    .replace(/ @ 0x[0-9a-f]+/g, "")
    .replace(/\b[a-z]+:\/\/\S+/g, "the input")
    .replace(/(^|[\s'"(])\/[^\s'")]+/g, "$1the file")
    .trim()
    .slice(0, 300);
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = lines.pop()!.slice(0, lineCharsMax);
    for (const line of lines) if (line !== "") onLine(line.slice(0, lineCharsMax));
  });
  stream.on("end", () => {
    if (rest !== "") onLine(rest);
  });
  stream.on("error", () => {});
}
