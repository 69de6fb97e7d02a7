import { execFile } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { pcmFromBytes, sampleRateHz } from "../../layers/audio/index.ts";
import { ffmpegPath } from "../../layers/media/index.ts";
import type { Recordings } from "../real-models/index.ts";

const run = promisify(execFile);

/** Samples of any file that ffmpeg reads: 16 kHz mono, 16 bits. */
export async function readAudio(path: string): Promise<Float32Array> {
  const to = ["-ac", "1", "-ar", String(sampleRateHz), "-f", "s16le", "-"];
  const options = { encoding: "buffer", maxBuffer: 2 ** 30 } as const;
  const { stdout } = await run(ffmpegPath(), ["-v", "error", "-i", path, ...to], options);
  return pcmFromBytes(stdout);
}

export const silence = (seconds: number) => new Float32Array(Math.round(seconds * sampleRateHz));

/** One after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function withPauses(parts: readonly Float32Array[], seconds: number): Float32Array {
  return joined(parts.flatMap((part, i) => (i === 0 ? [part] : [silence(seconds), part])));
}

export const firstSeconds = (pcm: Float32Array, seconds: number) => pcm.subarray(0, Math.round(seconds * sampleRateHz));

/** The human recordings in the order of the 42 minute file, with the reference's text of each. */
export async function utterances({ human, reference }: Recordings): Promise<{ path: string; text: string }[]> {
  const order = (await readFile(join(reference, "long-order.txt"), "utf8")).split("\n").filter(Boolean);
  const texts = JSON.parse(await readFile(join(reference, "tiny.en-human.json"), "utf8")) as Record<string, string>;
  const files = new Set(await readdir(human));
  return order.map((name) => {
    const text = texts[name];
    if (text === undefined || !files.has(name))
      throw new Error(`${name} of long-order.txt has no recording or no text.`);
    return { path: join(human, name), text };
  });
}

/** The 42 minute file, made as the folder of reference texts says: joined by ffmpeg, MP3 of 64 kbit/s. */
export async function makeLongFile(recordings: Recordings, directory: string): Promise<string> {
  const list = join(directory, "long.txt");
  const lines = (await utterances(recordings)).map(({ path }) => `file '${path.replaceAll("'", String.raw`'\''`)}'`);
  await writeFile(list, `${lines.join("\n")}\n`);
  const output = join(directory, "long.mp3");
  const source = ["-v", "error", "-f", "concat", "-safe", "0", "-i", list];
  await run(ffmpegPath(), [...source, "-ac", "1", "-ar", String(sampleRateHz), "-b:a", "64k", "-y", output]);
  return output;
}
