import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { frameMs, msToSamples, pcmFromBytes, sampleRateHz } from "../../../layers/audio/index.ts";
import { ffmpegPath } from "../../../layers/media/index.ts";
import { Random } from "../../eval/random.ts";
import { capture } from "./capture.ts";

/** Speech whose every frame of 10 ms is known to be speech or not. */
export type Labelled = { pcm: Float32Array; isSpeech: boolean[] };

/** A frame is speech within this of the recording's loud ones; the readers' rooms are 45 dB and more below them. */
const belowLoudDb = 35;
/** Shorter pauses are part of what is said: closures and the joints of words. */
const pauseMs = 200;
/** Shorter sounds are clicks. */
const soundMs = 50;

/** So many recordings of different readers, one after the other, with up to three seconds of silence between. */
export async function labelledSpeech(folder: string, { readers, skip = 0 }: { readers: number; skip?: number }) {
  const random = new Random(`voice activity ${skip}`);
  const parts: Labelled[] = [];
  for (const pcm of await recordingsOf(folder, { readers, skip })) {
    const pause = new Float32Array(msToSamples(10 * random.integer(30, 300)));
    parts.push({ pcm: pause, isSpeech: Array(pause.length / msToSamples(frameMs)).fill(false) }, labelled(pcm));
  }
  return joined(parts);
}

/** One recording of each reader, up to 12 s of it; LibriSpeech's names begin with the reader. */
export async function recordingsOf(
  folder: string,
  { readers, skip = 0 }: { readers: number; skip?: number },
): Promise<Float32Array[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".flac")).sort();
  const firsts = [...Map.groupBy(names, (name) => name.split("-")[0]).values()].flatMap(([first]) => first ?? []);
  const chosen = firsts.slice(skip, skip + readers);
  return await Promise.all(chosen.map((name) => readAudio(join(folder, name))));
}

async function readAudio(path: string): Promise<Float32Array> {
  const output = ["-t", "12", "-ac", "1", "-ar", String(sampleRateHz), "-f", "s16le", "-"];
  return pcmFromBytes(await capture(ffmpegPath(), ["-v", "error", "-nostdin", "-i", path, ...output]));
}

/** Whole frames of a clean recording, labelled by how loud they are. */
export function labelled(recording: Float32Array): Labelled {
  const hop = msToSamples(frameMs);
  const frames = Math.floor(recording.length / hop);
  const pcm = recording.subarray(0, frames * hop);
  const levels = Array.from({ length: frames }, (_, frame) => levelDb(pcm.subarray(frame * hop, (frame + 1) * hop)));
  const loud = levels.toSorted((a, b) => a - b)[Math.floor(0.95 * frames)] ?? 0;
  const isSpeech = levels.map((level) => level > loud - belowLoudDb);
  turn(isSpeech, { of: false, shorterThan: pauseMs / frameMs, edges: false });
  turn(isSpeech, { of: true, shorterThan: soundMs / frameMs, edges: true });
  return { pcm, isSpeech };
}

function levelDb(pcm: Float32Array): number {
  const mean = pcm.reduce((sum, value) => sum + value, 0) / pcm.length;
  const power = pcm.reduce((sum, value) => sum + (value - mean) ** 2, 0) / pcm.length;
  return 10 * Math.log10(power + 1e-12);
}

/** Turns short runs of one value into the other. */
function turn(
  values: boolean[],
  { of, shorterThan, edges }: { of: boolean; shorterThan: number; edges: boolean },
): void {
  for (let from = 0; from < values.length; ) {
    let to = from;
    while (to < values.length && values[to] === values[from]) to++;
    const isEdge = from === 0 || to === values.length;
    if (values[from] === of && to - from < shorterThan && (edges || !isEdge)) values.fill(!of, from, to);
    from = to;
  }
}

function joined(parts: readonly Labelled[]): Labelled {
  const pcm = new Float32Array(parts.reduce((sum, part) => sum + part.pcm.length, 0));
  let at = 0;
  for (const part of parts) {
    pcm.set(part.pcm, at);
    at += part.pcm.length;
  }
  return { pcm, isSpeech: parts.flatMap((part) => part.isSpeech) };
}
