import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { promisify } from "node:util";
import { ffmpegPath } from "./ffmpeg-path.ts";
import type { ByteSource } from "./source.ts";

/** For tests: a folder of generated media that goes away with the test file. */
export class TestMedia implements AsyncDisposable {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<TestMedia> {
    return new TestMedia(await mkdtemp(join(tmpdir(), "halfgig-media-")));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Runs ffmpeg with `args` (inputs and options) into a file of that name. */
  async make(name: string, ...args: string[]): Promise<string> {
    await promisify(execFile)(ffmpegPath(), ["-v", "error", "-nostdin", "-y", ...args, this.path(name)]);
    return this.path(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

export function sine(seconds: number, hz = 440, rate = 44_100): string[] {
  return ["-f", "lavfi", "-i", `sine=frequency=${hz}:sample_rate=${rate}:duration=${seconds}`];
}

export function picture(seconds: number): string[] {
  return ["-f", "lavfi", "-i", `testsrc=size=160x120:rate=10:duration=${seconds}`];
}

export function bufferSource(bytes: Uint8Array): ByteSource {
  const read: ByteSource["read"] = async (start, end) => Readable.from([Buffer.from(bytes.subarray(start, end))]);
  return { sizeBytes: bytes.length, read };
}

/** A 44-byte WAV header for 16-bit PCM; `dataBytes` is what it claims. */
export function wavHeader(dataBytes: number, rate = 16_000, channels = 1): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(Math.min(0xffff_ffff, dataBytes + 36), 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * channels * 2, 28);
  header.writeUInt16LE(channels * 2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
