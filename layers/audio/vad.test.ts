import { existsSync, readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { type ActivityFrame, type ActivityKind, joinSpans } from "./activity.ts";
import { pcmFromBytes, samplesToMs } from "./pcm.ts";
import { VoiceActivityDetector } from "./vad.ts";

const rate = 16_000;

function detect(pcm: Float32Array, portion = 4_001): ActivityFrame[] {
  const detector = new VoiceActivityDetector();
  const frames: ActivityFrame[] = [];
  for (let at = 0; at < pcm.length; at += portion) frames.push(...detector.push(pcm.subarray(at, at + portion)));
  return [...frames, ...detector.flush()];
}

function shares(frames: ActivityFrame[]): Record<ActivityKind, number> {
  const share = (kind: ActivityKind) => frames.filter((frame) => frame.kind === kind).length / frames.length;
  return { speech: share("speech"), other: share("other"), silence: share("silence") };
}

function generate(seconds: number, sample: (t: number) => number): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => sample(i / rate));
}

/** Uniform noise with the given RMS from a fixed generator. */
function noise(rms: number): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32 - 0.5) * rms * Math.sqrt(12);
  };
}

/** Syllables four times a second: a gliding voice whose two formants move, with closures between them. */
function babble(seconds: number, gain: number): Float32Array {
  let phase = 0;
  return generate(seconds, (t) => {
    const syllable = Math.floor(t * 4);
    const within = (t * 4) % 1;
    phase += (110 + 30 * Math.sin(2 * Math.PI * 0.7 * t)) / rate;
    const first = 300 + ((syllable * 37) % 5) * 120 + 150 * within;
    const second = 1000 + ((syllable * 53) % 7) * 220 - 200 * within;
    let value = 0;
    for (let h = 1; h < 30; h++) {
      const hz = h * 120;
      const resonance = 1 / (1 + ((hz - first) / 90) ** 2) + 0.6 / (1 + ((hz - second) / 130) ** 2);
      value += resonance * Math.sin(2 * Math.PI * h * phase);
    }
    return gain * value * Math.sin(Math.PI * within) ** 0.7;
  });
}

function join(...parts: Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const zeros = (seconds: number) => new Float32Array(seconds * rate);

describe("VoiceActivityDetector", () => {
  const tones = [440, 554, 659];
  const notes = [220, 262, 330, 392];
  const sounds: [name: string, pcm: Float32Array, kind: ActivityKind, least: number][] = [
    ["digital silence", zeros(8), "silence", 1],
    ["the noise of a quiet room", generate(8, noise(0.0005)), "silence", 0.95],
    ["DC without sound", generate(8, () => 0.2), "silence", 0.9],
    ["a 1 kHz tone", generate(8, (t) => 0.2 * Math.sin(2 * Math.PI * 1000 * t)), "other", 0.95],
    [
      "mains hum",
      generate(8, (t) => 0.1 * Math.sin(2 * Math.PI * 100 * t) + 0.05 * Math.sin(2 * Math.PI * 300 * t)),
      "other",
      0.95,
    ],
    ["white noise", generate(8, noise(0.1)), "other", 0.95],
    [
      "a held chord",
      generate(8, (t) => 0.1 * tones.reduce((sum, hz) => sum + Math.sin(2 * Math.PI * hz * t), 0)),
      "other",
      0.95,
    ],
    [
      "plucked notes",
      generate(8, (t) => 0.3 * Math.sin(2 * Math.PI * notes[Math.floor(2 * t) % 4]! * t) * Math.exp(-4 * (t % 0.5))),
      "other",
      0.9,
    ],
  ];
  it.each(sounds)("hears %s as it should", (_, pcm, kind, least) => {
    expect(shares(detect(pcm))[kind]).toBeGreaterThanOrEqual(least);
  });

  it.each([0.2, 0.02, 0.004])("hears syllables of gain %d between silences as speech", (gain) => {
    const hiss = noise(0.0002);
    const pcm = join(zeros(2), babble(4, gain), zeros(3), babble(2, gain), zeros(2)).map((value) => value + hiss());
    const spans = joinSpans(detect(pcm));
    const speech = spans.filter(({ kind }) => kind === "speech");
    expect(speech.length).toBe(2);
    expect(speech[0]!.startMs).toBeLessThanOrEqual(2050);
    expect(speech[0]!.startMs).toBeGreaterThan(1700);
    expect(speech[0]!.endMs).toBeGreaterThanOrEqual(5950);
    expect(speech[1]!.startMs).toBeLessThanOrEqual(9050);
    expect(spans.filter(({ kind }) => kind === "silence").length).toBe(3);
  });

  it("hears speech that begins with the file and ends with it", () => {
    expect(shares(detect(babble(3, 0.2))).speech).toBeGreaterThan(0.95);
  });

  it("does not depend on how the audio is cut into chunks", () => {
    const pcm = join(zeros(1), babble(2, 0.1), zeros(1));
    const whole = detect(pcm, pcm.length);
    for (const portion of [1, 159, 161, 16_000])
      expect(detect(pcm.subarray(0, 20_000), portion)).toEqual(detect(pcm.subarray(0, 20_000)));
    expect(detect(pcm, 512)).toEqual(whole);
  });

  it.each([0, 1, 15, 16, 17, 159, 160, 161, 5000, 20_003])("partitions %i samples", (samples) => {
    const spans = joinSpans(detect(new Float32Array(samples).fill(0.1)));
    let at = 0;
    for (const span of spans) {
      expect(span.startMs).toBe(at);
      at = span.endMs;
    }
    expect(at).toBe(samplesToMs(samples));
  });
});

const sileroPath = "../shared/data/vad/silero_vad.onnx";
const recordings = [
  "jfk",
  "test",
  "test_de",
  "test_es",
  "test_fr",
  "test_it",
  "test_ja",
  "test_ko",
  "test_pt",
  "lid_de",
  "lid_es",
  "lid_ru",
];

/** Silero VAD's probability per 512 samples, as its own wrapper runs it: 64 samples of context before each chunk. */
async function sileroSpeech(session: InferenceSession, pcm: Float32Array): Promise<number[]> {
  const sr = new Tensor("int64", BigInt64Array.of(16_000n), []);
  let state = new Tensor("float32", new Float32Array(256), [2, 1, 128]);
  const probabilities: number[] = [];
  for (let at = 0; at < pcm.length; at += 512) {
    const input = new Float32Array(576);
    input.set(pcm.subarray(Math.max(0, at - 64), at), at === 0 ? 64 : 0);
    input.set(pcm.subarray(at, at + 512), 64);
    const result = await session.run({ input: new Tensor("float32", input, [1, 576]), state, sr });
    state = result.stateN as typeof state;
    probabilities.push((result.output!.data as Float32Array)[0]!);
  }
  return probabilities;
}

describe.skipIf(!existsSync(sileroPath))("against Silero VAD on recordings", () => {
  it.each(recordings)("finds the speech of %s", async (name) => {
    const wav = readFileSync(`../shared/data/speech/${name}.wav`);
    const data = wav.indexOf("data", 12, "latin1") + 8;
    const pcm = pcmFromBytes(wav.subarray(data, wav.length - ((wav.length - data) % 2))).subarray(0, 30 * rate);
    const session = await InferenceSession.create(sileroPath, { intraOpNumThreads: 1, logSeverityLevel: 3 });
    try {
      const probabilities = await sileroSpeech(session, pcm);
      const frames = detect(pcm);
      const isSpeech = frames.map(({ kind }) => kind === "speech");
      const reference = frames.map((_, i) => probabilities[Math.floor((i * 160) / 512)]! >= 0.5);
      const wanted = reference.flatMap((speech, i) => (speech ? [i] : []));
      // A collar of 200 ms: where a word begins is a matter of taste.
      const found = wanted.filter((i) => isSpeech.slice(Math.max(0, i - 20), i + 21).includes(true));
      expect(found.length / wanted.length).toBeGreaterThanOrEqual(0.95);
      const silenced = wanted.filter((i) => frames[i]!.kind === "silence");
      expect(silenced.length / wanted.length).toBeLessThanOrEqual(0.005);
    } finally {
      await session.release();
    }
  });
});
