import { execFile } from "node:child_process";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ffmpegPath } from "../../../layers/media/index.ts";
import { sample } from "../../e2e/support/media.ts";
import type { Trap } from "./trap.ts";

const run = promisify(execFile);

/** What the clip of `speech` says. */
export const spoken = "one two three four five six";
export const spokenMs = 6_000;

/** Makes inputs: files in one folder, by ffmpeg's own sources and by byte surgery. The same file is made once. */
export class Kitchen {
  readonly directory: string;
  /** Where a file must never make anybody go. */
  readonly trap: Trap;
  #made = new Map<string, Promise<string>>();
  #count = 0;

  constructor(directory: string, trap: Trap) {
    this.directory = directory;
    this.trap = trap;
  }

  /** Runs ffmpeg with inputs and options into a file of that name. */
  async make(name: string, ...args: string[]): Promise<string> {
    const key = [name, ...args].join("\0");
    const made = this.#made.get(key) ?? this.#run(name, args);
    this.#made.set(key, made);
    return made;
  }

  async #run(name: string, args: readonly string[]): Promise<string> {
    const path = await this.#path(name);
    await run(ffmpegPath(), ["-nostdin", "-v", "error", "-y", ...args, path], { maxBuffer: 1 << 20 });
    return path;
  }

  async write(name: string, ...bytes: (Uint8Array | string)[]): Promise<string> {
    const path = await this.#path(name);
    await writeFile(
      path,
      Buffer.concat(bytes.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part))),
    );
    return path;
  }

  /** A file of that many bytes of which only `pieces` are written: the rest reads as zeros and takes no room here. */
  async sparse(name: string, sizeBytes: number, pieces: readonly { at: number; bytes: Uint8Array }[]): Promise<string> {
    const path = await this.#path(name);
    await using file = await open(path, "w");
    await file.truncate(sizeBytes);
    for (const { at, bytes } of pieces) await file.write(bytes, 0, bytes.length, at);
    return path;
  }

  /** Changes the bytes of a file. */
  async surgery(path: string, name: string, change: (bytes: Buffer) => Uint8Array): Promise<string> {
    return this.write(name, change(await readFile(path)));
  }

  /** Six seconds of speech as 16 kHz WAV. */
  speech(): Promise<string> {
    return this.make(
      "speech.wav",
      "-i",
      sample.english,
      "-vn",
      "-ac",
      "1",
      "-ar",
      "16000",
      "-t",
      String(spokenMs / 1000),
    );
  }

  /** The speech in another form. */
  async speechAs(name: string, ...options: string[]): Promise<string> {
    return this.make(name, "-i", await this.speech(), ...options);
  }

  /** Every file has a folder of its own: names may repeat. */
  async #path(name: string): Promise<string> {
    const folder = join(this.directory, String(this.#count++));
    await mkdir(folder, { recursive: true });
    return join(folder, name);
  }
}

/** Inputs of ffmpeg's own. */
export const tone = (seconds: number, hz = 440, rate = 16_000) => [
  ...["-f", "lavfi", "-i", `sine=frequency=${hz}:sample_rate=${rate}:duration=${seconds}`],
];
export const quiet = (seconds: number, rate = 16_000) => [
  ...["-f", "lavfi", "-t", String(seconds), "-i", `anullsrc=r=${rate}:cl=mono`],
];
export const pictures = (seconds: number) => [
  ...["-f", "lavfi", "-i", `testsrc=size=64x36:rate=5:duration=${seconds}`],
];
