import { bytesFromPcm, pcmFromBytes, sampleRateHz } from "../../layers/audio/index.ts";
import { noise } from "./noise.ts";
import type { Random } from "./random.ts";
import { power, scaled } from "./signal.ts";

/** One recording of a set, with what is true of it. */
export type Item = {
  /** 16 kHz mono, one window of the demo model. */
  pcm: Float32Array;
  /** "" where nobody speaks. */
  text: string;
  language: string | undefined;
  /** Where speech begins and ends; undefined where nobody speaks. */
  speech: { startMs: number; endMs: number } | undefined;
};

export const windowSeconds = 10;
const windowSamples = windowSeconds * sampleRateHz;

/** Speech longer than this does not fit into a window with an offset. */
export const longestSpeechSamples = 9 * sampleRateHz;

/** Speech at a random place and level in a window, in noise of 15 to 40 dB less (`place` of training/mk_eval.py). */
export function inWindow(speech: Float32Array, text: string, language: string, random: Random): Item {
  const voice = scaled(speech.subarray(0, longestSpeechSamples), random.uniform(0.1, 0.6));
  const offset = random.integer(0, Math.min(windowSamples - voice.length, 3 * sampleRateHz) - 1);
  const level = Math.sqrt(power(voice)) * 10 ** (-random.uniform(15, 40) / 20);
  const pcm = noise(windowSamples, random).map((value) => value * level);
  for (const [n, value] of voice.entries()) pcm[offset + n]! += value;
  const toMs = (samples: number) => Math.round((samples * 1000) / sampleRateHz);
  return {
    pcm: asRecorded(pcm),
    text,
    language,
    speech: { startMs: toMs(offset), endMs: toMs(offset + voice.length) },
  };
}

/** A window in which nobody speaks. */
export function withoutSpeech(pcm: Float32Array): Item {
  return { pcm: asRecorded(pcm), text: "", language: undefined, speech: undefined };
}

/** Through 16 bits and back, as every window comes from a decoder. */
function asRecorded(pcm: Float32Array): Float32Array {
  return pcmFromBytes(bytesFromPcm(pcm));
}
