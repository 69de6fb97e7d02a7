import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editDistance, power, Random } from "../scripts/eval/index.ts";
import { parseOptions } from "../scripts/eval-real/options.ts";
import { markdown, report } from "../scripts/eval-real/report.ts";
import { align, errorRate, sumOf } from "../scripts/eval-real/score/align.ts";
import { holesOf, voiceWithoutText } from "../scripts/eval-real/score/holes.ts";
import { labelledShare, loudSpans } from "../scripts/eval-real/score/labels.ts";
import { quantile } from "../scripts/eval-real/score/statistics.ts";
import { scoreStarts, startErrors } from "../scripts/eval-real/score/word-starts.ts";
import { atDecibels, cafe, crowd, mixedAt, nonSpeech } from "../scripts/sounds/index.ts";

const split = (text: string) => text.split(" ").filter(Boolean);

describe("alignment of words", () => {
  it.each([
    ["one two three", "one two three", { deleted: 0, inserted: 0, substituted: 0 }],
    ["one two three", "one three", { deleted: 1, inserted: 0, substituted: 0 }],
    ["one two three", "one two two three", { deleted: 0, inserted: 1, substituted: 0 }],
    ["one two three", "one nine three", { deleted: 0, inserted: 0, substituted: 1 }],
    ["one two", "", { deleted: 2, inserted: 0, substituted: 0 }],
    ["", "one two", { deleted: 0, inserted: 2, substituted: 0 }],
  ])("of %j heard as %j", (reference, hypothesis, edits) => {
    expect(align(split(reference), split(hypothesis))).toMatchObject({ ...edits, words: split(reference).length });
  });

  it("says what became of each word", () => {
    expect(align(split("a b c d"), split("a x c")).fates).toEqual(["kept", "replaced", "kept", "gone"]);
  });

  const text = fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 12 });

  it("costs no more than the edit distance, and every word of the reference has one fate", () => {
    fc.assert(
      fc.property(text, text, (reference, hypothesis) => {
        const { deleted, inserted, substituted, fates } = align(reference, hypothesis);
        expect(deleted + inserted + substituted).toBe(editDistance(reference, hypothesis));
        expect(fates.filter((fate) => fate === "gone")).toHaveLength(deleted);
        expect(fates.filter((fate) => fate === "replaced")).toHaveLength(substituted);
        expect(fates).toHaveLength(reference.length);
        expect(reference.length - deleted + inserted).toBe(hypothesis.length);
      }),
    );
  });

  it("weighs texts by their words", () => {
    const both = [align(split("a b c"), split("a b c")), align(["d"], ["e"])];
    expect(errorRate(both)).toBe(0.25);
    expect(errorRate([sumOf(both)])).toBe(0.25);
  });
});

describe("voice without text", () => {
  const interval = (kind: string, startMs: number, endMs: number, reason?: string) => ({
    ...{ kind, startMs, endMs },
    ...(reason === undefined ? {} : { reason }),
  });

  it("is what the ledger calls so, and other sound is not", () => {
    const intervals = [
      interval("speech", 0, 1_000),
      interval("unrecognised", 1_000, 2_000),
      interval("other", 2_000, 3_000),
      interval("other", 3_000, 4_000, "voice_without_text"),
    ];
    expect(voiceWithoutText(intervals).map(({ startMs }) => startMs)).toEqual([1_000, 3_000]);
  });

  it.each([
    [["1:00.0–1:05.2: nobody knows what is said."], 0],
    [["60.0–65.2 s: voice without text."], 0],
    [["00:01:00 – 00:01:05 has a voice and no text."], 0],
    [["2:00–2:05: voice without text."], 1],
    [["voice without text"], 1],
    [[], 1],
  ])("above 2 s has a warning with its times: %j leaves %d", (warnings, unwarned) => {
    const intervals = [interval("other", 60_000, 65_200, "voice_without_text"), interval("other", 1_000, 2_000)];
    const ledger = { intervals } as Parameters<typeof holesOf>[0]["ledger"];
    expect(holesOf({ ledger, warnings })).toEqual({ totalMs: 5_200, longestMs: 5_200, unwarned });
  });
});

describe("labels of languages", () => {
  const said = [
    { startMs: 0, endMs: 1_000, language: "en" },
    { startMs: 2_000, endMs: 3_000, language: "de" },
  ];
  it.each([
    [
      "both right",
      [
        [0, 1_000, "en"],
        [2_000, 3_000, "de"],
      ],
      1,
    ],
    ["one for both", [[0, 3_000, "en"]], 0.5],
    ["one missing", [[2_000, 3_000, "de"]], 0.5],
    [
      "a fifth of a second late is no fault",
      [
        [200, 1_000, "en"],
        [2_000, 3_000, "de"],
      ],
      1,
    ],
    [
      "two at once are wrong",
      [
        [0, 1_000, "en"],
        [0, 1_000, "fr"],
        [2_000, 3_000, "de"],
      ],
      0.5,
    ],
  ] as [string, [number, number, string][], number][])("%s", (_, lines, share) => {
    const spans = lines.map(([startMs, endMs, language]) => ({ startMs, endMs, language }));
    expect(labelledShare(said, spans)).toBeCloseTo(share, 5);
  });

  it("lie where sound is", () => {
    const pcm = new Float32Array(32_000);
    pcm.fill(0.5, 8_000, 16_000);
    pcm.fill(0.5, 17_600, 24_000);
    expect(loudSpans(pcm)).toEqual([{ startMs: 500, endMs: 1_500 }]);
  });
});

describe("starts of words", () => {
  const word = (text: string, start: number, end: number) => ({ text, start, end });

  it("are compared where both have a word that begins with the same letter of the text", () => {
    const reference = [word("Mr", 0.5, 0.8), word("Quilter", 0.9, 1.2), word("is", 1.3, 1.4)];
    const heard = [word(" Mr.", 0.4, 0.8), word(" quilter", 0.9, 1.2), word(" was", 1.3, 1.4)];
    expect(startErrors(reference, heard).map((error) => Math.round(error * 100))).toEqual([-10, 0]);
  });

  it("of a language without spaces, however it is cut", () => {
    const errors = startErrors([word("日本", 0, 1), word("語", 1, 2)], [word("日", 0.2, 1), word("本語", 0.5, 2)]);
    expect(errors).toEqual([0.2]);
  });

  it("are summed up with the words that have no length", () => {
    const score = scoreStarts([-0.1, 0.3, 0.1], [word("a", 0, 0), word("b", 1, 3)]);
    expect(score).toMatchObject({ matched: 3, medianSeconds: 0.1, withoutLength: 1, longestSeconds: 2 });
    expect(score.meanSeconds).toBeCloseTo(0.1);
    expect(quantile([0, 1, 2, 3, 4], 0.9)).toBeCloseTo(3.6);
  });
});

describe("sounds in which nobody speaks", () => {
  const voices = [Float32Array.from({ length: 16_000 }, (_, n) => Math.sin(n / 20))];
  const make = (name: string, sound = nonSpeech.find((one) => one.name === name)!.make) =>
    sound({ samples: 16_000, random: new Random(name), voices });

  it.each(nonSpeech.map(({ name }) => name))("%s: the same each time, of mean power 1 or of none", (name) => {
    const pcm = make(name);
    expect(pcm).toHaveLength(16_000);
    expect(make(name)).toEqual(pcm);
    expect(pcm.every(Number.isFinite)).toBe(true);
    expect(power(pcm)).toBeCloseTo(name === "digital silence" ? 0 : 1, 3);
  });

  it("has voices in a café and a crowd, and refuses to make one of nobody", () => {
    expect(power(make("café", cafe))).toBeCloseTo(1, 3);
    expect(() => crowd({ samples: 10, random: new Random("nobody") })).toThrow(RangeError);
  });

  it("is as loud as asked, against full scale or against speech", () => {
    const sound = make("pink noise");
    expect(10 * Math.log10(power(atDecibels(sound, -30)))).toBeCloseTo(-30, 1);
    const speech = voices[0]!.map((value) => value * 0.1);
    const mixed = mixedAt(speech, sound.subarray(0, speech.length), 10);
    const added = mixed.map((value, n) => value - speech[n]!);
    expect(10 * Math.log10(power(speech) / power(added))).toBeCloseTo(10, 0);
  });
});

describe("the program", () => {
  it("takes tables by their ids", () => {
    expect(parseOptions(["--only", "long,words", "--quick"], ["long", "words"])).toMatchObject({
      only: ["long", "words"],
      quick: true,
    });
    expect(() => parseOptions(["--only", "lung"], ["long", "words"])).toThrow('There is no table "lung"');
  });

  it("a report of a run that was cut off says what is missing, and a whole one does not", () => {
    const table = (id: string) => ({ id, title: `Title of ${id}`, how: "", run: async () => result });
    const result = { grids: [{ header: ["", "n"], rows: [["a", 1]] }], figures: {} };
    const circumstances = {
      ...{ command: "npm run eval:real", date: "2026-01-01", machine: "", versions: [], normaliser: "" },
      ...{ source: "", hasPeer: true },
    };
    const partial = report([{ table: table("one"), result }, { table: table("two") }], circumstances);
    expect(partial).toContain('Missing: "Title of two".');
    expect(partial).toContain("## Title of one");
    expect(partial).not.toContain("## Title of two");
    expect(report([{ table: table("one"), result }], circumstances)).not.toContain("Missing");
  });

  it("writes tables that Markdown reads, numbers to the right", () => {
    expect(
      markdown({
        header: ["", "n"],
        rows: [
          ["a", 1],
          ["b", "2 %"],
        ],
      }),
    ).toBe("|  | n |\n|---|--:|\n| a | 1 |\n| b | 2 % |");
  });
});
