import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ActivityFrame, type ActivityKind, joinSpans, samplesToMs } from "../audio/index.ts";
import { SoundOnlyDetector, VoiceActivityDetector } from "./detector.ts";
import { englishDigits } from "./samples.fixture.ts";
import { Silero, sileroPath } from "./silero.ts";

const rate = 16_000;

let silero: Silero;
let digits: Float32Array;
beforeAll(async () => {
  silero = await Silero.open(sileroPath);
  digits = await englishDigits();
});
afterAll(() => silero[Symbol.asyncDispose]());

async function detect(pcm: Float32Array, portions: readonly number[] = [4_001]): Promise<ActivityFrame[]> {
  const detector = new VoiceActivityDetector(silero);
  const frames: ActivityFrame[] = [];
  for (let at = 0, n = 0; at < pcm.length; n++) {
    const portion = portions[n % portions.length]!;
    frames.push(...(await detector.push(pcm.subarray(at, at + portion))));
    at += portion;
  }
  return [...frames, ...(await detector.flush())];
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
const tones = [440, 554, 659];
const notes = [220, 262, 330, 392];
/** A drum that falls in pitch, and a brush between. */
function drums(seconds: number): Float32Array {
  const brush = noise(0.2);
  return generate(seconds, (t) => {
    const beat = t % 0.5;
    const stroke = 0.5 * Math.sin(2 * Math.PI * (60 * beat + 20 * Math.exp(-20 * beat))) * Math.exp(-12 * beat);
    return stroke + brush() * Math.exp(-30 * ((t + 0.25) % 0.5));
  });
}

describe("VoiceActivityDetector", () => {
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
    ["drums", drums(8), "other", 0.9],
  ];
  it.each(sounds)("hears %s as it should", async (_, pcm, kind, least) => {
    const frames = await detect(pcm);
    expect(shares(frames)[kind]).toBeGreaterThanOrEqual(least);
    expect(shares(frames).speech).toBe(0);
  });

  it.each([1, 0.1, 0.02])("hears spoken digits of gain %d between silences as speech", async (gain) => {
    const hiss = noise(0.0001);
    const spoken = (await detect(digits)).map(({ kind }) => kind === "speech");
    const pcm = join(zeros(3), digits, zeros(3)).map((value) => gain * value + hiss());
    const frames = (await detect(pcm)).map(({ kind }) => kind === "speech");
    const wanted = spoken.flatMap((speech, i) => (speech ? [i + 300] : []));
    expect(wanted.length).toBeGreaterThan(300);
    const found = wanted.filter((i) => frames[i]).length;
    expect(found / wanted.length).toBeGreaterThan(0.9);
    expect(found / frames.filter((speech) => speech).length).toBeGreaterThan(0.9);
  });

  it.each([
    [10, 0.95],
    [5, 0.93],
    [0, 0.85],
  ])("finds the same speech in white noise at %i dB", async (snrDb, least) => {
    const power = (pcm: Float32Array) => pcm.reduce((sum, value) => sum + value * value, 0) / pcm.length;
    const clean = await detect(digits);
    const active = digits.filter((_, i) => clean[Math.floor(i / 160)]!.kind === "speech");
    const hiss = noise(Math.sqrt(power(active) / 10 ** (snrDb / 10)));
    const noisy = await detect(digits.map((value) => value + hiss()));
    let both = 0;
    let either = 0;
    for (const [i, { kind }] of clean.entries()) {
      const spoken = [kind, noisy[i]!.kind].filter((one) => one === "speech").length;
      both += spoken === 2 ? 2 : 0;
      either += spoken;
    }
    expect(both / either).toBeGreaterThan(least);
  });

  it("does not depend on how the audio is cut into chunks", async () => {
    const pcm = digits.subarray(0, 100_003);
    const whole = await detect(pcm, [pcm.length]);
    expect(await detect(pcm.subarray(0, 20_000), [1])).toEqual(await detect(pcm.subarray(0, 20_000), [20_000]));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }), async (portions) => {
        const chunks = portions.every((portion) => portion < 100) ? [...portions, 5_000] : portions;
        expect(await detect(pcm, chunks)).toEqual(whole);
      }),
      { numRuns: 15 },
    );
  }, 60_000);

  it.each([0, 1, 15, 16, 17, 159, 160, 161, 512, 513, 1_024, 5_000, 20_003])(
    "partitions %i samples",
    async (samples) => {
      const pcm = new Float32Array(samples).fill(0.1);
      const soundOnly = new SoundOnlyDetector();
      const withoutModel = [...(await soundOnly.push(pcm)), ...(await soundOnly.flush())];
      for (const frames of [await detect(pcm), withoutModel]) {
        let at = 0;
        for (const span of joinSpans(frames)) {
          expect(span.startMs).toBe(at);
          at = span.endMs;
        }
        expect(at).toBe(samplesToMs(samples));
      }
    },
  );

  it("keeps no more of an hour than of a minute", async () => {
    const detector = new VoiceActivityDetector(silero);
    const second = digits.subarray(0, rate);
    let latest = 0;
    let given = 0;
    for (let pushed = 1; pushed <= 600; pushed++) {
      given += (await detector.push(second)).length;
      latest = Math.max(latest, pushed * 100 - given);
    }
    // What has not been given out is what is kept.
    expect(latest).toBeLessThanOrEqual(250);
  }, 60_000);
});

describe("SoundOnlyDetector", () => {
  it("calls nothing speech, and hears the same sound and silence", async () => {
    const detector = new SoundOnlyDetector();
    const frames = [...(await detector.push(digits)), ...(await detector.flush())];
    const full = await detect(digits);
    expect(shares(frames).speech).toBe(0);
    for (const [i, { kind, levelDb }] of frames.entries()) {
      expect(levelDb).toBe(full[i]!.levelDb);
      if (full[i]!.kind !== "speech") expect(kind).toBe(full[i]!.kind);
    }
  });
});
