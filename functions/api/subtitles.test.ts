import { describe, expect, it } from "vitest";
import { MediaError } from "../../layers/core/index.ts";
import { assembleTranscript, renderJson } from "../../layers/transcript/index.ts";
import { renderStored, textQuery } from "./subtitles.ts";

const word = (startMs: number, text: string) => ({ startMs, endMs: startMs + 400, text, probability: 1 });

async function stored(lines = 1, withWords = true): Promise<Buffer[]> {
  const segments = Array.from({ length: lines }, (_, i) => ({
    startMs: i * 1_000,
    endMs: i * 1_000 + 900,
    text: "eins & zwei",
    ...(withWords ? { words: [word(i * 1_000, " eins"), word(i * 1_000 + 500, " & zwei")] } : {}),
  }));
  const transcript = await assembleTranscript({
    source: { durationMs: lines * 1_000, startMs: 0 },
    model: null,
    activity: [],
    given: { segments },
  });
  return [Buffer.from([...renderJson(transcript)].join(""))];
}

async function* streamed(chunks: Buffer[]) {
  yield* chunks;
}

function problem(query: Record<string, string>, format = "srt"): string {
  try {
    textQuery(query, format);
  } catch (error) {
    if (error instanceof MediaError && error.code === "request.invalid") return error.message;
  }
  return "accepted";
}

describe("textQuery", () => {
  it("SPEECH 24: takes the four options of a subtitle tool", () => {
    const query = { max_line_width: "42", max_line_count: "2", max_words_per_line: "7", highlight_words: "true" };
    expect(textQuery(query, "vtt")).toEqual({
      maxLineWidth: 42,
      maxLineCount: 2,
      maxWordsPerLine: 7,
      highlightWords: true,
    });
    expect(textQuery(undefined, "json")).toBeUndefined();
  });

  it("takes doubtful lines for every text, and not for the JSON, which has them", () => {
    for (const format of ["srt", "vtt", "txt", "tsv"]) {
      expect(textQuery({ keep_doubtful: "true" }, format)).toEqual({ keepDoubtful: true });
    }
    expect(problem({ keep_doubtful: "true" }, "json")).toContain("the JSON has every line");
    expect(problem({ keep_doubtful: "1" })).toContain("is true or false");
    expect(problem({ max_line_width: "42" }, "txt")).toContain("transcript.srt and transcript.vtt only");
  });

  it.each([
    [{ max_line_width: "0" }, "The parameter max_line_width "],
    [{ max_line_width: "4,2" }, "The parameter max_line_width is a whole number."],
    [{ max_line_width: "1e9" }, "The parameter max_line_width is a whole number."],
    [{ max_line_count: "2" }, "The parameter max_line_count needs max_line_width too."],
    [{ highlight_words: "yes" }, "The parameter highlight_words is true or false."],
    [{ maxLineWidth: "42" }, "The parameter maxLineWidth is not known."],
    [{ __proto__x: "1", toString: "1" }, "is not known."],
  ])("refuses %j and names the parameter", (query, message) => {
    expect(problem(query as unknown as Record<string, string>)).toContain(message);
  });

  it("refuses a layout for a format that has none", () => {
    expect(problem({ max_line_width: "42" }, "json")).toContain("transcript.srt and transcript.vtt only");
  });
});

describe("renderStored", () => {
  it("leaves out what is judged invented, unless it is asked for", async () => {
    const judged = (text: string, startMs: number, verdict: "clear" | "likely") => ({
      ...{ startMs, endMs: startMs + 1_000, text, tokens: [], flags: [] },
      ...{ temperature: 0, avgLogprob: -1, compressionRatio: 1, noSpeechProb: 0.9 },
      hallucination: {
        verdict,
        signs: verdict === "likely" ? ["no_speech" as const, "no_voice" as const] : [],
        ...heard,
      },
    });
    const heard = { voiceShare: null, repeats: 0 };
    const language = { code: "en", probability: 1, source: "given" as const, candidates: [] };
    const transcript = await assembleTranscript({
      ...{ source: { durationMs: 4_000, startMs: 0 }, model: null, jobId: "j1" },
      activity: [{ startMs: 0, endMs: 1_500, kind: "speech" }],
      windows: [
        {
          ...{ index: 0, startMs: 0, endMs: 4_000, outcome: "ok" },
          transcript: {
            ...{ language, silent: false },
            segments: [judged("one", 0, "clear"), judged("Thank you.", 2_000, "likely"), judged("two", 3_000, "clear")],
          },
        },
      ],
    });
    const render = (format: "srt" | "vtt" | "txt" | "tsv", keepDoubtful?: boolean) =>
      renderStored(streamed([Buffer.from([...renderJson(transcript)].join(""))]), {
        ...{ format, options: { keepDoubtful }, limitBytes: 1_000 },
      });
    expect(await render("txt")).toBe("one\ntwo\n");
    expect(await render("txt", true)).toBe("one\nThank you.\ntwo\n");
    expect(await render("tsv")).toBe("start\tend\ttext\n0\t1000\tone\n3000\t4000\ttwo\n");
    expect(await render("srt")).toMatch(/^2\n00:00:03,000 --> 00:00:04,000\ntwo$/m);
    expect(await render("vtt", true)).toContain("Thank you.");
  });

  it("SPEECH 24: lays out what was stored, with escapes and marks", async () => {
    const options = { highlightWords: true };
    const vtt = await renderStored(streamed(await stored()), { format: "vtt", options, limitBytes: 1_000 });
    expect(vtt).toBe(
      [
        "WEBVTT",
        "00:00:00.000 --> 00:00:00.500\n<u>eins</u> &amp; zwei",
        "00:00:00.500 --> 00:00:00.900\neins <u>&amp; zwei</u>",
        "",
      ].join("\n\n"),
    );
    const srt = await renderStored(streamed(await stored(2)), {
      format: "srt",
      options: { maxLineWidth: 4, maxLineCount: 2 },
      limitBytes: 1_000,
    });
    expect(srt).toMatch(/^1\n00:00:00,000 --> 00:00:00,900\neins\n& zwei\n\n2\n00:00:01,000 --> /);
  });

  it("refuses to highlight words that nobody timed", async () => {
    const options = { highlightWords: true };
    const rendering = renderStored(streamed(await stored(1, false)), { format: "srt", options, limitBytes: 999 });
    await expect(rendering).rejects.toMatchObject({ code: "request.invalid" });
  });

  it("gives up as soon as the reply would be too large", async () => {
    const rendering = renderStored(streamed(await stored(100)), { format: "srt", options: {}, limitBytes: 999 });
    await expect(rendering).rejects.toMatchObject({ code: "transcript.too_large", httpStatus: 413 });
  });

  it("makes no more highlighted cues of one long segment than fit into the reply", async () => {
    const count = 4_000;
    const words = Array.from({ length: count }, (_, i) => ({ ...word(i * 400, " x"), endMs: (i + 1) * 400 }));
    const segments = [{ startMs: 0, endMs: count * 400, text: "x ".repeat(count).trim(), words }];
    const source = { durationMs: count * 400, startMs: 0 };
    const transcript = await assembleTranscript({ source, model: null, activity: [], given: { segments } });
    const bytes = [Buffer.from([...renderJson(transcript)].join(""))];
    const started = performance.now();
    const rendering = renderStored(streamed(bytes), {
      format: "srt",
      options: { highlightWords: true },
      limitBytes: 99_999,
    });
    await expect(rendering).rejects.toMatchObject({ code: "transcript.too_large" });
    // All of them would be 4,000 cues of 4,000 words.
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});
