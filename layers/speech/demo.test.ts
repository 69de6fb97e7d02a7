import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ffmpeg from "@ffmpeg-installer/ffmpeg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LogMelMaximum, pcmFromBytes } from "../audio/index.ts";
import { type SpeechModel, WhisperModel } from "../inference/index.ts";
import { resolveModel } from "../models/index.ts";
import { type ExactSlice, transcribeExact } from "./exact.ts";
import { type ExactOptions, exactStart } from "./exact-checkpoint.ts";
import { detectLanguage } from "./language-windows.ts";
import { loadTokenizer, type Tokenizer } from "./tokenizer.ts";
import { transcribeWindow } from "./transcribe-window.ts";
import type { WindowSegment } from "./window-segment.ts";

let modelsDirectory: string;
let model: SpeechModel;
let tokenizer: Tokenizer;
/** The German sample: digits, spoken by a synthetic voice. */
let speech: Float32Array;
/** What parallel mode makes of it. */
let spoken: string;

beforeAll(async () => {
  modelsDirectory = await mkdtemp(join(tmpdir(), "halfgig-speech-"));
  const { directory } = await resolveModel({ id: "demo", modelsDirectory, precision: "int8" });
  model = await WhisperModel.load({ directory });
  tokenizer = await loadTokenizer(directory, model.manifest);
  const flags = [
    "-nostdin",
    "-v",
    "error",
    "-i",
    "samples/digits.de.ogg",
    "-ac",
    "1",
    "-ar",
    "16000",
    "-f",
    "s16le",
    "-",
  ];
  speech = pcmFromBytes(execFileSync(ffmpeg.path, flags, { maxBuffer: 2 ** 26 })).subarray(0, 160_000);
  spoken = textOf((await transcribeWindow(model, tokenizer, speech, { task: "transcribe" })).segments);
});
afterAll(async () => {
  await model?.[Symbol.asyncDispose]();
  await rm(modelsDirectory, { recursive: true, force: true });
});

const textOf = (segments: WindowSegment[]) => segments.map(({ text }) => text).join(" ");

function expectWordsInOrder(segments: WindowSegment[], endMs: number) {
  let last = 0;
  for (const segment of segments) {
    expect(segment.words!.length).toBeGreaterThan(0);
    expect(
      segment
        .words!.map(({ text }) => text)
        .join("")
        .trim(),
    ).toBe(segment.text);
    for (const word of segment.words!) {
      expect(word.startMs).toBeGreaterThanOrEqual(Math.max(last, segment.startMs));
      expect(word.endMs).toBeGreaterThanOrEqual(word.startMs);
      expect(word.probability > 0 && word.probability <= 1).toBe(true);
      last = word.endMs;
    }
    expect(last).toBeLessThanOrEqual(Math.min(segment.endMs, endMs));
  }
}

async function exact(pcm: Float32Array, own: Partial<ExactOptions>, shouldStop = () => false) {
  const maximum = new LogMelMaximum(model.manifest.melBins);
  maximum.push(pcm);
  const options: ExactOptions = { task: "transcribe", ...own };
  const audio = {
    durationMs: Math.floor(pcm.length / 16),
    read: async (startMs: number, endMs: number) => pcm.slice(startMs * 16, endMs * 16),
  };
  const slices: ExactSlice[] = [];
  let checkpoint = exactStart(options);
  const melMaximum = maximum.finish();
  for (let done = false; !done; ) {
    const slice = await transcribeExact({ model, tokenizer, audio, melMaximum, checkpoint, options, shouldStop });
    checkpoint = JSON.parse(JSON.stringify(slice.checkpoint));
    slices.push(slice);
    done = slice.done;
  }
  return {
    slices: slices.length,
    segments: slices.flatMap((slice) => slice.segments),
    windows: slices.flatMap((slice) => slice.windows),
  };
}

describe("the demo model", () => {
  it("SPEECH 21: words spell their segments, in order, inside them", async () => {
    const { segments } = await transcribeWindow(model, tokenizer, speech, { task: "transcribe", words: true });
    expect(textOf(segments)).toBe(spoken);
    expect(spoken.split(" ").length).toBeGreaterThan(3);
    expectWordsInOrder(segments, 10_000);
  });

  it("SPEECH 14: the beam finds nothing less likely than greedy does, and cleans up", async () => {
    const greedy = await transcribeWindow(model, tokenizer, speech, { task: "transcribe" });
    const beam = await transcribeWindow(model, tokenizer, speech, { task: "transcribe", beamSize: 5 });
    expect(beam.segments[0]!.avgLogprob).toBeGreaterThan(greedy.segments[0]!.avgLogprob - 0.05);
    expect(textOf(beam.segments)).toBe(spoken);
  });

  it("SPEECH 7: hears the language of the sample", async () => {
    const { language, windows } = await detectLanguage(model, [speech, speech]);
    expect(language.code).toBe("de");
    expect(windows).toHaveLength(2);
  });

  it("SPEECH 17: exact mode says of repeated speech what is in it, as often as it is there, in slices or at once", async () => {
    const times = 4;
    const windowSamples = model.manifest.windowMs * 16;
    const pcm = new Float32Array(times * windowSamples);
    for (let n = 0; n < times; n++) pcm.set(speech, n * windowSamples);
    const whole = await exact(pcm, { words: true });
    const sliced = await exact(pcm, { words: true }, () => true);
    expect(sliced.segments).toEqual(whole.segments);
    expect(sliced.windows).toEqual(whole.windows);
    expect(sliced.slices).toBe(whole.windows.length);
    const expected = Array.from({ length: times }, () => spoken).join(" ");
    expect(textOf(whole.segments)).toBe(expected);
    expectWordsInOrder(whole.segments, pcm.length / 16);
    expect(whole.windows.every(({ language }) => language.code === "de")).toBe(true);
  });
});
