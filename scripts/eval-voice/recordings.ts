import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { pcmFromBytes, sampleRateHz } from "../../layers/audio/index.ts";
import { ffmpegPath } from "../../layers/media/index.ts";
import { type Random, trim } from "../eval/index.ts";

const run = promisify(execFile);

/** Gives the next voice of its kind, at least `samples` long. */
export type VoiceSource = (samples: number) => Promise<Float32Array>;

const extensions = /\.(wav|flac|mp3|ogg|opus|m4a)$/i;
const attempts = 100;

/**
 * Recordings of a folder, by turns of the persons they are of, each cut at random.
 * @param isWanted which persons' files are taken
 * @throws Error when the folder has none that is long enough
 */
export async function folderVoices(
  directory: string,
  isWanted: (person: string) => boolean,
  random: Random,
): Promise<VoiceSource> {
  const files = (await readdir(directory)).filter((name) => extensions.test(name)).sort();
  const persons = new Map<string, string[]>();
  for (const file of files) {
    const person = file.split(/[-_.]/)[0]!;
    if (isWanted(person)) persons.set(person, [...(persons.get(person) ?? []), file]);
  }
  const names = shuffled([...persons.keys()], random);
  if (names.length === 0) throw new Error(`${directory} has no recordings of anybody who is to be heard.`);
  let turn = 0;
  return async (samples) => {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const file = random.choice(persons.get(names[turn++ % names.length]!)!);
      const pcm = trim(await decode(join(directory, file)));
      if (pcm.length < samples) continue;
      const from = random.integer(0, pcm.length - samples);
      return pcm.slice(from, from + samples);
    }
    throw new Error(`No recording in ${directory} has ${(samples / sampleRateHz).toFixed(1)} s.`);
  };
}

/** Speech of a synthesizer: utterances one after the other, with pauses, until there is enough. */
export function spokenVoices(speak: (random: Random) => Promise<Float32Array>, random: Random): VoiceSource {
  return async (samples) => {
    const pcm = new Float32Array(samples);
    for (let at = 0; at < samples; at += random.integer(0.05 * sampleRateHz, 0.35 * sampleRateHz)) {
      const utterance = (await speak(random)).subarray(0, samples - at);
      pcm.set(utterance, at);
      at += utterance.length;
    }
    return pcm;
  };
}

async function decode(path: string): Promise<Float32Array> {
  const output = ["-map", "0:a:0", "-ac", "1", "-ar", String(sampleRateHz), "-f", "s16le", "pipe:1"];
  const { stdout } = await run(ffmpegPath(), ["-nostdin", "-v", "error", "-i", path, ...output], {
    encoding: "buffer",
    maxBuffer: 2 ** 28,
  });
  return pcmFromBytes(stdout);
}

function shuffled<T>(items: T[], random: Random): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = random.integer(0, i);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
