import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snippetOf } from "./snippet.ts";

const marked = (text: string, query: string, most?: number) => {
  const { text: part, highlights } = snippetOf(text, query, most);
  return highlights.map(({ start, end }) => part.slice(start, end));
};

describe("a snippet", () => {
  it("marks words in any case, with or without accents, and with other endings", () => {
    expect(marked("The Café closed; cafés were closing.", "cafe close")).toEqual([
      "Café",
      "closed",
      "cafés",
      "closing",
    ]);
  });

  it("does not take a short word for the beginning of another", () => {
    expect(marked("An area is an are.", "are")).toEqual(["are"]);
  });

  it("is the part in which most of the words are", () => {
    const filler = "nothing of interest here ".repeat(30);
    const { text, offset } = snippetOf(`harvest ${filler} late harvest of grapes ${filler}`, "late harvest grapes", 80);
    expect(text).toContain("late harvest of grapes");
    expect(offset).toBeGreaterThan(100);
  });

  it("gives markup back as the text it is", () => {
    const { text, highlights } = snippetOf("a <script>alert(1)</script> b", "script");
    expect(text).toBe("a <script>alert(1)</script> b");
    expect(highlights).toEqual([
      { start: 3, end: 9 },
      { start: 20, end: 26 },
    ]);
  });

  it("never marks outside of itself, whatever is asked", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 600, unit: "grapheme" }),
        fc.string({ maxLength: 40, unit: "grapheme" }),
        fc.integer({ min: 1, max: 300 }),
        (text, query, most) => {
          const snippet = snippetOf(text, query, most);
          expect(text.slice(snippet.offset, snippet.offset + snippet.text.length)).toBe(snippet.text);
          expect(snippet.text.length).toBeLessThanOrEqual(Math.max(most, 1));
          let last = 0;
          for (const { start, end } of snippet.highlights) {
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThan(start);
            expect(end).toBeLessThanOrEqual(snippet.text.length);
            last = end;
          }
        },
      ),
    );
  });
});
