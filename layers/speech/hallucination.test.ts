import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAnomalous, type SkipInput, skipMadeUpSpeech } from "./anomaly.ts";
import { HallucinationJudge, speechShare } from "./hallucination.ts";
import { defaultThresholds } from "./silence.ts";
import type { SegmentWord, Wordable } from "./word-times.ts";

const fair = { startMs: 0, endMs: 1000, text: "w0", avgLogprob: -0.2, compressionRatio: 1, noSpeechProb: 0.1 };

describe("HallucinationJudge", () => {
  it.each([
    ["clear", {}, [[0, 1000]], []],
    ["clear", {}, undefined, []],
    ["doubtful", { compressionRatio: 3 }, [[0, 1000]], ["repetitive"]],
    ["doubtful", { avgLogprob: -1.5 }, [[0, 1000]], ["low_logprob"]],
    ["doubtful", {}, [[2000, 3000]], ["no_voice"]],
    ["likely", { noSpeechProb: 0.9, avgLogprob: -1.5 }, undefined, ["low_logprob", "no_speech"]],
    ["likely", { noSpeechProb: 0.9 }, [], ["no_speech", "no_voice"]],
  ] as const)("SPEECH 20: says %s of %o over %o", (verdict, own, speech, signs) => {
    const judge = new HallucinationJudge(defaultThresholds, speech);
    expect(judge.judge({ ...fair, ...own })).toMatchObject({ verdict, signs });
  });

  it("SPEECH 20: a chorus is doubtful at most, whatever its case and punctuation, and is counted across windows", () => {
    const judge = new HallucinationJudge(defaultThresholds, [[0, 1000]]);
    for (const text of ["La la!", "la, la", "LA LA"]) expect(judge.judge({ ...fair, text }).verdict).toBe("clear");
    const next = new HallucinationJudge(defaultThresholds, [[0, 1000]], judge.recent);
    expect(next.judge({ ...fair, text: "la la" })).toMatchObject({
      verdict: "doubtful",
      signs: ["repeated"],
      repeats: 3,
    });
    expect(next.judge({ ...fair, text: "something else" })).toMatchObject({ verdict: "clear", repeats: 0 });
  });

  it("SPEECH 20: remembers a bounded amount", () => {
    const judge = new HallucinationJudge(defaultThresholds);
    for (let n = 0; n < 50; n++) judge.judge({ ...fair, text: `${n} `.repeat(500) });
    expect(JSON.stringify(judge.recent).length).toBeLessThan(2_000);
  });
});

describe("speechShare", () => {
  it("SPEECH 20: is the overlap with voice activity", () => {
    const span = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 8 }),
        fc.nat(100),
        fc.integer({ min: 1, max: 100 }),
        (gaps, from, length) => {
          let cursor = 0;
          const speech = gaps.map(([gap, ms]): [number, number] => {
            const start = cursor + gap;
            cursor = start + ms;
            return [start, cursor];
          });
          let covered = 0;
          for (let t = from; t < from + length; t++) if (speech.some(([a, b]) => a <= t && t < b)) covered++;
          expect(speechShare(speech, from, from + length)).toBeCloseTo(covered / length, 9);
        },
      ),
    );
  });
});

const spoken = (startMs: number, endMs: number, probability = 0.9): SegmentWord => ({
  startMs,
  endMs,
  text: " w",
  probability,
});
const segment = (words: SegmentWord[]): Wordable => ({
  startMs: words[0]!.startMs,
  endMs: words.at(-1)!.endMs,
  tokens: [],
  words,
});
/** Three clear words of 0.3 s, and two improbable ones. */
const real = (at: number) => segment([0, 300, 600].map((t) => spoken(at + t, at + t + 300)));
const madeUp = (at: number) => segment([0, 300].map((t) => spoken(at + t, at + t + 300, 0.05)));

describe("isAnomalous", () => {
  it.each([
    ["improbable words", madeUp(0), true],
    ["clear words", real(0), false],
    ["one word of five seconds", segment([spoken(0, 5_000)]), true],
    ["words of no length", segment([spoken(0, 0), spoken(0, 0)]), true],
    ["nothing", undefined, false],
    ["a segment without words", { words: [] }, false],
  ])("SPEECH 19: knows made-up speech: %s", (_name, own, expected) => {
    expect(isAnomalous(own)).toBe(expected);
  });
});

describe("skipMadeUpSpeech", () => {
  const where: SkipInput = {
    thresholdMs: 2_000,
    offsetMs: 60_000,
    audioMs: 30_000,
    windowEndMs: 90_000,
    seekMs: 90_000,
    contentEndMs: 600_000,
    lastSpeechMs: 60_000,
  };
  const skip = (segments: Wordable[], own: Partial<SkipInput> = {}) => skipMadeUpSpeech(segments, { ...where, ...own });

  it("SPEECH 19: leaves real speech alone", () => {
    expect(skip([real(61_000), real(70_000)])).toEqual({ kept: 2, seekMs: 90_000, retry: false });
  });

  it("SPEECH 19: skips silence before a first segment that may be made up, and decodes again from there", () => {
    expect(skip([madeUp(65_004), real(70_000)])).toEqual({ kept: 0, seekMs: 65_000, retry: true });
  });

  it("SPEECH 19: drops a made-up segment between silences and goes on where it began", () => {
    expect(skip([real(61_000), madeUp(70_000), real(80_000)])).toEqual({ kept: 1, seekMs: 70_000, retry: false });
  });

  it("SPEECH 19: keeps it where speech is right before it", () => {
    expect(skip([real(69_000), madeUp(70_000), real(80_000)])).toEqual({ kept: 3, seekMs: 90_000, retry: false });
  });

  it("SPEECH 19: a made-up segment at the end of the file ends it", () => {
    expect(skip([real(61_000), madeUp(70_000)], { contentEndMs: 71_000 })).toEqual({
      kept: 1,
      seekMs: 71_000,
      retry: false,
    });
  });

  it("SPEECH 19: advances by a second at least", () => {
    expect(skip([madeUp(60_200), real(80_000)])).toEqual({ kept: 0, seekMs: 61_000, retry: false });
  });
});
