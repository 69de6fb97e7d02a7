import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { ffmpegPath } from "../../layers/media/index.ts";
import { sample } from "../e2e/support/media.ts";

const ffmpeg = (...args: string[]) => promisify(execFile)(ffmpegPath(), ["-nostdin", "-v", "error", "-y", ...args]);

/** The English sample and 45 s of silence, over and over: as long as it is asked for, and recognised in a quarter of the time. */
export async function withPauses(directory: string, seconds: number): Promise<string> {
  const minute = join(directory, "minute.wav");
  await ffmpeg("-i", sample.english, "-vn", "-af", "apad", "-t", "60", "-ac", "1", "-ar", "16000", minute);
  const path = join(directory, "long.wav");
  await ffmpeg("-stream_loop", "-1", "-i", minute, "-t", String(seconds), "-c", "copy", path);
  return path;
}

/** 1 GiB of sound as a camera might keep it: 48 kHz, two channels of 32 bits; the sample, then silence. */
export async function gigabyte(directory: string): Promise<string> {
  const path = join(directory, "gigabyte.wav");
  const seconds = Math.ceil(2 ** 30 / (48_000 * 2 * 4));
  await ffmpeg(
    ...["-i", sample.english, "-vn", "-af", "apad", "-t", String(seconds)],
    ...["-ac", "2", "-ar", "48000", "-c:a", "pcm_s32le", path],
  );
  return path;
}
