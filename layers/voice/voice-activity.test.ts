import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { joinSpans, msToSamples, sampleRateHz, samplesToMs } from "../audio/index.ts";
import { Silero, sileroPath, VoiceActivityDetector } from "../voice-activity/index.ts";
import { judgeVoice } from "./judge-recording.ts";
import { builtModel, goodCard } from "./scripted-scorer.fixture.ts";

/** The most dangerous detector there is: sure that everything is synthetic. */
const accuser = { score: async () => ({ spoofProbability: 1 }) };

let silero: Silero;
beforeAll(async () => {
  silero = await Silero.open(sileroPath);
});
afterAll(() => silero[Symbol.asyncDispose]());

async function judge(pcm: Float32Array) {
  const detector = new VoiceActivityDetector(silero);
  const activity = joinSpans([...(await detector.push(pcm)), ...(await detector.flush())]).map((span) => ({
    ...span,
    endMs: Math.min(span.endMs, samplesToMs(pcm.length)),
  }));
  const read = async (startMs: number, endMs: number) => pcm.slice(msToSamples(startMs), msToSamples(endMs));
  return judgeVoice({ activity, read, scorer: accuser, card: goodCard, model: builtModel });
}

const silence = (ms: number) => new Float32Array(msToSamples(ms));

/** Chords that change every 400 ms. */
function music(ms: number): Float32Array {
  return silence(ms).map((_, n) => {
    const root = 220 * 2 ** ((Math.floor(n / (0.4 * sampleRateHz)) % 5) / 12);
    return [1, 1.25, 1.5].reduce(
      (sum, ratio) => sum + 0.1 * Math.sin((2 * Math.PI * root * ratio * n) / sampleRateHz),
      0,
    );
  });
}

/** Something of a vowel: a buzz at 120 Hz under a slow envelope. */
function syllable(ms: number): Float32Array {
  return silence(ms).map((_, n) => {
    let sum = 0;
    for (let k = 1; k <= 20; k++) sum += Math.sin((2 * Math.PI * 120 * k * n) / sampleRateHz) / k;
    return 0.2 * sum * Math.sin((Math.PI * n) / msToSamples(ms)) ** 2;
  });
}

function joined(...parts: Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

describe("with voice activity detection, and a detector that accuses everything", () => {
  it.each<[string, Float32Array, string[]]>([
    ["silence", silence(5000), ["silence"]],
    ["music", music(20_000), ["no_speech"]],
    [
      "0.3 s of a voice",
      joined(silence(3000), syllable(300), silence(3000)),
      ["too_little_speech", "no_speech", "silence"],
    ],
    ["nothing", silence(0), ["no_audio"]],
  ])("%s is uncertain, for that reason", async (_, pcm, allowed) => {
    const report = await judge(pcm);
    expect(report).toMatchObject({ verdict: "uncertain", score: null, windows: [] });
    expect(report.reasons).toHaveLength(1);
    expect(allowed).toContain(report.reasons[0]?.code);
  });
});
