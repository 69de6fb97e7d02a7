import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { pcmFromBytes } from "../../layers/audio/index.ts";
import { ffmpegPath } from "../../layers/media/index.ts";
import type { Language } from "./grammar.ts";
import type { Speaker } from "./people.ts";
import { resample, trim } from "./signal.ts";

const run = promisify(execFile);
const telephoneRateHz = 8_000;

/** A person whose recordings of the ten digits, one take each, are in a Debian package. */
export type Stranger = {
  name: string;
  language: Language;
  /** The Debian package, and what its copyright file says about the recordings. */
  debianPackage: string;
  licence: string;
  /** Where the package puts a digit. */
  path: (digit: number) => string;
  /** What ffmpeg must be told about files without a header. */
  format?: readonly string[];
};

const asterisk = (folder: string, extension: string) => (digit: number) =>
  `/usr/share/asterisk/sounds/${folder}/digits/${digit}.${extension}`;

/**
 * People that the demo model never heard: prompts of telephone systems, 8 kHz, so nothing above 4 kHz. Two are through GSM 06.10, one
 * is µ-law. Debian has nobody who says German digits. Nothing of theirs is part of halfgig, and nothing was trained on them.
 */
export const strangers: readonly Stranger[] = [
  {
    name: "Allison Smith",
    language: "en",
    debianPackage: "asterisk-core-sounds-en-wav",
    licence: "CC BY-SA 3.0",
    path: asterisk("en_US_f_Allison", "wav"),
  },
  {
    name: "David Dawson",
    language: "en",
    debianPackage: "saytime",
    licence: "GPL",
    path: (digit) => `/usr/share/saytime/${digit}.au`,
    format: ["-f", "mulaw", "-ar", String(telephoneRateHz)],
  },
  {
    name: "Allison Smith",
    language: "es",
    debianPackage: "asterisk-core-sounds-es-wav",
    licence: "CC BY-SA 3.0",
    path: asterisk("es_MX_f_Allison", "wav"),
  },
  {
    name: "July Jiménez",
    language: "es",
    debianPackage: "asterisk-prompt-es-co",
    licence: "GPL 2",
    path: asterisk("es", "gsm"),
  },
  {
    name: "June Wallack",
    language: "fr",
    debianPackage: "asterisk-core-sounds-fr-wav",
    licence: "CC BY-SA 3.0",
    path: asterisk("fr_CA_f_June", "wav"),
  },
  {
    name: "Armelle Desjardins",
    language: "fr",
    debianPackage: "asterisk-prompt-fr-armelle",
    licence: "BSD",
    path: asterisk("fr", "gsm"),
  },
];

const digits = Array.from({ length: 10 }, (_, digit) => digit);

/** The person's takes of the ten digits; undefined where the package is not installed. */
export async function readStranger({ name, language, path, format }: Stranger): Promise<Speaker | undefined> {
  const paths = digits.map(path);
  if (!paths.every(existsSync)) return undefined;
  const takes = await Promise.all(paths.map(async (file) => [trim(await decode(file, format))]));
  return { name, language, takes };
}

/** What to tell a person without the packages; undefined where none is missing. */
export function howToInstallStrangers(missing: readonly Stranger[]): string | undefined {
  if (missing.length === 0) return undefined;
  const who = missing.map(({ name, language }) => `${name} (${language})`).join(", ");
  const packages = missing.map(({ debianPackage }) => debianPackage).join(" ");
  return `${who}: not installed, so these people are left out. On Debian and Ubuntu: sudo apt-get install --no-install-recommends ${packages}`;
}

/** Any file of one voice; it is taken to 8 kHz first, whatever it was, so that the bandwidth is the telephone's. */
async function decode(path: string, format: readonly string[] = []): Promise<Float32Array> {
  const output = ["-map", "0:a:0", "-ac", "1", "-ar", String(telephoneRateHz), "-f", "s16le", "pipe:1"];
  const { stdout } = await run(ffmpegPath(), ["-nostdin", "-v", "error", ...format, "-i", path, ...output], {
    encoding: "buffer",
    maxBuffer: 2 ** 24,
  });
  return resample(pcmFromBytes(stdout), telephoneRateHz);
}
