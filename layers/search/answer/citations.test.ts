import fc from "fast-check";
import { expect, it } from "vitest";
import { newJobId } from "../../core/index.ts";
import type { Passage } from "../passage.ts";
import { type AnswerEvent, writeAnswer } from "./answer.ts";
import { CitationChecker, checkCitations } from "./citations.ts";

const passages = [1, 2, 3].map((n): Passage => {
  const place = { index: n, count: 3, startMs: n * 1000, endMs: n * 1000 + 500 };
  return { id: `p${n}`, jobId: newJobId(n), ...place, text: `Passage ${n}.`, language: "en", voiceVerdict: null };
});

const fragment = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(" ", "\n", "[", "]", "1", ",", "[1]", " [2]", "[3, 1]", " [9] ", "[1,9", "words"),
);

it("checks a text the same way in whatever pieces it comes", () => {
  fc.assert(
    fc.property(fc.array(fragment), (pieces) => {
      const checker = new CitationChecker(passages);
      const text = pieces.map((piece) => checker.push(piece)).join("") + checker.end();
      expect({ text, citations: checker.citations }).toEqual(checkCitations(pieces.join(""), passages));
      expect(text).toBe(text.trim());
    }),
  );
});

it("lets words through at once, and holds back only what may become a number", () => {
  const checker = new CitationChecker(passages);
  expect(checker.push("In May ")).toBe("In May");
  expect(checker.push("[")).toBe("");
  expect(checker.push("2")).toBe("");
  expect(checker.push("], and")).toBe(" [1], and");
  expect(checker.push(" [not one")).toBe(" [not one");
  expect(checker.end()).toBe("");
  expect(checker.citations.map(({ startMs }) => startMs)).toEqual([2000]);
});

it("gives each citation before the words that name it, and in the end the whole that the pieces add up to", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fragment), async (pieces) => {
      async function* write() {
        yield* ["So: ", ...pieces];
      }
      const options = { model: { name: "scripted", write }, signal: new AbortController().signal };
      const events: AnswerEvent[] = await Array.fromAsync(writeAnswer("?", passages, options));
      const known = new Set<string>();
      let text = "";
      for (const event of events) {
        if ("citation" in event) known.add(String(event.citation.number));
        if (!("delta" in event)) continue;
        text += event.delta;
        for (const [, number] of event.delta.matchAll(/\[(\d{1,4})\]/g)) expect(known).toContain(number);
      }
      expect(events.at(-1)).toMatchObject({ answer: { text, by: "model" } });
    }),
  );
});
