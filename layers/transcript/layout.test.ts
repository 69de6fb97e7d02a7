import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cueText } from "./cue-text.ts";
import { cues, nastyText, spoken } from "./samples.fixture.ts";
import { renderSrt } from "./srt.ts";
import { type SubtitleOptions, subtitleOptionsSchema } from "./subtitle-options.ts";
import type { Cue } from "./types.ts";
import { renderVtt } from "./vtt.ts";
import { displayWidth } from "./width.ts";

/** `start–end text` of each cue, a line break as `/`. */
function laidOut(segments: Cue[], options: SubtitleOptions, render: typeof renderSrt | typeof renderVtt = renderSrt) {
  return [...render(segments, options)]
    .join("")
    .split("\n\n")
    .flatMap((block) => {
      const lines = block.replace(/^\d+\n/, "").split("\n");
      const times = lines.shift()?.split(" --> ");
      const ms = (text = "") => Number(text.slice(-6).replace(/[,.]/, "")) + 60_000 * Number(text.slice(3, 5));
      return times?.length === 2 ? [`${ms(times[0])}–${ms(times[1])} ${lines.join("/")}`] : [];
    });
}

// Words of 400 ms, half a second apart.
const counting = spoken(0, " one two three four five six");

describe("SPEECH 24: subtitle options as SubtitlesWriter of whisper/utils.py", () => {
  it("SPEECH 24: max_line_width breaks lines inside the segment's cue", () => {
    expect(laidOut([counting], { maxLineWidth: 10 })).toEqual(["0–2900 one two/three four/five six"]);
  });

  it("SPEECH 24: max_line_count limits the lines of a cue, and words of neighbouring segments share it", () => {
    const next = spoken(3_000, " seven eight");
    expect(laidOut([counting, next], { maxLineWidth: 10, maxLineCount: 2 })).toEqual([
      "0–1900 one two/three four",
      "2000–3400 five six/seven",
      "3500–3900 eight",
    ]);
  });

  it("SPEECH 24: a pause of more than three seconds ends a cue that has room", () => {
    expect(laidOut([spoken(0, " one"), spoken(3_001, " two")], { maxLineWidth: 40, maxLineCount: 2 })).toEqual([
      "0–400 one",
      "3001–3401 two",
    ]);
    expect(laidOut([spoken(0, " one"), spoken(3_000, " two")], { maxLineWidth: 40, maxLineCount: 2 })).toEqual([
      "0–3400 one two",
    ]);
  });

  it("a silence ends a cue of text without spaces, after a sentence a shorter one", () => {
    const options = { maxLineWidth: 40, maxLineCount: 2 };
    const at = (startMs: number, text: string, endMs = startMs + 200) => ({ startMs, endMs, text, probability: 1 });
    const cue = (...words: ReturnType<typeof at>[]): Cue => ({
      startMs: words[0]!.startMs,
      endMs: words.at(-1)!.endMs,
      text: words.map(({ text }) => text).join(""),
      words,
    });
    expect(laidOut([cue(at(0, "知識。"), at(600, "客観"))], options)).toEqual(["0–200 知識。", "600–800 客観"]);
    expect(laidOut([cue(at(0, "知識"), at(600, "客観"))], options)).toEqual(["0–800 知識客観"]);
    expect(laidOut([cue(at(0, "知識"), at(1_200, "客観"))], options)).toEqual(["0–200 知識", "1200–1400 客観"]);
    expect(laidOut([cue(at(0, "one."), at(1_200, " two"))], options)).toEqual(["0–1400 one. two"]);
  });

  it("SPEECH 24: max_words_per_line makes cues of so many words, and never joins segments", () => {
    expect(laidOut([counting, spoken(3_000, " seven")], { maxWordsPerLine: 4 })).toEqual([
      "0–1900 one two three four",
      "2000–2900 five six",
      "3000–3400 seven",
    ]);
    expect(laidOut([counting], { maxWordsPerLine: 2, maxLineWidth: 40, maxLineCount: 2 })).toEqual([
      "0–1900 one two/three four",
      "2000–2900 five six",
    ]);
  });

  it("SPEECH 24: highlight_words underlines the word that is spoken, and nothing where words pause", () => {
    const paused = spoken(0, " one two");
    paused.words![0]!.endMs = 250;
    const apart = ["0–250 <u>one</u> two", "250–500 one two", "500–900 one <u>two</u>"];
    expect(laidOut([paused], { highlightWords: true })).toEqual(apart);
  });

  it("SPEECH 24: a highlight stays on its word over the gap to the next word of the same breath", () => {
    const expected = ["0–500 <u>one</u> two", "500–900 one <u>two</u>"];
    expect(laidOut([spoken(0, " one two")], { highlightWords: true })).toEqual(expected);
    expect(laidOut([spoken(0, " one two")], { highlightWords: true }, renderVtt)).toEqual(expected);
  });

  it("SPEECH 24: a highlighted cue is not lost when its words take no time", () => {
    const words = [{ startMs: 5, endMs: 5, text: " ja", probability: 1 }];
    expect(laidOut([{ startMs: 5, endMs: 9, text: "ja", words }], { highlightWords: true })).toEqual(["5–6 ja"]);
  });

  it("SPEECH 24: --> is replaced and VTT is escaped on the word path too, even across words", () => {
    const words = [" a", " --", ">", " <b>", " &", "\n"].map((text, i) => ({
      startMs: i * 10,
      endMs: i * 10 + 10,
      text,
      probability: 1,
    }));
    const cue = { startMs: 0, endMs: 60, text: "ignored", words };
    expect(laidOut([cue], { maxLineWidth: 80 }, renderVtt)).toEqual(["0–50 a -> &lt;b> &amp;"]);
    for (const line of laidOut([cue], { highlightWords: true, maxLineWidth: 6 })) expect(line).not.toContain("-->");
  });

  it("SPEECH 24: width is counted in columns: wide characters two, combining marks none", () => {
    expect(displayWidth("日本語")).toBe(6);
    expect(displayWidth("ｈｉ")).toBe(4);
    expect(displayWidth("e\u0301o\u0308")).toBe(2);
    expect(displayWidth("שָׁלוֹם")).toBe(4);
    expect(displayWidth("한국 \u1112\u1161\u11ab")).toBe(7);
    expect(displayWidth("😀\u200b")).toBe(2);
  });

  it("SPEECH 24: without words, text breaks at spaces, and between characters where a script has no spaces", () => {
    const text = (line: string): Cue => ({ startMs: 0, endMs: 1_200, text: line });
    expect(laidOut([text("Guten Morgen, schöne Welt")], { maxLineWidth: 13 })).toEqual([
      "0–1200 Guten Morgen,/schöne Welt",
    ]);
    expect(laidOut([text("今日は、「良い」天気です。")], { maxLineWidth: 8 })).toEqual([
      "0–1200 今日は、/「良い」/天気で/す。",
    ]);
    expect(laidOut([text("aa bb cc dd")], { maxLineWidth: 5, maxLineCount: 1 })).toEqual([
      "0–545 aa bb",
      "545–1200 cc dd",
    ]);
    expect(laidOut([text("aa bb"), text("cc")], { maxLineWidth: 9, maxLineCount: 1 })).toEqual(["0–1200 aa bb cc"]);
    expect(laidOut([text("今日"), text("は")], { maxLineWidth: 9, maxLineCount: 1 })).toEqual(["0–1200 今日は"]);
    expect(laidOut([text("مرحبا بالعالم كيف")], { maxLineWidth: 13 })).toEqual(["0–1200 مرحبا بالعالم/كيف"]);
    expect(laidOut([text("Donaudampfschifffahrt ist")], { maxLineWidth: 8 })).toEqual([
      "0–1200 Donaudampfschifffahrt/ist",
    ]);
  });

  it("SPEECH 24: a word without end is one line, and costs no more than its length", () => {
    const text = "x".repeat(100_000);
    expect(laidOut([{ startMs: 0, endMs: 9, text }], { maxLineWidth: 9 })).toEqual([`0–9 ${text}`]);
  });

  it("SPEECH 24: max_line_count without a width is refused, and so is nonsense", () => {
    expect(subtitleOptionsSchema.safeParse({ maxLineCount: 2 }).error?.issues[0]?.path).toEqual(["maxLineCount"]);
    for (const wrong of [{ maxLineWidth: 0 }, { maxLineWidth: 1.5 }, { maxLinesWidth: 3 }]) {
      expect(subtitleOptionsSchema.safeParse(wrong).success).toBe(false);
    }
  });

  const options = fc.record(
    {
      maxLineWidth: fc.integer({ min: 1, max: 40 }),
      maxLineCount: fc.integer({ min: 1, max: 4 }),
      maxWordsPerLine: fc.integer({ min: 1, max: 6 }),
      highlightWords: fc.boolean(),
    },
    { requiredKeys: [] },
  );
  const withWords = fc.tuple(cues, fc.array(fc.array(nastyText, { maxLength: 6 }))).map(([list, texts]) =>
    list.map((cue, i): Cue => {
      const parts = texts[i];
      if (!parts) return cue;
      const stepMs = (cue.endMs - cue.startMs) / Math.max(parts.length, 1);
      const words = parts.map((text, k) => ({
        startMs: cue.startMs + Math.floor(k * stepMs),
        endMs: cue.startMs + Math.floor((k + 1) * stepMs),
        text: ` ${text}`,
        probability: 1,
      }));
      return { ...cue, text: parts.join(" "), words };
    }),
  );

  it("SPEECH 24: any layout of any text keeps every word in order, its limits, and well-formed cues in order of time", () => {
    fc.assert(
      fc.property(withWords, options, (list, asked) => {
        const layout = { ...asked, highlightWords: false };
        const blocks = [...renderVtt(list, layout)].slice(1);
        let atText = "";
        let before = "";
        for (const block of blocks) {
          expect(block.endsWith("\n\n")).toBe(true);
          const [times = "", ...lines] = block.slice(0, -2).split("\n");
          expect(times).toMatch(/^\d{2,}:\d\d:\d\d\.\d{3} --> \d{2,}:\d\d:\d\d\.\d{3}$/);
          const [start = "", end = ""] = times.split(" --> ").map((time) => time.padStart(14, "0"));
          expect(end > start).toBe(true);
          expect(start >= before).toBe(true);
          before = start;
          expect(lines.length).toBeGreaterThan(0);
          if (asked.maxLineCount && asked.maxLineWidth) expect(lines.length).toBeLessThanOrEqual(asked.maxLineCount);
          for (const line of lines) {
            expect(line.trim()).not.toBe("");
            expect(line).not.toContain("-->");
            atText += line;
          }
        }
        const letters = (text: string) => text.replace(/[\s\p{Cc}>-]/gu, "");
        const plain = atText.replaceAll("&lt;", "<").replaceAll("&amp;", "&");
        expect(letters(plain)).toBe(letters(list.map((cue) => cueText(cue.text)).join(" ")));
      }),
    );
  });
});
