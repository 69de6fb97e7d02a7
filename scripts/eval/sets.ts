import { sampleRateHz } from "../../layers/audio/index.ts";
import { type Item, inWindow, longestSpeechSamples, windowSeconds, withoutSpeech } from "./compose.ts";
import { digitString, type Language, languages, sentence } from "./grammar.ts";
import { music, noise, white } from "./noise.ts";
import { type Saying, type Speaker, spokenDigits } from "./people.ts";
import { Random } from "./random.ts";
import { fliteRms, heldOutVoice } from "./voices.ts";

/** Recordings that are judged together. The same name, size and seed give the same recordings. */
export type EvalSet = {
  name: string;
  language: string;
  /** Whether the shipped weights were trained on these voices. */
  voices: "never heard" | "trained on" | "none";
  items: () => AsyncGenerator<Item> | Generator<Item>;
};

export type SetOptions = { seed: number; count: number };

type Text = (random: Random) => string;
type Voice = (text: string, random: Random) => Promise<Float32Array>;

async function* spoken(name: string, language: Language, count: number, text: Text, voice: Voice) {
  const random = new Random(name);
  for (let n = 0; n < count; ) {
    const words = text(random);
    const speech = await voice(words, random);
    if (speech.length >= longestSpeechSamples) continue;
    yield inWindow(speech, words, language, random);
    n++;
  }
}

const kinds = (language: Language): [name: string, Text][] => [
  ["digits", (random) => digitString(language, random.integer(3, 7), random)],
  ["sentences", (random) => sentence(language, random)],
];

/** espeak-ng's variants that training never used: digits and sentences in four languages. */
export function espeakSets({ seed, count }: SetOptions): EvalSet[] {
  return languages.flatMap((language) =>
    kinds(language).map(([kind, text]): EvalSet => {
      const name = `espeak-ng, ${kind}`;
      const voice: Voice = (words, random) => heldOutVoice(words, language, random);
      const items = () => spoken(`${name} ${language} ${seed}`, language, count, text, voice);
      return { name, language, voices: "never heard", items };
    }),
  );
}

export function fliteSets({ seed, count }: SetOptions): EvalSet[] {
  return kinds("en").map(([kind, text]) => {
    const name = `flite rms, ${kind}`;
    const items = () => spoken(`${name} ${seed}`, "en", count, text, fliteRms);
    return { name, language: "en", voices: "never heard", items };
  });
}

/** As the recordings of digits were put together from the beginning, so that figures stay comparable. */
const inARow: Saying = { count: [3, 7], pauseMs: [50, 350] };
/** As people dictate a number: sometimes without a pause, sometimes with a breath. */
const dictated: Saying = { count: [3, 8], pauseMs: [20, 600] };
const alone: Saying = { count: [1, 1], pauseMs: [0, 0] };

/** Takes of the Free Spoken Digit Dataset's kind, in a row. */
export function peopleSets(
  speakers: readonly Speaker[],
  voices: EvalSet["voices"],
  { seed, count }: SetOptions,
): EvalSet[] {
  return speakers.map((speaker) => ({
    name: `person ${speaker.name}, digits`,
    language: speaker.language,
    voices,
    *items() {
      const random = new Random(`${speaker.name} ${seed}`);
      for (let n = 0; n < count; n++) yield spokenDigits(speaker, inARow, random);
    },
  }));
}

/** People with one take of each digit, over the telephone: digits alone, and numbers as one dictates them. */
export function strangerSets(speakers: readonly Speaker[], { seed, count }: SetOptions): EvalSet[] {
  return speakers.flatMap((speaker) =>
    (
      [
        ["digit alone", alone],
        ["digits dictated", dictated],
      ] as const
    ).map(([kind, saying]): EvalSet => {
      const name = `person ${speaker.name}, ${kind}`;
      return {
        name,
        language: speaker.language,
        voices: "never heard",
        *items() {
          const random = new Random(`${name} ${speaker.language} ${seed}`);
          for (let n = 0; n < count; n++) yield spokenDigits(speaker, saying, random);
        },
      };
    }),
  );
}

/** Digital silence, quiet hiss, coloured noise with and without hum; and music, which training had none of. */
export function silentSets({ seed, count }: SetOptions): EvalSet[] {
  const samples = windowSeconds * sampleRateHz;
  const set = (name: string, make: (random: Random, n: number) => Float32Array): EvalSet => ({
    name,
    language: "",
    voices: "none",
    *items() {
      const random = new Random(`${name} ${seed}`);
      for (let n = 0; n < count; n++) yield withoutSpeech(make(random, n));
    },
  });
  const at = (pcm: Float32Array, level: number) => pcm.map((value) => value * level);
  return [
    set("silence and hiss", (random, n) =>
      n % 4 === 0 ? new Float32Array(samples) : at(white(samples, random), 10 ** -random.uniform(2, 4)),
    ),
    set("noise", (random) => at(noise(samples, random), 10 ** -random.uniform(0.8, 3.5))),
    set("music", (random) => at(music(samples, random), 10 ** -random.uniform(0.8, 2))),
  ];
}
