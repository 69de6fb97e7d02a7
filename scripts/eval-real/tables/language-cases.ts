import { join } from "node:path";
import { sampleRateHz } from "../../../layers/audio/index.ts";
import { Random } from "../../eval/random.ts";
import type { Recordings } from "../../real-models/index.ts";
import { atDecibels, chords, pinkNoise, whiteNoise } from "../../sounds/index.ts";
import { firstSeconds, readAudio, silence } from "../recordings.ts";
import { loudSpans, type Said } from "../score/labels.ts";

export type LanguageCase = { name: string; pcm: Float32Array; said: Said[] };

/** Recordings one after the other, with what is said where. */
export function sequence(parts: readonly ({ pcm: Float32Array; language?: string } | Float32Array)[]): {
  pcm: Float32Array;
  said: Said[];
} {
  const said: Said[] = [];
  let samples = 0;
  const pieces = parts.map((part) => {
    const { pcm, language } = part instanceof Float32Array ? { pcm: part, language: undefined } : part;
    const offsetMs = (samples * 1_000) / sampleRateHz;
    if (language !== undefined) {
      for (const { startMs, endMs } of loudSpans(pcm)) {
        said.push({ startMs: offsetMs + startMs, endMs: offsetMs + endMs, language });
      }
    }
    samples += pcm.length;
    return pcm;
  });
  const whole = new Float32Array(samples);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return { pcm: whole, said };
}

/** The sentences of data/speech by language. */
export async function sentences({ speech }: Recordings) {
  const languages = ["en", "de", "es", "fr", "it", "ja", "ko", "pt"] as const;
  const entries = languages.map(async (language) => {
    const name = language === "en" ? "test.wav" : `test_${language}.wav`;
    return [language, { pcm: await readAudio(join(speech, name)), language }] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<
    (typeof languages)[number],
    { pcm: Float32Array; language: string }
  >;
}

/** Two sentences each, in turns, with pauses between them. */
const pairs = [
  ["en", "de", 0.3],
  ["en", "es", 0.5],
  ["en", "fr", 0.7],
  ["de", "fr", 1],
  ["en", "ja", 0.5],
  ["it", "ko", 0.8],
] as const;
const turns = 3;

/** English for half a minute, then 20 s of German. */
export async function englishThenGerman(recordings: Recordings) {
  const of = (name: string) => readAudio(join(recordings.speech, name));
  const english = [
    await of("jfk.wav"),
    await of("test.wav"),
    await readAudio(join(recordings.human, "1688-142285-0000.flac")),
  ];
  const german = firstSeconds(await of("lid_de.wav"), 20);
  return sequence([
    ...english.flatMap((pcm) => [{ pcm, language: "en" }, silence(0.5)]),
    { pcm: german, language: "de" },
  ]);
}

export async function languageCases(recordings: Recordings): Promise<LanguageCase[]> {
  const said = await sentences(recordings);
  const german = { pcm: firstSeconds(await readAudio(join(recordings.speech, "lid_de.wav")), 20), language: "de" };
  const fourty = { samples: 40 * sampleRateHz };
  const before = [
    ["40 s of quiet noise", atDecibels(whiteNoise({ ...fourty, random: new Random("quiet") }), -65)],
    ["40 s of music", atDecibels(chords({ ...fourty, random: new Random("music") }), -20)],
    ["40 s of pink noise", atDecibels(pinkNoise({ ...fourty, random: new Random("pink") }), -35)],
  ] as const;
  return [
    {
      name: "English, German, French, Japanese, 1 s between",
      ...sequence([said.en, silence(1), said.de, silence(1), said.fr, silence(1), said.ja]),
    },
    { name: "33 s of English, then 20 s of German", ...(await englishThenGerman(recordings)) },
    ...before.map(([name, pcm]) => ({ name: `${name}, then 20 s of German`, ...sequence([pcm, german]) })),
    ...pairs.map(([one, other, pause]) => ({
      name: `${one} and ${other} in turns, ${pause} s between`,
      ...sequence(Array.from({ length: turns }, () => [said[one], silence(pause), said[other], silence(pause)]).flat()),
    })),
  ];
}
