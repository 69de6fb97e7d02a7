import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { languageRuns, voicePieces } from "./language-runs.ts";
import type { SpeechSpan } from "./options.ts";
import { id, logitsOf, manifest, pcmOf, scriptedModel, silentFeatures } from "./scripted-model.fixture.ts";

/** Hears `heard[i]` in the i-th piece over the window's encoding, and `alone[i]` in what is encoded on its own. */
async function runsOf(
  pieces: SpeechSpan[],
  heard: Record<number, number>[],
  alone: Record<number, number>[] = [],
): Promise<[number, number, string][]> {
  let listened = 0;
  const { model, account } = scriptedModel(({ encoding }) =>
    logitsOf(encoding === 0 ? heard[listened++]! : alone[encoding - 1]!),
  );
  const audio = await model.encode(silentFeatures(), manifest.maxFrames);
  const runs = await languageRuns({ model, audio, pcm: pcmOf(10_000), features: silentFeatures, pieces });
  audio[Symbol.dispose]();
  expect(account.open).toBe(0);
  return runs.map(({ startMs, endMs, code }) => [startMs, endMs, code]);
}

const surely = (language: number) => ({ [language]: 9, [id.es]: 2 });
const rather = (language: number, than: number) => ({ [language]: 5, [than]: 4.5 });

describe("languageRuns", () => {
  const pieces: SpeechSpan[] = [
    [0, 3_000],
    [3_500, 6_500],
    [7_000, 10_000],
  ];

  it("is one stretch where everything is in one language, and nothing is encoded again", async () => {
    expect(await runsOf(pieces, [surely(id.en), surely(id.en), surely(id.en)])).toEqual([[0, 10_000, "en"]]);
  });

  it("divides at the pause where the language changes", async () => {
    expect(await runsOf(pieces, [surely(id.en), surely(id.en), surely(id.de)], [surely(id.de)])).toEqual([
      [0, 6_750, "en"],
      [6_750, 10_000, "de"],
    ]);
  });

  it("hears a doubtful piece on its own", async () => {
    expect(await runsOf(pieces, [surely(id.en), rather(id.de, id.en), surely(id.en)], [surely(id.en)])).toEqual([
      [0, 10_000, "en"],
    ]);
  });

  it("gives a short stretch its neighbours' language, unless its own evidence is strong", async () => {
    const short: SpeechSpan[] = [
      [0, 3_000],
      [3_500, 4_800],
      [5_300, 10_000],
    ];
    const odd = { [id.de]: 5, [id.en]: 3 };
    expect(await runsOf(short, [surely(id.en), odd, surely(id.en)], [odd])).toEqual([[0, 10_000, "en"]]);
    const strong = [surely(id.en), surely(id.de), surely(id.en)];
    expect(await runsOf(short, strong, [{ [id.de]: 20 }])).toHaveLength(3);
  });
});

describe("voicePieces", () => {
  it("joins what is short to the neighbour that is nearest", () => {
    const spans: SpeechSpan[] = [
      [0, 3_000],
      [3_400, 4_000],
      [6_000, 9_000],
    ];
    expect(voicePieces(spans, 10_000)).toEqual([
      [0, 4_000],
      [6_000, 9_000],
    ]);
  });

  it("is bounded, in order, and holds all the voice", () => {
    const voice = fc.array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 4_000 })), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(voice, (steps) => {
        let at = 0;
        const spans = steps.map(([pause, length]): SpeechSpan => {
          const from = at + pause;
          at = from + length;
          return [from, at];
        });
        const pieces = voicePieces(spans, at);
        expect(pieces.length).toBeLessThanOrEqual(8);
        for (const [from, to] of spans) expect(pieces.some(([a, b]) => a <= from && b >= to)).toBe(true);
        for (const [i, [from]] of pieces.entries()) expect(from).toBeGreaterThanOrEqual(pieces[i - 1]?.[1] ?? 0);
      }),
    );
  });
});
