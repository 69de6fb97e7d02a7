import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { bytesFromPcm, pcmFromBytes, sampleRateHz } from "../../layers/audio/index.ts";
import { ffmpegPath } from "../../layers/media/index.ts";
import { noise, power, type Random } from "../eval/index.ts";

/** What happens to a recording on its way. The same is done to a human and to a synthetic voice, so that it tells nothing. */
export type Chain = {
  /** Of the whole recording, in dBFS: equal peaks would leave synthesizers, which are more even, louder. */
  levelDb: number;
  noise: { belowSpeechDb: number; samples: Float32Array };
  codec: Codec;
};

export type Codec = { name: string; encode: readonly string[]; format: string } | null;

/** What recordings are sent through; null is none. */
export const codecs: readonly Codec[] = [
  null,
  { name: "mp3 32k", encode: ["-c:a", "libmp3lame", "-b:a", "32k"], format: "mp3" },
  { name: "opus 16k", encode: ["-c:a", "libopus", "-b:a", "16k"], format: "ogg" },
  { name: "opus 32k", encode: ["-c:a", "libopus", "-b:a", "32k"], format: "ogg" },
  { name: "aac 32k", encode: ["-c:a", "aac", "-b:a", "32k"], format: "adts" },
  { name: "telephone", encode: ["-ar", "8000", "-c:a", "pcm_mulaw"], format: "wav" },
];

/** Level, and a room so quiet that it only hides the digital silence of synthesizers. */
export function cleanChain(samples: number, random: Random): Chain {
  return { levelDb: level(random), noise: noiseOf(samples, [50, 60], random), codec: null };
}

/** Level, noise of 8 to 40 dB below the voice in four of five, and a codec. */
export function degradedChain(samples: number, random: Random): Chain {
  const belowSpeechDb: [number, number] = random.next() < 0.8 ? [8, 40] : [40, 60];
  return { levelDb: level(random), noise: noiseOf(samples, belowSpeechDb, random), codec: random.choice(codecs) };
}

/** Low enough for the peaks of speech to stay in range. */
function level(random: Random): number {
  return random.uniform(-36, -22);
}

function noiseOf(samples: number, [least, most]: [number, number], random: Random): Chain["noise"] {
  return { belowSpeechDb: random.uniform(least, most), samples: noise(samples, random) };
}

/** `pcm` after the chain: as long as before. */
export async function through(chain: Chain, pcm: Float32Array): Promise<Float32Array> {
  const noiseGain = Math.sqrt(power(pcm)) * 10 ** (-chain.noise.belowSpeechDb / 20);
  const noisy = pcm.map((value, n) => value + noiseGain * chain.noise.samples[n]!);
  const gain = 10 ** (chain.levelDb / 20) / Math.sqrt(power(noisy) + 1e-12);
  const bytes = bytesFromPcm(noisy.map((value) => gain * value));
  if (!chain.codec) return pcmFromBytes(bytes);
  const raw = ["-f", "s16le", "-ar", String(sampleRateHz), "-ac", "1"];
  const { encode, format } = chain.codec;
  const encoded = await pipe([...raw, "-i", "pipe:0", ...encode, "-f", format, "pipe:1"], bytes);
  const input = format === "adts" ? "aac" : format;
  const decoded = pcmFromBytes(await pipe(["-f", input, "-i", "pipe:0", ...raw, "pipe:1"], encoded));
  const out = new Float32Array(pcm.length);
  out.set(decoded.subarray(0, out.length));
  return out;
}

/** @throws Error with what ffmpeg said when it failed */
async function pipe(args: readonly string[], input: Uint8Array): Promise<Buffer> {
  const child = spawn(ffmpegPath(), ["-nostdin", "-v", "error", "-threads", "1", ...args]);
  const closed = Promise.withResolvers<number | null>();
  child.on("error", closed.reject);
  child.on("close", closed.resolve);
  // An encoder that ends early says why on stderr; the broken pipe is no news besides.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [output, errors, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), closed.promise]);
  if (code !== 0) throw new Error(`ffmpeg ${args.join(" ")} failed: ${errors.toString("utf8").trim()}`);
  return output;
}
