import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bytesFromPcm, bytesPerSample, msToSamples, pcmFromBytes, samplesToMs } from "../../layers/audio/index.ts";
import { chooseAudioTrack, decodePcm, fileSource, probeMedia } from "../../layers/media/index.ts";
import {
  digitString,
  heldOutVoice,
  type Item,
  inWindow,
  isInstalled,
  type Language,
  languages,
  music,
  noise,
  Random,
  scaled,
} from "../../scripts/eval/index.ts";
import { sample } from "../e2e/support/media.ts";

export type Utterance = { startMs: number; endMs: number; text: string; language: string };
export type Recording = { durationMs: number; utterances: Utterance[]; voices: string };

type Speaker = (language: Language) => Promise<{ pcm: Float32Array; text: string; language: string }>;

/**
 * Writes a 16 kHz mono WAV of exactly `minutes`: digits in four languages, and between them silence, noise, music-like
 * chords and tones. Written as a stream, one stretch in memory; the same seed gives the same file.
 * @returns what is said in it, and when
 */
export async function writeRecording(path: string, minutes: number, seed: string): Promise<Recording> {
  const random = new Random(seed);
  const total = msToSamples(minutes * 60_000);
  const utterances: Utterance[] = [];
  const espeak = await isInstalled("espeak-ng");
  const speak = espeak ? synthetic(random) : recombined(await sampleUtterances(), random);

  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield wavHeader(total);
    let at = 0;
    for await (const stretch of stretches(speak, random)) {
      if (stretch.utterance && at + stretch.pcm.length <= total) {
        const { text, language, offset, samples } = stretch.utterance;
        const startMs = samplesToMs(at + offset);
        utterances.push({ startMs, endMs: startMs + samplesToMs(samples), text, language });
      }
      const fits = stretch.pcm.length <= total - at || !stretch.utterance;
      const pcm = fits ? stretch.pcm.subarray(0, total - at) : new Float32Array(total - at);
      yield bytesFromPcm(pcm);
      at += pcm.length;
      if (at >= total) return;
    }
  }
  await pipeline(Readable.from(bytes()), createWriteStream(path));
  return { durationMs: minutes * 60_000, utterances, voices: espeak ? "espeak-ng" : "recombined samples" };
}

type Stretch = {
  pcm: Float32Array;
  utterance?: { text: string; language: string; offset: number; samples: number };
};

async function* stretches(speak: Speaker, random: Random): AsyncGenerator<Stretch> {
  for (;;) {
    // A language stays for a while, as in a recording of people.
    const language = random.choice(languages);
    for (let turn = random.integer(3, 8); turn > 0; turn--) {
      const { pcm, ...said } = await speak(language);
      yield inRoom(scaled(pcm, random.uniform(0.1, 0.6)), said, random);
      yield { pcm: between(random) };
    }
  }
}

/** An utterance with half a second to a second of the room before and after it. */
function inRoom(speech: Float32Array, said: { text: string; language: string }, random: Random): Stretch {
  const offset = msToSamples(random.integer(500, 1000));
  const level = 10 ** -random.uniform(2.8, 3.6);
  const pcm = noise(speech.length + 2 * offset, random).map((value) => value * level);
  for (const [n, value] of speech.entries()) pcm[offset + n]! += value;
  return { pcm, utterance: { ...said, offset, samples: speech.length } };
}

/** What there is between two utterances. */
function between(random: Random): Float32Array {
  const samples = (from: number, to: number) => msToSamples(random.integer(from, to));
  const at = (pcm: Float32Array, from: number, to: number) => {
    const level = 10 ** -random.uniform(from, to);
    return pcm.map((value) => value * level);
  };
  const kind = random.next();
  if (kind < 0.6) return new Float32Array(samples(1_000, 9_000));
  if (kind < 0.8) return at(noise(samples(2_000, 10_000), random), 1, 3);
  if (kind < 0.9) return at(music(samples(2_000, 8_000), random), 1, 2);
  const step = (2 * Math.PI * random.uniform(200, 3000)) / 16_000;
  return at(
    Float32Array.from({ length: samples(500, 4_000) }, (_, n) => Math.sin(step * n)),
    0.5,
    1.5,
  );
}

function synthetic(random: Random): Speaker {
  return async (language) => {
    const text = digitString(language, random.integer(3, 6), random);
    return { pcm: await heldOutVoice(text, language, random), text, language };
  };
}

/** Without a synthesizer: the utterances of the bundled samples, in any order. */
function recombined(utterances: readonly (Utterance & { pcm: Float32Array })[], random: Random): Speaker {
  return async () => random.choice(utterances);
}

/** Where scripts/make-samples.sh put the utterances, to the tenth of a second in which it is quiet on either side. */
async function sampleUtterances(): Promise<(Utterance & { pcm: Float32Array })[]> {
  const english = await samplePcm(sample.english);
  const german = await samplePcm(sample.german);
  const cut = (pcm: Float32Array, startMs: number, endMs: number, text: string, language: string) => ({
    pcm: pcm.slice(msToSamples(startMs), msToSamples(endMs)),
    ...{ startMs, endMs, text, language },
  });
  return [
    cut(english, 700, 2_000, "one two three", "en"),
    cut(english, 3_500, 5_000, "four five six", "en"),
    cut(english, 11_400, 13_100, "seven eight nine", "en"),
    cut(german, 400, 1_900, "eins zwei drei", "de"),
  ];
}

/** The utterances of the bundled samples, each in a window. */
export async function bundledItems(): Promise<Item[]> {
  const random = new Random("bundled samples");
  return (await sampleUtterances()).map(({ pcm, text, language }) => inWindow(pcm, text, language, random));
}

async function samplePcm(path: string): Promise<Float32Array> {
  const source = await fileSource(path);
  const info = await probeMedia(source);
  await using decoder = decodePcm(source, {
    audioTrack: chooseAudioTrack(info).index,
    demuxer: info.demuxer,
    declaredDurationMs: info.durationMs,
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of decoder.stdout) chunks.push(chunk);
  await decoder.done;
  return pcmFromBytes(Buffer.concat(chunks));
}

/** RIFF WAVE, PCM, 16 kHz, mono, 16 bits. */
function wavHeader(samples: number): Buffer {
  const dataBytes = samples * bytesPerSample;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + dataBytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(16_000 * bytesPerSample, 28);
  header.writeUInt16LE(bytesPerSample, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}
