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
    expect(warnings).toEqual(["0.0–5.0 s: not transcribed (memory.exceeded)."]);
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

  it("records text that has no place in time", async () => {
    const { segments, warnings } = await mergeWindows([ok(0, [0, 1_000], [[1_000, 1_500, "Danke"]])], {
      durationMs: 1_000,
    });
    expect(segments).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining('"Danke"')]);
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
    expect(transcript.ledger.totalsMs).toEqual({ speech: 4_000, silence: 2_000, other: 8_000, failed: 6_000 });
    expect(transcript.warnings[0]).toBe("cut off at the limit");
  });

  it("marks text where nobody was heard", async () => {
    const { segments } = await assembleTranscript(input);
    expect(segments.map(({ flags }) => flags)).toEqual([[], ["outside_voice"]]);
  });

  it("accepts results as they come back from storage", () => {
    expect(windowResultSchema.array().parse(JSON.parse(JSON.stringify(windows)))).toEqual(windows);
  });
});
