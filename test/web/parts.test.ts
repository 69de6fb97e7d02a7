import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { transcriptSchema } from "../../layers/transcript/index.ts";
import { withEdits } from "../../web/job/edits.ts";
import { lastBegun, spanAt } from "../../web/job/spans.ts";
import { jobLink, parseRoute, searchLink } from "../../web/route.ts";

const spans = fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { maxLength: 40 }).map((pairs) => {
  let atMs = 0;
  return pairs.map(([gapMs, lengthMs]) => {
    const startMs = atMs + gapMs;
    atMs = startMs + lengthMs;
    return { startMs, endMs: atMs };
  });
});

describe("what is being played", () => {
  it("is found as by looking at every span", () => {
    fc.assert(
      fc.property(spans, fc.nat(30_000), (list, atMs) => {
        expect(lastBegun(list, atMs)).toBe(list.findLastIndex(({ startMs }) => startMs <= atMs));
        const index = spanAt(list, atMs);
        const inside = list.findLastIndex(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
        expect(index === -1 || index === inside).toBe(true);
        if (inside >= 0 && (list[inside + 1]?.startMs ?? Number.POSITIVE_INFINITY) > atMs) expect(index).toBe(inside);
      }),
    );
  });
});

describe("the page's addresses", () => {
  it("lead back to what they were made of", () => {
    expect(parseRoute(jobLink("j01abc"))).toEqual({ view: "job", jobId: "j01abc", atMs: undefined });
    expect(parseRoute(jobLink("j01abc", 4250))).toEqual({ view: "job", jobId: "j01abc", atMs: 4250 });
    for (const hash of ["", "#", "#/", "#/nowhere", "#/jobs/", "#/jobs/<script>"])
      expect(parseRoute(hash)).toEqual({ view: "files" });
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), fc.boolean(), (query, ask) => {
        expect(parseRoute(searchLink(query, ask))).toEqual({ view: "search", query, ask });
      }),
    );
  });
});

describe("edits", () => {
  const segment = (id: number, startMs: number, text: string) => ({
    ...{ id, startMs, endMs: startMs + 900, text, language: "en", tokens: [1], flags: [] },
    ...{ temperature: 0, avgLogprob: -0.1, compressionRatio: 1, noSpeechProb: 0 },
    words: [{ startMs, endMs: startMs + 900, text, probability: 1 }],
  });
  const transcript = transcriptSchema.parse({
    ...{ format: 1, source: { durationMs: 3000, startMs: 0 }, mode: "parallel", tasks: ["transcribe"], language: null },
    ...{ model: null, voice: null, warnings: [] },
    segments: [segment(0, 0, " one"), segment(1, 1000, " two"), segment(2, 2000, " three")],
    ledger: { intervals: [], totalsMs: { speech: 0, silence: 0, other: 0, failed: 0 } },
  });

  it("replace a text, lose its words' times, and leave all else as it is", () => {
    const edited = transcriptSchema.parse(withEdits(transcript, { 1000: "2", 2000: " " }));
    expect(edited.segments.map(({ text, words }) => [text, words?.length])).toEqual([
      [" one", 1],
      ["2", undefined],
    ]);
    expect(withEdits(transcript, {})).toEqual(transcript);
    const [one] = transcript.segments;
    const judged = { verdict: "likely" as const, signs: [], voiceShare: 0, repeats: 0 };
    const doubtful = { ...transcript, segments: [{ ...one!, hallucination: judged }] };
    expect(withEdits(doubtful, { 0: "uno" }).segments[0]).not.toHaveProperty("hallucination");
    expect(withEdits(doubtful, {}).segments[0]?.hallucination).toEqual(judged);
    expect(transcript.segments.length).toBe(3);
  });
});
