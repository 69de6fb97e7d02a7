import { describe, expect, it } from "vitest";
import { isPrinted, printedSegments } from "./printed.ts";
import type { Hallucination } from "./types.ts";

const judged = (verdict: Hallucination["verdict"]) => ({
  hallucination: { verdict, signs: [], voiceShare: null, repeats: 0 },
});

describe("what people get to read", () => {
  it("SPEECH 27: is all but what is judged likely invented", () => {
    expect([judged("clear"), judged("doubtful"), judged("likely"), {}].map((segment) => isPrinted(segment))).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  it("is all where the job keeps what is doubtful", () => {
    const segments = [judged("clear"), judged("likely")];
    expect(printedSegments(segments, { keepDoubtful: true })).toEqual(segments);
    expect(printedSegments(segments)).toEqual([segments[0]]);
  });
});
