import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { assembleTranscript } from "./assemble.ts";
import { cueText } from "./cue-text.ts";
import { renderJson } from "./json.ts";
import { cues, model, nastyText, ok } from "./samples.fixture.ts";
import { renderSrt } from "./srt.ts";
import { formatTimestamp } from "./timestamp.ts";
import { renderTsv } from "./tsv.ts";
import { renderTxt } from "./txt.ts";
import { transcriptSchema } from "./types.ts";
import { renderVtt } from "./vtt.ts";

const sample = [
  { startMs: 0, endMs: 999.6, text: " eins\r\nzwei " },
  { startMs: 1_000, endMs: 1_500, text: "\n" },
  { startMs: 3_661_001, endMs: 360_000_000, text: "a --> b < c & d\t1" },
];
const all = (pieces: Iterable<string>) => [...pieces].join("");

describe("formatTimestamp", () => {
  it.each([
    [0, "00:00:00,000"],
    [999.4, "00:00:00,999"],
    [999.6, "00:00:01,000"],
    [59_999.5, "00:01:00,000"],
    [3_599_999.9, "01:00:00,000"],
    [360_000_000, "100:00:00,000"],
  ])("SPEECH 24: milliseconds are rounded once, then split, hours always there: %d ms is %s", (ms, expected) => {
    expect(formatTimestamp(ms, ",")).toBe(expected);
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses %d", (ms) => {
    expect(() => formatTimestamp(ms, ".")).toThrow(RangeError);
  });

  it("SPEECH 24: a time can be read back to the millisecond", () => {
    fc.assert(
      fc.property(fc.nat(400_000_000), (ms) => {
        const [, h, m, s, f] = /^(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})$/.exec(formatTimestamp(ms, "."))!;
        expect(((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1_000 + Number(f)).toBe(ms);
      }),
    );
  });
});

describe("cueText", () => {
  it("is one well-formed line without an arrow, and does not change again", () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const line = cueText(text);
        expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]|-->/u);
        expect(line.isWellFormed()).toBe(true);
        expect(cueText(line)).toBe(line);
      }),
    );
  });

  it("SPEECH 24: --> is replaced, also where dashes pile up", () => {
    expect(cueText("a ---> b -\0-> c")).toBe("a -> b - -> c");
  });
});

describe("renderSrt", () => {
  it("numbers cues from 1 and passes over empty ones", () => {
    expect(all(renderSrt(sample))).toBe(
      "1\n00:00:00,000 --> 00:00:01,000\neins zwei\n\n2\n01:01:01,001 --> 100:00:00,000\na -> b < c & d 1\n\n",
    );
  });

  it("can be read back whatever the text", () => {
    fc.assert(
      fc.property(cues, (list) => {
        const blocks = all(renderSrt(list)).split("\n\n").slice(0, -1);
        const kept = list.filter(({ text }) => cueText(text) !== "");
        expect(blocks).toEqual(
          kept.map(({ startMs, endMs, text }, i) =>
            [i + 1, `${formatTimestamp(startMs, ",")} --> ${formatTimestamp(endMs, ",")}`, cueText(text)].join("\n"),
          ),
        );
      }),
    );
  });
});

describe("renderVtt", () => {
  it("SPEECH 24: VTT has a dot before the milliseconds, and escapes what it would read as markup", () => {
    expect(all(renderVtt(sample))).toBe(
      "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\neins zwei\n\n01:01:01.001 --> 100:00:00.000\na -> b &lt; c &amp; d 1\n\n",
    );
  });

  it("SPEECH 24: a VTT cue has exactly one arrow and no open < or &", () => {
    fc.assert(
      fc.property(cues, (list) => {
        const [header, ...blocks] = all(renderVtt(list)).split("\n\n").slice(0, -1);
        expect(header).toBe("WEBVTT");
        for (const block of blocks) {
          const [times, text, ...more] = block.split("\n");
          expect(times).toMatch(/^\d{2,}:\d\d:\d\d\.\d{3} --> \d{2,}:\d\d:\d\d\.\d{3}$/);
          expect(text).not.toMatch(/-->|<|&(?!amp;|lt;)/);
          expect(more).toEqual([]);
        }
      }),
    );
  });
});

describe("every script is written as it is", () => {
  it.each([
    ["German", "Größe, „Straße“ – süß"],
    ["Chinese", "今天天气很好，我们去公园吧。"],
    ["Japanese, with half-width katakana", "ｶﾞｷﾞｸﾞ は、がぎぐ。"],
    ["Korean", "안녕하세요, 세계!"],
    ["Arabic with its marks of direction", "\u200fمرحبا \u200eHTML\u200f بالعالم؟"],
    ["Hebrew with points", "שָׁלוֹם עוֹלָם"],
    ["Hindi", "नमस्ते दुनिया"],
    ["Thai", "สวัสดีชาวโลก"],
    ["combining characters, not composed", "e\u0301te\u0301 a\u0308o\u0308u\u0308"],
    ["emoji of several characters", "👩‍👩‍👧 👍🏽 🇩🇪"],
  ])("SPEECH 24: %s", (_name, text) => {
    const cue = [{ startMs: 0, endMs: 1_000, text }];
    const [, times, line] = all(renderSrt(cue)).split("\n");
    expect([times, line]).toEqual(["00:00:00,000 --> 00:00:01,000", text]);
    expect(all(renderVtt(cue)).split("\n")[3]).toBe(text);
    expect(all(renderTxt(cue))).toBe(`${text}\n`);
    expect(all(renderTsv(cue))).toContain(`\t${text}\n`);
    for (const maxLineWidth of [1, 4, 9]) {
      const [, , ...lines] = all(renderSrt(cue, { maxLineWidth })).trimEnd().split("\n");
      expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
      // A mark never begins a line: it would lose the letter that it belongs to.
      for (const broken of lines) expect(broken).not.toMatch(/^(?:\p{Mn}|\u200d|[\u{1f3fb}-\u{1f3ff}])/u);
    }
  });
});

describe("renderTxt and renderTsv", () => {
  it("write one line per segment", () => {
    expect(all(renderTxt(sample))).toBe("eins zwei\na -> b < c & d 1\n");
    expect(all(renderTsv(sample))).toBe("start\tend\ttext\n0\t1000\teins zwei\n3661001\t360000000\ta -> b < c & d 1\n");
  });
});

describe("renderJson", () => {
  it("SPEECH 25: JSON is the whole transcript, the same bytes each time", async () => {
    const transcript = await assembleTranscript({
      source: { durationMs: 4_000, startMs: 0 },
      model,
      activity: [{ startMs: 0, endMs: 4_000, kind: "speech" }],
      windows: [
        ok(
          0,
          [0, 4_000],
          [
            [0, 1_000, "eins\n\u2028"],
            [1_000, 2_000, '"zwei"'],
          ],
        ),
      ],
    });
    const text = all(renderJson(transcript));
    expect(transcriptSchema.parse(JSON.parse(text))).toEqual(transcript);
    expect(all(renderJson(structuredClone(transcript)))).toBe(text);
    const lines = text.split("\n");
    expect(lines.filter((line) => /^\{"(id|startMs)":/.test(line))).toHaveLength(4);
  });

  it("writes empty lists", async () => {
    const empty = { source: { durationMs: 0, startMs: 0 }, model, activity: [], windows: [] };
    expect(JSON.parse(all(renderJson(await assembleTranscript(empty))))).toMatchObject({ segments: [], warnings: [] });
  });
});
