import { describe, expect, it } from "vitest";
import type { SpeechSpan } from "./options.ts";
import { id, pcmOf, saying, scriptedModel, silentFeatures, tokenizer } from "./scripted-model.fixture.ts";
import { transcribeWindow } from "./transcribe-window.ts";

const { at, word } = id;

/** `sentences[n]` is what the n-th encoding says; `seen` are the lengths of what was encoded. */
async function transcribe(
  sentences: number[][],
  durationMs: number,
  speech: SpeechSpan[] | undefined,
  how: Parameters<typeof saying>[1] = {},
) {
  const { model, account } = scriptedModel(saying(sentences, how));
  const seen: number[] = [];
  const features = (pcm: Float32Array) => {
    seen.push(pcm.length / 16);
    return silentFeatures();
  };
  const options = { task: "transcribe", language: "de", features, speech } as const;
  const transcript = await transcribeWindow(model, tokenizer, pcmOf(durationMs), options);
  expect(account.open).toBe(0);
  const texts = transcript.segments.map(({ startMs, endMs, text }) => [startMs, endMs, text]);
  return { transcript, texts, seen };
}

describe("voice without text", () => {
  /** A single timestamp at the end: the model says that nothing follows it. */
  const closed = [at(0), word(0), at(3000)];

  it("is decoded again from the last word on, where voice activity has a voice after it", async () => {
    const { texts, seen, transcript } = await transcribe([closed, [at(100), word(1), at(4000)]], 9_000, [[0, 8_500]]);
    expect(texts).toEqual([
      [0, 3000, "w0"],
      [3100, 7000, "w1"],
    ]);
    expect(seen.slice(0, 2)).toEqual([9_000, 6_000]);
    expect(transcript.attempts.map(({ secondLook, kept }) => [secondLook ?? false, kept]).slice(0, 2)).toEqual([
      [false, true],
      [true, true],
    ]);
  });

  it.each([
    ["voice activity was not asked", undefined],
    ["nobody speaks after it", [[0, 3_100]] as SpeechSpan[]],
    ["there is only a breath after it", [[0, 3_700]] as SpeechSpan[]],
  ])("is not looked for where %s", async (_, speech) => {
    const { texts, seen } = await transcribe([closed, [at(0), word(1), at(1000)]], 9_000, speech);
    expect(texts).toEqual([[0, 3000, "w0"]]);
    expect(seen).toEqual([9_000]);
  });

  it("stays without text where the model hears nobody, and the attempt says so", async () => {
    const invented = [at(0), word(9), at(2000)];
    const { texts, transcript } = await transcribe([closed, invented, invented], 9_000, [[0, 8_500]], { noSpeech: 13 });
    expect(texts).toEqual([[0, 3000, "w0"]]);
    expect(transcript.attempts.filter(({ secondLook }) => secondLook).every(({ kept }) => !kept)).toBe(true);
  });

  it("between two segments is decoded on its own, and stays between them", async () => {
    const outer = [at(0), word(0), at(2000), at(7000), word(2), at(9000)];
    const inner = [at(0), word(1), at(5000)];
    const { texts, seen } = await transcribe([outer, inner], 9_500, [[0, 9_300]]);
    expect(texts).toEqual([
      [0, 2000, "w0"],
      [2000, 7000, "w1"],
      [7000, 9000, "w2"],
    ]);
    expect(seen).toEqual([9_500, 5_000]);
  });

  it("is looked for a bounded number of times", async () => {
    const short = [at(0), word(0), at(700)];
    const { seen } = await transcribe(
      Array.from({ length: 30 }, (_, n) => [at(0), word(n % 10), at(20)]).map((own, n) => (n === 0 ? short : own)),
      10_000,
      [[0, 10_000]],
    );
    expect(seen.length).toBeLessThanOrEqual(4 + 3);
  });
});

describe("text behind the audio", () => {
  it("is placed on the voice that has no other text", async () => {
    const sentence = [at(0), word(0), at(300), at(8820), word(1), word(2), at(9040)];
    const { texts, transcript } = await transcribe([sentence], 1_640, [[0, 1_500]]);
    expect(texts).toEqual([
      [0, 300, "w0"],
      [300, 1500, "w1 w2"],
    ]);
    expect(transcript.segments[1]!.flags).toContain("placed");
    expect(transcript.dropped).toEqual([]);
  });
});
