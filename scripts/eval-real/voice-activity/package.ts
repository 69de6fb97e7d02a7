import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesFromPcm, frameMs, msToSamples } from "../../../layers/audio/index.ts";
import { capture } from "./capture.ts";

export type PackageResult = {
  /** What was asked: the package of Silero's makers, or the copy of it in faster-whisper. */
  version: string;
  /** For each recording, by frames of 10 ms. */
  isSpeech: boolean[][];
};

/**
 * What Silero's own package hears in recordings, with its defaults (`get_speech_timestamps`).
 * @returns undefined where the Python has neither silero-vad nor faster-whisper
 */
export async function askPackage(
  python: string,
  recordings: readonly Float32Array[],
): Promise<PackageResult | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "halfgig-vad-"));
  try {
    const paths = recordings.map((_, i) => join(folder, `${i}.s16`));
    for (const [i, pcm] of recordings.entries()) await writeFile(paths[i]!, bytesFromPcm(pcm));
    const program = join(import.meta.dirname, "silero_timestamps.py");
    const reply = JSON.parse((await capture(python, [program, ...paths])).toString()) as {
      version: string | null;
      timestamps: [start: number, end: number][][];
    };
    if (reply.version === null) return undefined;
    const isSpeech = recordings.map((pcm, i) => framesOf(reply.timestamps[i] ?? [], pcm.length));
    return { version: reply.version, isSpeech };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A frame is speech where its middle lies in a span of samples. */
function framesOf(spans: readonly [start: number, end: number][], samples: number): boolean[] {
  const hop = msToSamples(frameMs);
  const frames: boolean[] = Array(Math.ceil(samples / hop)).fill(false);
  for (const [start, end] of spans) {
    const first = Math.max(0, Math.ceil(start / hop - 0.5));
    frames.fill(true, first, Math.max(first, Math.ceil(end / hop - 0.5)));
  }
  return frames;
}
