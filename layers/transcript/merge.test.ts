import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assembleTranscript } from "./assemble.ts";
import { mergeWindows } from "./merge.ts";
import { failed, model, ok } from "./samples.fixture.ts";
import { transcriptSchema, type WindowResult, windowResultSchema } from "./types.ts";

describe("mergeWindows", () => {
  it("moves segments to the file's clock and numbers them", async () => {
    const { segments } = await mergeWindows(
      [ok(0, [1_000, 9_000], [[0, 1_500, "eins"]]), ok(1, [12_000, 20_000], [[400, 900, "zwei"]], { code: "en" })],
      { durationMs: 20_000 },
    );
    expect(segments.map(({ id, startMs, endMs, text, language }) => [id, startMs, endMs, text, language])).toEqual([
      [0, 1_000, 2_500, "eins", "de"],
      [1, 12_400, 12_900, "zwei", "en"],
    ]);
  });

  it("keeps going after a failed window and says so", async () => {
    const { segments, windows, languages, warnings } = await mergeWindows(
      [failed(0, [0, 5_000]), ok(1, [5_000, 9_000], [[0, 500, "zwei"]])],
      { durationMs: 9_000 },
    );
    expect(segments.map(({ id, text }) => [id, text])).toEqual([[0, "zwei"]]);
    expect(windows[0]).toEqual({
      startMs: 0,
      endMs: 5_000,
      outcome: "failed",
      reason: "memory.exceeded",
      segments: [],
    });
    expect(languages).toHaveLength(1);
    expect(warnings).toEqual(["0:00–0:05: not transcribed (memory.exceeded)."]);
  });

  it.each([
    ["is missing", [ok(1, [0, 1], [])]],
    ["comes twice", [ok(0, [0, 1], []), ok(0, [0, 1], [])]],
    ["overlaps the one before", [ok(0, [0, 5], []), ok(1, [4, 9], [])]],
    ["ends before it begins", [ok(0, [5, 4], [])]],
  ])("refuses a window that %s", async (_name, results) => {
    await expect(mergeWindows(results, { durationMs: 10 })).rejects.toMatchObject({ code: "transcript.incomplete" });
  });

  it("marks the third repetition across windows and deletes none", async () => {
    const chorus = [0, 1, 2, 3].map((i) =>
      ok(i, [i * 1_000, i * 1_000 + 900], [[0, 900, i === 1 ? "La, la!" : "la la"]]),
    );
    const { segments } = await mergeWindows(chorus, { durationMs: 5_000 });
    expect(segments.map(({ flags }) => flags)).toEqual([[], [], ["repeated"], ["repeated"]]);
  });

  it("places text whose times fall behind the audio on the window's voice, and marks it", async () => {
    const window = ok(0, [5_000, 6_650], [[1_650, 1_650, "eins zwei drei"]], { speech: [[5_120, 6_500]] });
    const word = (text: string) => ({ startMs: 1_650, endMs: 1_650, text, probability: 0.5 });
    window.transcript.segments[0]!.words = [word("eins"), word(" zwei"), word(" drei")];
    const { segments, warnings } = await mergeWindows([window], { durationMs: 7_000 });
    expect(segments).toMatchObject([{ startMs: 5_120, endMs: 6_500, text: "eins zwei drei", flags: ["placed"] }]);
    expect(segments[0]?.words?.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [5_120, 5_514],
      [5_514, 6_007],
      [6_007, 6_500],
    ]);
    expect(warnings).toEqual([]);
  });

  it("places what was dropped where a voice has no other text, and warns of the rest in one line", async () => {
    const window = ok(0, [0, 3_000], [[0, 1_500, "eins"]], {
      speech: [
        [0, 1_400],
        [1_900, 2_600],
      ],
    });
    window.transcript.dropped = [{ startMs: 3_000, endMs: 3_000, text: "zwei" }];
    const full = [3_000, 6_000].map((startMs, i) => {
      const next = ok(i + 1, [startMs, startMs + 3_000], [[0, 3_000, `drei ${i}`]], {
        speech: [[startMs, startMs + 500]],
      });
      const { dropped } = Object.assign(next.transcript, {
        dropped: [] as NonNullable<typeof next.transcript.dropped>,
      });
      for (const text of ["vier", "."]) dropped.push({ startMs: 3_000, endMs: 3_000, text });
      return next;
    });
    const { segments, warnings } = await mergeWindows([window, ...full], { durationMs: 9_000 });
    expect(segments.map(({ startMs, endMs, text, flags }) => `${startMs}–${endMs} ${text} ${flags}`)).toEqual([
      ...["0–1500 eins ", "1900–2600 zwei placed"],
      ...["3000–6000 drei 0 ", "6000–9000 drei 1 "],
    ]);
    expect(warnings).toEqual(['0:03–0:06, 0:06–0:09: text without a place in time was left out: "vier".']);
  });

  it("keeps a segment's own language where it has one", async () => {
    const window = ok(
      0,
      [0, 4_000],
      [
        [0, 1_500, "eins"],
        [2_000, 3_000, "two"],
      ],
    );
    Object.assign(window.transcript.segments[1]!, { language: "en", languageProbability: 0.7 });
    const { segments } = await mergeWindows([window], { durationMs: 4_000 });
    expect(segments.map(({ language, languageProbability }) => [language, languageProbability])).toEqual([
      ["de", undefined],
      ["en", 0.7],
    ]);
  });

  it("leaves out text of punctuation alone, without a word", async () => {
    const found = ok(
      0,
      [0, 5_000],
      [
        [0, 1_000, "..."],
        [1_000, 2_000, "♪"],
        [2_000, 3_000, "。"],
        [5_000, 5_000, "."],
      ],
    );
    const { segments, warnings } = await mergeWindows([found], { durationMs: 5_000 });
    expect(segments.map(({ text }) => text)).toEqual(["♪"]);
    expect(warnings).toEqual([]);
  });

  it("reads results one at a time", async () => {
    let alive = 0;
    async function* results() {
      for (let i = 0; i < 50; i++) {
        alive = i;
        yield ok(i, [i * 10, i * 10 + 10], [[0, 10, `nummer ${i}`]]);
      }
    }
    expect((await mergeWindows(results(), { durationMs: 500 })).segments).toHaveLength(50);
    expect(alive).toBe(49);
  });

  it("gives segments in order, inside the audio, without overlap, from any windows in order", async () => {
    const segment = fc.tuple(fc.nat(1_500), fc.nat(1_500), fc.constantFrom("", "ja", "nein"));
    const parts = fc.array(fc.record({ gapMs: fc.nat(300), lengthMs: fc.nat(1_000), segments: fc.array(segment) }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(parts, fc.nat(6_000), async (windows, durationMs) => {
        let atMs = 0;
        const results = windows.map(({ gapMs, lengthMs, segments }, index) => {
          const startMs = atMs + gapMs;
          atMs = startMs + lengthMs;
          return ok(index, [startMs, atMs], segments);
        });
        const merged = await mergeWindows(results, { durationMs });
        let before = 0;
        for (const [i, { id, startMs, endMs, text }] of merged.segments.entries()) {
          expect([id, text === ""]).toEqual([i, false]);
          expect(startMs).toBeGreaterThanOrEqual(before);
          expect(endMs).toBeGreaterThan(startMs);
          expect(endMs).toBeLessThanOrEqual(durationMs);
          before = endMs;
        }
      }),
    );
  });
});

describe("assembleTranscript", () => {
  const windows: WindowResult[] = [
    ok(0, [500, 9_000], [[0, 3_000, "eins zwei"]], { speech: [[600, 3_400]] }),
    failed(1, [9_000, 15_000], "media.timeout"),
    ok(2, [16_000, 20_000], [[1_000, 2_000, "Untertitel"]]),
  ];
  const input = {
    source: { durationMs: 20_000, startMs: 0 },
    model,
    activity: [
      { startMs: 0, endMs: 600, kind: "silence" as const },
      { startMs: 600, endMs: 15_000, kind: "speech" as const },
      { startMs: 15_000, endMs: 16_500, kind: "silence" as const },
      { startMs: 16_500, endMs: 20_000, kind: "other" as const },
    ],
    windows,
  };

  it("is a transcript, with a ledger that accounts for everything", async () => {
    const transcript = await assembleTranscript({ ...input, jobId: "j1", warnings: ["cut off at the limit"] });
    expect(transcriptSchema.parse(transcript)).toEqual(transcript);
    expect(transcript).toMatchObject({ jobId: "j1", mode: "parallel", language: { code: "de" } });
    expect(transcript.ledger.totalsMs).toEqual({
      ...{ speech: 4_000, silence: 2_000, other: 2_500, unrecognised: 5_500, failed: 6_000 },
    });
    expect(transcript.warnings).toEqual([
      "cut off at the limit",
      "0:09–0:15: not transcribed (media.timeout).",
      "0:03–0:09: a voice is heard, but there is no text for it (5.5 s in all).",
    ]);
  });

  it("marks text where nobody was heard", async () => {
    const { segments } = await assembleTranscript(input);
    expect(segments.map(({ flags }) => flags)).toEqual([[], ["outside_voice"]]);
  });

  it("accepts results as they come back from storage", () => {
    expect(windowResultSchema.array().parse(JSON.parse(JSON.stringify(windows)))).toEqual(windows);
  });
});
