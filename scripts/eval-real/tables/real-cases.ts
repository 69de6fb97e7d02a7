import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sampleRateHz } from "../../../layers/audio/index.ts";
import { white } from "../../eval/noise.ts";
import { Random } from "../../eval/random.ts";
import { power } from "../../eval/signal.ts";
import type { Recordings } from "../../real-models/index.ts";
import { joined, readAudio, silence, utterances } from "../recordings.ts";

/** A recording that lost or invented text somewhere; `text` is what is said, "" where that is nothing whole. */
export type RealCase = { name: string; pcm: Float32Array; text: string };

const human = ({ human: folder }: Recordings, names: readonly string[]) =>
  Promise.all(names.map((name) => readAudio(join(folder, `${name}.flac`))));

async function textsOf(recordings: Recordings, names: readonly string[]): Promise<string> {
  const all = new Map((await utterances(recordings)).map(({ path, text }) => [path, text]));
  return names.map((name) => all.get(join(recordings.human, `${name}.flac`)) ?? "").join(" ");
}

/** 70 s of reading without a pause: frames of 20 ms more than 38 dB below the loudest are cut out, but for runs of up to four. */
export async function withoutPauses(recordings: Recordings): Promise<RealCase> {
  const names = [
    ...["2033-164914-0008", "2033-164914-0006", "1688-142285-0000", "1688-142285-0001"],
    ...["2033-164914-0000", "1688-142285-0006", "1688-142285-0007"],
  ];
  const parts = (await human(recordings, names)).map(cutPauses);
  return { name: "70 s of reading without a pause", pcm: joined(parts), text: await textsOf(recordings, names) };
}

function cutPauses(pcm: Float32Array): Float32Array {
  const length = 0.02 * sampleRateHz;
  const frames = Array.from({ length: Math.floor(pcm.length / length) }, (_, i) =>
    pcm.subarray(i * length, (i + 1) * length),
  );
  const powers = frames.map(power);
  const floor = Math.max(...powers) * 10 ** (-38 / 10);
  const kept: Float32Array[] = [];
  for (let i = 0; i < frames.length; ) {
    let end = i;
    while (end < frames.length && powers[end]! < floor) end++;
    if (end - i <= 4) kept.push(...frames.slice(i, end));
    if (end < frames.length) kept.push(frames[end]!);
    i = end + 1;
  }
  return joined(kept);
}

/** Two sentences, and silence to 31 s: the second one's end lies before a long quiet tail. */
export async function quietTail(recordings: Recordings): Promise<RealCase> {
  const names = ["1688-142285-0000", "1688-142285-0003"];
  const [first, second] = await human(recordings, names);
  const speech = joined([first!, silence(0.3), second!]);
  const whole = joined([speech, silence(31 - speech.length / sampleRateHz)]);
  const hiss = white(whole.length, new Random("tail")).map((value) => value * 10 ** (-55 / 20));
  const pcm = whole.map((value, n) => value + hiss[n]!);
  return { name: "two sentences and a quiet tail", pcm, text: await textsOf(recordings, names) };
}

/** Bits of a sentence too short to be anything, and one second of it. */
export async function shortClips({ speech }: Recordings): Promise<RealCase[]> {
  const jfk = await readAudio(join(speech, "jfk.wav"));
  const clip = (seconds: number, from: number, text: string): RealCase => ({
    name: `${seconds} s of a sentence`,
    pcm: jfk.subarray(from * sampleRateHz, Math.round((from + seconds) * sampleRateHz)),
    text,
  });
  return [clip(0.05, 3.4, ""), clip(0.1, 3.4, ""), clip(0.5, 7.55, ""), clip(1, 1.1, "my fellow American")];
}

export async function lucier({ speech }: Recordings): Promise<RealCase> {
  const text = await readFile(join(speech, "lucier.txt"), "utf8");
  return { name: "lucier.mp3, 100 s", pcm: await readAudio(join(speech, "lucier.mp3")), text };
}

export async function realCases(recordings: Recordings): Promise<RealCase[]> {
  return [
    await withoutPauses(recordings),
    await quietTail(recordings),
    ...(await shortClips(recordings)),
    await lucier(recordings),
  ];
}
