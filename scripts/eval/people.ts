import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { msToSamples } from "../../layers/audio/index.ts";
import { type Item, inWindow, longestSpeechSamples } from "./compose.ts";
import { digitWords, type Language } from "./grammar.ts";
import type { Random } from "./random.ts";
import { pcmFromWav, scaled, trim } from "./signal.ts";

const run = promisify(execFile);

/** One person's takes of the digits 0 to 9. */
export type Speaker = { name: string; language: Language; takes: Float32Array[][] };

/** How many digits are said in a row, and how many milliseconds apart. */
export type Saying = { count: [least: number, most: number]; pauseMs: [least: number, most: number] };

/**
 * Recordings named `<digit>_<speaker>_<take>.wav`, as the Free Spoken Digit Dataset has them, in a folder or in
 * one `.tar.xz` for each speaker. Speakers without a take of every digit are left out.
 */
export async function readSpeakers(directory: string): Promise<Speaker[]> {
  const archives = (await readdir(directory)).filter((name) => name.endsWith(".tar.xz")).sort();
  if (archives.length === 0) return readFolder(directory);
  const speakers: Speaker[] = [];
  for (const archive of archives) {
    const unpacked = await mkdtemp(join(tmpdir(), "halfgig-people-"));
    try {
      await run("tar", ["-xJf", join(directory, archive), "-C", unpacked]);
      speakers.push(...(await readFolder(unpacked)));
    } finally {
      await rm(unpacked, { recursive: true, force: true });
    }
  }
  return speakers;
}

async function readFolder(directory: string): Promise<Speaker[]> {
  const takes = new Map<string, Float32Array[][]>();
  for (const path of (await readdir(directory, { recursive: true })).sort()) {
    const [, digit, name] = /(?:^|\/)(\d)_([^_/]+)_[^/]*\.wav$/.exec(path) ?? [];
    if (digit === undefined || name === undefined) continue;
    if (!takes.has(name))
      takes.set(
        name,
        Array.from({ length: 10 }, () => []),
      );
    takes.get(name)![Number(digit)]!.push(trim(pcmFromWav(await readFile(join(directory, path))), -32));
  }
  return [...takes]
    .map(([name, digits]) => ({ name, language: "en" as const, takes: digits }))
    .filter((speaker) => speaker.takes.every((digit) => digit.length > 0));
}

/** Digits of one person in a row, each as loud as the others. */
export function spokenDigits({ language, takes }: Speaker, { count, pauseMs }: Saying, random: Random): Item {
  const digits = Array.from({ length: random.integer(...count) }, () => random.integer(0, 9));
  const speech = new Float32Array(longestSpeechSamples);
  const said: string[] = [];
  let end = 0;
  for (const digit of digits) {
    const take = scaled(random.choice(takes[digit]!), 0.5);
    const from = end === 0 ? 0 : end + msToSamples(random.integer(...pauseMs));
    if (from + take.length > speech.length) break;
    speech.set(take, from);
    end = from + take.length;
    said.push(digitWords[language][digit]!);
  }
  return inWindow(speech.subarray(0, end), said.join(" "), language, random);
}
