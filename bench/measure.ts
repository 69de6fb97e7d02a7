import { readFile } from "node:fs/promises";
import { seeded } from "../test/parity/seeded.ts";

/** What one process reports. */
export type SpeechTimes = {
  encoderMs: number;
  /** The best run: comparable with the best run of something else, whatever the machine does besides. */
  encoderBestMs: number;
  windowMs: number;
  peakRssMiB: number;
};

/** One window of 30 s; the first run warms up, the median is over all. */
export function settings(tokens: number) {
  const frames = 3000;
  return { frames, tokens, runs: 7, features: seeded("mel", 80 * frames).map((value) => value * 8) };
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** VmHWM of proc(5): the most memory that was ever resident in this process. */
export async function peakRssMiB(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024;
}
