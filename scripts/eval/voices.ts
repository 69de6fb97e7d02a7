import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Language } from "./grammar.ts";
import type { Random } from "./random.ts";
import { pcmFromWav, trim } from "./signal.ts";

const run = promisify(execFile);

/** Variants of espeak-ng that were kept out of the demo model's training, in every language. */
const heldOutVariants = ["f4", "m7", "Andrea", "steph2"];
const accents: Record<Language, readonly string[]> = {
  en: ["en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-029"],
  de: ["de"],
  es: ["es", "es-419"],
  fr: ["fr-fr", "fr-be", "fr-ch"],
};

export type Synthesizer = "espeak-ng" | "flite";

export async function isInstalled(program: Synthesizer): Promise<boolean> {
  const found = await run(program, ["--version"]).catch((error: NodeJS.ErrnoException) => error);
  return !(found instanceof Error) || found.code !== "ENOENT";
}

/** What to tell a person without the program. */
export function howToInstall(program: Synthesizer): string {
  return `${program} is not installed, so its voices are left out. On Debian and Ubuntu: sudo apt-get install ${program}`;
}

/** `text` by a voice of espeak-ng that the demo model never heard; 16 kHz, without silence at its ends. */
export async function heldOutVoice(text: string, language: Language, random: Random): Promise<Float32Array> {
  const voice = `${random.choice(accents[language])}+${random.choice(heldOutVariants)}`;
  const speed = String(random.integer(130, 195));
  const pitch = String(random.integer(25, 80));
  const { stdout } = await run("espeak-ng", ["-v", voice, "-s", speed, "-p", pitch, "--stdout", text], {
    encoding: "buffer",
    maxBuffer: 16 * 2 ** 20,
  });
  return trim(pcmFromWav(stdout));
}

/** `text` by flite's `rms`, a voice cut from recordings of a man; kept out of training like the others. */
export async function fliteRms(text: string, random: Random): Promise<Float32Array> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-flite-"));
  try {
    const path = join(directory, "speech.wav");
    const stretch = `duration_stretch=${random.uniform(0.9, 1.15).toFixed(2)}`;
    await run("flite", ["-voice", "rms", "--setf", stretch, "-t", text, "-o", path]);
    return trim(pcmFromWav(await readFile(path)));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
