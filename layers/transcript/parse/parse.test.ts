import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MediaError } from "../../core/index.ts";
import { assembleTranscript } from "../assemble.ts";
import { cueText } from "../cue-text.ts";
import { renderJson } from "../json.ts";
import { cues, spoken } from "../samples.fixture.ts";
import { renderSrt } from "../srt.ts";
import type { Cue } from "../types.ts";
import { renderVtt } from "../vtt.ts";
import { parseTranscript } from "./index.ts";

const brief = (format: "srt" | "vtt" | "json", text: string) =>
  parseTranscript(format, text).segments.map((cue) => `${cue.startMs}–${cue.endMs} ${cue.text}`);

function refusal(format: "srt" | "vtt" | "txt" | "json", text: string): string {
  try {
    parseTranscript(format, text);
  } catch (error) {
    if (error instanceof MediaError && error.code === "transcript.invalid") return error.message;
    throw error;
  }
  return "accepted";
}

describe("SubRip", () => {
  it("is read as real files are: BOM, CRLF, no hours, dots, missing numbers, no empty lines between cues", () => {
    const file = [
      "\ufeff1",
      "00:00:01,000 --> 00:00:02,500",
      "<i>Guten</i> Tag",
      "zusammen",
      "",
      "2",
      "00:03.5 --> 00:04.25  X1:40 X2:600",
      "{\\an8}ohne Stunden",
      "3",
      "1:00:05,000-->1:00:06,000",
      "",
      "nach einer Leerzeile",
      "",
      "00:00:10 --> 00:00:11",
      "42",
      "",
      "00:00:12 --> 00:00:13",
      "",
    ].join("\r\n");
    expect(brief("srt", file)).toEqual([
      "1000–2500 Guten Tag zusammen",
      "3500–4250 ohne Stunden",
      "10000–11000 42",
      "3605000–3606000 nach einer Leerzeile",
    ]);
  });

  it("keeps what is no markup, and resolves no escapes, because SubRip has none", () => {
    expect(brief("srt", "1\n00:00:00,000 --> 00:00:01,000\na <b>x</b> < 3 & y &amp; {z} <3>\n")).toEqual([
      "0–1000 a x < 3 & y &amp; {z} <3>",
    ]);
  });

  it("sorts cues that are out of order, and leaves overlaps", () => {
    expect(brief("srt", "2\n00:00:05,0 --> 00:00:09,0\nb\n\n1\n00:00:01,0 --> 00:00:06,0\na\n")).toEqual([
      "1000–6000 a",
      "5000–9000 b",
    ]);
  });

  it.each([
    ["ends before it begins", "1\n00:00:05,000 --> 00:00:04,000\nx\n", "line 2: the cue ends before it begins."],
    ["has broken times", "1\n00:00:01,000 --> 00:00:02,000\nx\n\n2\n00:00:0x --> 00:00:04,000\ny", "line 6: the times"],
    ["has no cue", "just a text\n", "line 1: there is no cue"],
    ["has no text", "1\n00:00:01,000 --> 00:00:02,000\n\n", "has no text"],
    ["has an endless line", `1\n00:00:01,000 --> 00:00:02,000\n${"x".repeat(100_001)}\n`, "line 3: it has more than"],
    ["is endless", "\n".repeat(400_001), "line 400001: there are more"],
  ])("refuses a file that %s", (_name, text, message) => {
    expect(refusal("srt", text)).toContain(message);
  });
});

describe("WebVTT", () => {
  it("is read without headers, comments, styles, regions, settings, identifiers and tags", () => {
    const file = [
      "WEBVTT - some title",
      "Kind: captions",
      "",
      "NOTE a comment",
      "of two lines",
      "",
      "STYLE",
      "::cue { color: red }",
      "",
      "REGION",
      "id:fred",
      "",
      "intro",
      "00:01.000 --> 00:02.000 align:start position:0%",
      "<v Mary>Hi &amp; <c.yellow>welcome</c><00:00:01.500> &lt;b> &#x65e5;&#26412; &nbsp;&unknown;",
      "",
      "00:00:03.000 --> 00:00:04.000",
      "NOTE is a word here",
    ].join("\n");
    expect(brief("vtt", file)).toEqual(["1000–2000 Hi & welcome <b> 日本 &unknown;", "3000–4000 NOTE is a word here"]);
  });

  it("is recognised when it is called SubRip", () => {
    expect(brief("srt", "WEBVTT\n\n00:01.000 --> 00:02.000\na &lt; b\n\nnot a cue\n")).toEqual(["1000–2000 a < b"]);
  });

  it("joins lines by a space, except in scripts without spaces", () => {
    expect(brief("vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n今日は\n良い天気\nOK?\n")).toEqual([
      "1000–2000 今日は良い天気 OK?",
    ]);
  });
});

describe("JSON", () => {
  it("of the whisper command has its words", () => {
    const file = {
      text: " Hallo Welt",
      language: "de",
      segments: [
        {
          id: 0,
          start: 0.5,
          end: 1.0004,
          text: " Hallo Welt",
          words: [
            { word: " Hallo", start: 0.5, end: 0.7, probability: 0.5 },
            { word: " Welt", start: 0.7, end: 1 },
          ],
        },
      ],
    };
    expect(parseTranscript("json", JSON.stringify(file))).toEqual({
      language: "de",
      segments: [
        {
          startMs: 500,
          endMs: 1_000,
          text: "Hallo Welt",
          words: [
            { startMs: 500, endMs: 700, text: " Hallo", probability: 0.5 },
            { startMs: 700, endMs: 1_000, text: " Welt", probability: null },
          ],
        },
      ],
    });
  });

  it("of the service names the language in English, which is not a code", () => {
    const file = {
      task: "transcribe",
      language: "german",
      duration: 2,
      text: "x",
      segments: [{ start: 0, end: 1, text: "x" }],
    };
    expect(parseTranscript("json", JSON.stringify(file))).toEqual({
      segments: [{ startMs: 0, endMs: 1_000, text: "x" }],
    });
  });

  it("may be text alone", () => {
    expect(parseTranscript("json", '{"text":"eins\\nzwei"}')).toEqual({ segments: [], untimed: ["eins", "zwei"] });
  });

  it.each([
    ["is not JSON", '{\n"segments":\n[x]}', "line 3: this is not JSON"],
    ["ends early", '{\n"segments":[', "line 2: this is not JSON"],
    ["has no segments", '{"a":1}', "segments: "],
    ["is null", "null", "line 1: "],
    ["has a segment without an end", '{"segments":[{"start":1,"text":"x"}]}', "segments.0.end: "],
    ["has a negative time", '{"segments":[{"startMs":-1,"endMs":2,"text":"x"}]}', "segments.0.startMs: "],
    ["runs backwards", '{"segments":[{"startMs":3,"endMs":2,"text":"x"}]}', "segments.0 ends before"],
    ["has too many segments", `{"segments":[${"1,".repeat(100_000)}1]}`, "more than 100000 segments"],
    ["is deep", "[".repeat(1_000_000), "this is not JSON"],
  ])("is refused when it %s", (_name, text, message) => {
    expect(refusal("json", text)).toContain(message);
  });
});

describe("plain text", () => {
  it("is its lines, without times", () => {
    expect(parseTranscript("txt", "\ufeffeins\r\n\r\n  zwei\tdrei \n")).toEqual({
      segments: [],
      untimed: ["eins", "zwei drei"],
    });
    expect(refusal("txt", " \n \n")).toContain("has no text");
    expect(refusal("txt", "a\n".repeat(100_001))).toContain("more than 100000 lines of text");
    expect(refusal("txt", "x".repeat(5 * 1_048_576 + 1))).toContain("Send a shorter one");
  });
});

describe("what was rendered", () => {
  const clean = (list: Cue[]) =>
    list.flatMap((cue) => (cueText(cue.text) === "" ? [] : [{ ...cue, text: cueText(cue.text) }]));

  it("SPEECH 24: can be read back from SRT and VTT, every cue, time and character", () => {
    fc.assert(
      fc.property(cues, (list) => {
        const expected = clean(list);
        fc.pre(expected.length > 0);
        expect(parseTranscript("vtt", [...renderVtt(list)].join("")).segments).toEqual(expected);
        // SubRip cannot tell a tag that was spoken from one that is meant.
        const unmarked = expected.filter(({ text }) => !/<\/?(?:b|i|u|s|c|v|font|ruby|rt)\b|\{\\/i.test(text));
        if (unmarked.length === 0) return;
        expect(parseTranscript("srt", [...renderSrt(unmarked)].join("")).segments).toEqual(unmarked);
      }),
    );
  });

  it("SPEECH 24: can be read back from lines that a layout broke", () => {
    const list = [
      spoken(0, "Guten Morgen, schöne Welt"),
      { startMs: 3_000, endMs: 5_000, text: "今日は良い天気です。散歩に行きましょう。" },
      { startMs: 5_000, endMs: 6_000, text: "مرحبا بالعالم، كيف حالك؟" },
      { startMs: 6_000, endMs: 7_000, text: "अच्छा, धन्यवाद – e\u0301te\u0301" },
    ];
    const read = parseTranscript("srt", [...renderSrt(list, { maxLineWidth: 12 })].join("")).segments;
    expect(read.map(({ text }) => text)).toEqual(list.map(({ text }) => text));
  });

  it("SPEECH 25: can be read back from JSON with its words", async () => {
    await fc.assert(
      fc.asyncProperty(cues, async (list) => {
        const given = clean(list);
        fc.pre(given.length > 0);
        const withWords = given.map((cue) => ({ ...cue, words: [{ ...cue, text: ` ${cue.text}`, probability: 0.5 }] }));
        const durationMs = given.at(-1)?.endMs ?? 0;
        const transcript = await assembleTranscript({
          source: { durationMs, startMs: 0 },
          model: null,
          activity: [{ startMs: 0, endMs: durationMs, kind: "speech" }],
          given: { segments: withWords },
        });
        expect(parseTranscript("json", [...renderJson(transcript)].join("")).segments).toEqual(withWords);
      }),
    );
  });

  it("is read in linear time, however hostile its lines are", () => {
    const times = "00:00:01.000 --> 00:00:02.000";
    for (const piece of ["<", "<b ", "{\\", "&#", "&amp", "-", " ", "0:", "-->", "<a>", "00:00:01,0 "]) {
      const line = piece.repeat(Math.floor(90_000 / piece.length));
      for (const text of [`WEBVTT\n\n${times}\n${line}\n`, `${times} ${line}\nx\n`, `${line}\n${line}`]) {
        expect(refusal("srt", text)).toBeTypeOf("string");
      }
    }
  });

  it("never fails in another way, whatever it is given", () => {
    const line = fc.constantFrom(
      "1",
      "",
      "00:00:01,000 --> 00:00:02,000",
      "00:01 --> x",
      "WEBVTT",
      "NOTE",
      "<b",
      "a-->b",
      "&#99999999;",
      "{\\",
    );
    fc.assert(
      fc.property(
        fc.constantFrom("srt", "vtt", "txt", "json"),
        fc.array(fc.oneof(line, fc.string())),
        (format, lines) => {
          const text = lines.join("\n");
          const outcome = refusal(format as "srt", text);
          expect(outcome === "accepted" || outcome.startsWith("The transcript")).toBe(true);
        },
      ),
    );
  });
});
