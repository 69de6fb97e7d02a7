import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assembleTranscript } from "./assemble.ts";
import { renderJson } from "./json.ts";
import { readSegments } from "./read-segments.ts";
import { cues, exactSlice, model, nastyText, ok, spoken } from "./samples.fixture.ts";
import { spreadOverSpeech } from "./spread.ts";
import { type ActivitySpan, type Transcript, transcriptSchema } from "./types.ts";

const speech = (startMs: number, endMs: number): ActivitySpan => ({ startMs, endMs, kind: "speech" });
const source = (durationMs: number) => ({ durationMs, startMs: 0 });
const brief = ({ segments }: Pick<Transcript, "segments">) =>
  segments.map(({ startMs, endMs, text }) => `${startMs}–${endMs} ${text}`);
const bytes = (transcript: Transcript) => Buffer.from([...renderJson(transcript)].join(""));

describe("a transcript of exact mode", () => {
  const base = { source: source(60_000), model, activity: [speech(0, 60_000)] };

  it("SPEECH 25: joins slices whose times are the file's, and says its mode", async () => {
    const transcript = await assembleTranscript({
      ...base,
      slices: [
        exactSlice(
          [[0, 30_000]],
          [
            [1_000, 5_000, "eins"],
            [5_000, 25_000, "zwei"],
          ],
        ),
        exactSlice(
          [
            [25_000, 55_000],
            [55_000, 60_000],
          ],
          [
            [26_000, 30_000, "three"],
            [55_000, 61_000, "four"],
          ],
          "en",
        ),
      ],
    });
    expect(transcriptSchema.parse(transcript)).toEqual(transcript);
    expect(transcript).toMatchObject({ mode: "exact", tasks: ["transcribe"] });
    expect(brief(transcript)).toEqual(["1000–5000 eins", "5000–25000 zwei", "26000–30000 three", "55000–60000 four"]);
    expect(transcript.segments.map(({ id, language }) => [id, language])).toEqual([
      [0, "de"],
      [1, "de"],
      [2, "en"],
      [3, "en"],
    ]);
    expect(transcript.language?.timeline.map(({ startMs, endMs, code }) => [startMs, endMs, code])).toEqual([
      [1_000, 25_000, "de"],
      [26_000, 60_000, "en"],
    ]);
    expect(transcript.ledger.totalsMs).toMatchObject({ speech: 33_000, failed: 0 });
  });

  it("SPEECH 25: the same windows in more slices give the same bytes", async () => {
    const windows: [number, number][] = [0, 10_000, 20_000].map((ms) => [ms, ms + 15_000]);
    const texts = windows.map(([ms]): [number, number, string] => [ms + 500, ms + 9_500, "la la"]);
    const whole = await assembleTranscript({ ...base, slices: [exactSlice(windows, texts)] });
    const split = await assembleTranscript({
      ...base,
      slices: windows.map((window, i) => exactSlice([window], texts.slice(i, i + 1))),
    });
    expect(bytes(split)).toEqual(bytes(whole));
    expect(whole.segments.map(({ flags }) => flags)).toEqual([[], [], ["repeated"]]);
  });

  it("owns up to what no slice reached, and calls what nobody asked for other", async () => {
    const slices = [exactSlice([[0, 30_000]], [[0, 30_000, "eins"]])];
    const { ledger } = await assembleTranscript({ ...base, slices });
    expect(ledger.intervals.at(-1)).toEqual({
      startMs: 30_000,
      endMs: 60_000,
      kind: "failed",
      reason: "not_transcribed",
    });
    const clipped = await assembleTranscript({ ...base, slices, clips: [{ startMs: 0, endMs: 30_000 }] });
    expect(clipped.ledger.intervals.at(-1)).toMatchObject({ kind: "other", reason: "not_requested" });
  });
});

describe("evidence", () => {
  it("SPEECH 20: is completed across windows, and a repeated chorus is marked, not deleted", async () => {
    const clear = { verdict: "clear" as const, signs: [], voiceShare: null, repeats: 0 };
    const windows = [0, 1, 2, 3].map((i) => {
      const window = ok(i, [i * 1_000, i * 1_000 + 1_000], [[0, 1_000, i % 2 ? "La, la!" : "la la"]]);
      window.transcript.segments[0]!.hallucination = clear;
      return window;
    });
    const { segments } = await assembleTranscript({
      source: source(4_000),
      model,
      activity: [speech(0, 2_500)],
      windows,
    });
    expect(segments.map(({ hallucination }) => hallucination)).toEqual([
      { ...clear, voiceShare: 1, repeats: 0 },
      { ...clear, voiceShare: 1, repeats: 1 },
      { ...clear, voiceShare: 0.5, repeats: 2 },
      { verdict: "likely", signs: ["no_voice", "repeated"], voiceShare: 0, repeats: 3 },
    ]);
    expect(segments[3]?.flags).toEqual(["repeated", "outside_voice", "hallucination"]);
  });
});

describe("what is judged likely invented", () => {
  const window = ok(
    0,
    [0, 9_000],
    [
      [0, 2_000, "eins"],
      [4_000, 9_000, "Thank you."],
    ],
  );
  const clear = { verdict: "clear" as const, signs: [], voiceShare: null, repeats: 0 };
  window.transcript.segments[0]!.hallucination = clear;
  window.transcript.segments[1]!.hallucination = { ...clear, verdict: "doubtful", signs: ["no_speech"] };
  const music: ActivitySpan = { startMs: 2_000, endMs: 9_000, kind: "other" };
  const input = { source: source(9_000), model, activity: [speech(0, 2_000), music], windows: [window] };

  it("stays in the transcript, is counted, and is neither speech nor language", async () => {
    const transcript = await assembleTranscript(input);
    expect(transcript.leftOut).toBe(1);
    expect(transcript.segments.map(({ text, hallucination }) => [text, hallucination?.verdict])).toEqual([
      ["eins", "clear"],
      ["Thank you.", "likely"],
    ]);
    expect(transcript.ledger.totalsMs).toMatchObject({ speech: 2_000, other: 7_000 });
    expect(transcript.language?.timeline).toMatchObject([{ startMs: 0, endMs: 2_000 }]);
  });

  it("is not left out where the job keeps what is doubtful", async () => {
    expect((await assembleTranscript({ ...input, keepDoubtful: true })).leftOut).toBe(0);
  });
});

describe("words", () => {
  it("SPEECH 25: move to the file's clock with their segment, and stay inside it and in order", async () => {
    const window = ok(0, [1_000, 5_000], [[0, 900, "eins zwei drei"]]);
    const [segment] = window.transcript.segments;
    const word = (startMs: number, endMs: number, text: string) => ({ startMs, endMs, text, probability: 0.5 });
    segment!.words = [word(0, 300, "eins"), word(200, 600, " zwei"), word(550, 2_000, " drei")];
    const { segments } = await assembleTranscript({
      source: source(5_000),
      model,
      activity: [speech(0, 5_000)],
      windows: [window],
    });
    expect(segments[0]?.words).toEqual([
      word(1_000, 1_300, "eins"),
      word(1_300, 1_600, " zwei"),
      word(1_600, 1_900, " drei"),
    ]);
  });

  it("SPEECH 25: are monotonic and inside the audio, whatever was found", async () => {
    const time = fc.integer({ min: 0, max: 2_000 });
    const words = fc.array(fc.record({ startMs: time, endMs: time, text: fc.string(), probability: fc.constant(1) }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(time, time, words), { maxLength: 6 }), async (found) => {
        const window = ok(
          0,
          [100, 1_500],
          found.map(([from, to]) => [from, to, "x"]),
        );
        for (const [i, [, , list]] of found.entries()) window.transcript.segments[i]!.words = list;
        const transcript = await assembleTranscript({
          source: source(1_400),
          model,
          activity: [speech(0, 1_400)],
          windows: [window],
        });
        let atMs = 0;
        for (const segment of transcript.segments) {
          for (const { startMs, endMs } of segment.words ?? []) {
            expect(startMs).toBeGreaterThanOrEqual(Math.max(atMs, segment.startMs));
            expect(endMs).toBeGreaterThanOrEqual(startMs);
            expect(endMs).toBeLessThanOrEqual(Math.min(segment.endMs, 1_400));
            atMs = endMs;
          }
        }
      }),
    );
  });
});

describe("a given transcript", () => {
  const base = { source: source(10_000), model: null, activity: [speech(1_000, 3_000), speech(5_000, 9_000)] };

  it("joins cues that all begin together in a time that grows with their number", async () => {
    const words = [{ startMs: 0, endMs: 100, text: "x", probability: null }];
    const given = { segments: Array.from({ length: 40_000 }, () => ({ startMs: 0, endMs: 100, text: "x", words })) };
    const started = performance.now();
    const { segments } = await assembleTranscript({ source: source(1_000), model: null, activity: [], given });
    expect(segments[0]?.words).toHaveLength(40_000);
    expect(words).toHaveLength(1);
    // Copied anew for every cue they took seven seconds.
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it("is marked as given, with null for what nobody measured", async () => {
    const transcript = await assembleTranscript({
      ...base,
      given: { segments: [spoken(1_000, "eins zwei")], language: "de" },
    });
    expect(transcriptSchema.parse(transcript)).toEqual(transcript);
    expect(transcript).toMatchObject({ mode: "given", tasks: [], language: null, model: null });
    expect(transcript.segments[0]).toMatchObject({ avgLogprob: null, language: "de", flags: [], words: [{}, {}] });
    expect(transcript.ledger.totalsMs).toEqual({
      ...{ speech: 900, silence: 0, other: 0, unrecognised: 9_100 - 4_000, failed: 4_000 },
    });
  });

  it("loses no text of speakers who talk at once", async () => {
    const given = {
      segments: [
        { startMs: 1_000, endMs: 3_000, text: "a" },
        { startMs: 2_000, endMs: 2_500, text: "b" },
        { startMs: 2_000, endMs: 4_000, text: "c" },
        { startMs: 5_000, endMs: 5_000, text: "d" },
        { startMs: 11_000, endMs: 12_000, text: "e" },
      ],
    };
    const transcript = await assembleTranscript({ ...base, given });
    expect(brief(transcript)).toEqual(["1000–2000 a", "2000–4000 b c", "5000–5001 d"]);
    expect(transcript.warnings).toEqual([expect.stringContaining('"e"'), expect.stringContaining("0:05–0:09")]);
  });

  it("without times is spread over the speech by length, and marked", async () => {
    const transcript = await assembleTranscript({ ...base, given: { segments: [], untimed: ["ab", "abcd"] } });
    expect(brief(transcript)).toEqual(["1000–3000 ab", "5000–9000 abcd"]);
    expect(transcript.segments.map(({ flags }) => flags)).toEqual([["times_estimated"], ["times_estimated"]]);
  });

  it("gives a line too short for any time a place, after the pause it falls on", () => {
    const activity = [speech(1, 2), speech(3, 4)];
    for (const { startMs, endMs } of spreadOverSpeech(["", "", ""], activity, 4)) {
      expect(endMs).toBeGreaterThanOrEqual(startMs);
    }
  });

  it("spreads any lines in order inside the audio", () => {
    const span = fc.tuple(fc.nat(10_000), fc.nat(10_000), fc.constantFrom("speech" as const, "other" as const));
    fc.assert(
      fc.property(
        fc.array(span),
        fc.array(nastyText, { minLength: 1 }),
        fc.integer({ min: 1, max: 9_000 }),
        (spans, lines, durationMs) => {
          const activity = spans.map(([startMs, endMs, kind]) => ({ startMs, endMs, kind }));
          let atMs = 0;
          for (const { startMs, endMs } of spreadOverSpeech(lines, activity, durationMs)) {
            expect(endMs).toBeGreaterThanOrEqual(startMs);
            expect(startMs).toBeGreaterThanOrEqual(atMs);
            expect(endMs).toBeLessThanOrEqual(durationMs);
            atMs = endMs;
          }
        },
      ),
    );
  });
});

describe("tasks", () => {
  const base = { source: source(9_000), model, activity: [speech(0, 9_000)], windows: [ok(0, [0, 9_000], [])] };

  it("without text, speech is what voice activity heard", async () => {
    const transcript = await assembleTranscript({ ...base, tasks: ["language"] });
    expect(transcript.ledger.totalsMs).toMatchObject({ speech: 9_000, other: 0 });
    expect(transcript.language?.candidates).toEqual([]);
  });

  it("where nothing was to be recognised, nothing has failed", async () => {
    const { language, ledger } = await assembleTranscript({
      ...base,
      activity: [speech(0, 4_000), { startMs: 4_000, endMs: 9_000, kind: "other" }],
      windows: [],
      mode: "none",
      tasks: [],
      detectedLanguage: false,
    });
    expect(language).toBeNull();
    expect(ledger.totalsMs).toEqual({ speech: 4_000, silence: 0, other: 5_000, unrecognised: 0, failed: 0 });
  });

  it("language that was not to be detected is null, and a provider is named", async () => {
    const transcript = await assembleTranscript({ ...base, mode: "openai", detectedLanguage: false });
    expect(transcriptSchema.parse(transcript)).toMatchObject({ mode: "openai", language: null });
  });
});

describe("readSegments", () => {
  it("SPEECH 25: reads back what renderJson wrote, in pieces of any size", async () => {
    await fc.assert(
      fc.asyncProperty(cues, fc.integer({ min: 1, max: 50 }), async (list, pieceBytes) => {
        const durationMs = list.at(-1)?.endMs ?? 0;
        const given = { segments: list };
        const transcript = await assembleTranscript({ source: source(durationMs), model: null, activity: [], given });
        const stored = bytes(transcript);
        const pieces = Array.from({ length: Math.ceil(stored.length / pieceBytes) }, (_, i) =>
          stored.subarray(i * pieceBytes, (i + 1) * pieceBytes),
        );
        expect(await Array.fromAsync(readSegments(pieces))).toEqual(
          transcript.segments.map((segment) => JSON.parse(JSON.stringify(segment))),
        );
      }),
    );
  });

  it("refuses a transcript that is cut off", async () => {
    const given = { segments: [spoken(0, "a"), spoken(900, "b")] };
    const transcript = await assembleTranscript({ source: source(2_000), model: null, activity: [], given });
    const stored = bytes(transcript);
    const upTo = stored.indexOf('{"id":1');
    await expect(Array.fromAsync(readSegments([stored.subarray(0, upTo)]))).rejects.toThrow(SyntaxError);
  });
});
