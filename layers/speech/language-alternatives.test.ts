import { describe, expect, it } from "vitest";
import {
  id,
  logitsOf,
  type Moment,
  pcmOf,
  scriptedModel,
  silentFeatures,
  tokenizer,
} from "./scripted-model.fixture.ts";
import { transcribeWindow, type WindowOptions } from "./transcribe-window.ts";

const { at, word } = id;
const texts: Record<number, number[]> = {
  [id.en]: [at(0), word(1), word(2), at(2000)],
  [id.de]: [at(0), word(3), word(4), at(2000)],
  [id.es]: [at(0), word(5), word(6), at(2000)],
};
const ln = Math.log;

/** Hears languages as probable as `heard` says, and is as sure of the text in each as `sure` says (a logit above the others). */
function speaker(heard: Record<number, number>, sure: Record<number, number>, noSpeech = -20) {
  return scriptedModel(({ fed, sampled }: Moment) => {
    if (fed.length === 1) {
      const logits = Object.entries(heard).map(([token, probability]) => [token, 8 + ln(probability)]);
      return logitsOf({ ...Object.fromEntries(logits), [id.noSpeech]: noSpeech });
    }
    const language = fed[1]!;
    return logitsOf({ [texts[language]![sampled.length] ?? id.endOfText]: sure[language] ?? 30 }, -2);
  });
}

async function transcribe({ model, account }: ReturnType<typeof speaker>, options: Partial<WindowOptions> = {}) {
  const result = await transcribeWindow(model, tokenizer, pcmOf(3_000), {
    task: "transcribe",
    features: silentFeatures,
    temperatures: [0],
    ...options,
  });
  expect(account.open).toBe(0);
  return { ...result, text: result.segments.map(({ text }) => text).join(" "), decodings: account.hypotheses.length };
}

describe("languageAlternatives", () => {
  const doubtful = { [id.en]: 0.42, [id.de]: 0.34, [id.es]: 0.24 };

  it("takes the text of the runner-up where it is likelier, and says that language", async () => {
    const { text, language, attempts, decodings } = await transcribe(speaker(doubtful, { [id.en]: 4.6 }), {
      languageAlternatives: 1,
    });
    expect(text).toBe("w3 w4");
    expect(language).toMatchObject({ code: "de", decodedAs: "de", source: "detected" });
    expect(language.probability).toBeGreaterThan(0.6);
    // What was heard stays as evidence.
    expect(language.candidates[0]).toMatchObject({ code: "en", probability: expect.closeTo(0.42, 3) });
    expect(attempts.map(({ kept }) => kept)).toEqual([false, true]);
    expect(decodings).toBe(2);
  });

  it("stays with the first language where its text is no less likely: the language itself counts", async () => {
    const rather = { [id.en]: 0.6, [id.de]: 0.4 };
    const { text, language, decodings } = await transcribe(speaker(rather, {}), { languageAlternatives: 1 });
    expect({ text, code: language.code, decodings }).toEqual({ text: "w1 w2", code: "en", decodings: 2 });
    expect(language.probability).toBeCloseTo(0.6, 2);
  });

  it("answers und where the text decides nothing either", async () => {
    const { language } = await transcribe(speaker(doubtful, {}), { languageAlternatives: 1 });
    expect(language).toMatchObject({ code: "und", decodedAs: "en", probability: expect.closeTo(0.42, 2) });
  });

  it("tries no more languages than it may", async () => {
    const { text, decodings } = await transcribe(speaker(doubtful, { [id.en]: 4.6, [id.de]: 4.6 }), {
      languageAlternatives: 1,
    });
    expect(text).not.toBe("w5 w6");
    expect(decodings).toBe(2);
    const both = await transcribe(speaker(doubtful, { [id.en]: 4.6, [id.de]: 4.6 }), { languageAlternatives: 2 });
    expect(both).toMatchObject({ text: "w5 w6", decodings: 3, language: { code: "es" } });
  });

  it.each<[string, ReturnType<typeof speaker>, Partial<WindowOptions>]>([
    ["nothing was asked for, as in the reference", speaker(doubtful, { [id.en]: 4.6 }), {}],
    [
      "the language is certain",
      speaker({ [id.en]: 0.85, [id.de]: 0.15 }, { [id.en]: 4.6 }),
      { languageAlternatives: 1 },
    ],
    ["the language was given", speaker(doubtful, { [id.en]: 4.6 }), { languageAlternatives: 1, language: "en" }],
  ])("decodes once where %s", async (_, scripted, options) => {
    const { text, decodings, language } = await transcribe(scripted, options);
    expect(text).toBe("w1 w2");
    expect(decodings).toBe(1);
    expect(language.decodedAs).toBe("en");
  });

  it("decodes once where the model hears silence and no likely text", async () => {
    const scripted = speaker(doubtful, { [id.en]: 3, [id.de]: 30 }, 20);
    const { silent, decodings, language } = await transcribe(scripted, { languageAlternatives: 1 });
    expect({ silent, decodings, code: language.code }).toEqual({ silent: true, decodings: 1, code: "und" });
  });

  it("does not take text that repeats itself for likely", async () => {
    const loop = Array.from({ length: 28 }, () => word(7));
    const scripted = scriptedModel(({ fed, sampled }) => {
      if (fed.length === 1) return logitsOf({ [id.en]: 8, [id.de]: 7.9 });
      const sentence = fed[1] === id.de ? [at(0), ...loop, at(2000)] : texts[id.en]!;
      return logitsOf({ [sentence[sampled.length] ?? id.endOfText]: fed[1] === id.de ? 30 : 9 }, 0);
    });
    const { text } = await transcribe(scripted, { languageAlternatives: 1 });
    expect(text).toBe("w1 w2");
  });

  it("goes on in the language it chose", async () => {
    const half = (n: number) => [at(0), word(n), at(1000), at(1000), word(n)];
    const scripted = scriptedModel(({ fed, sampled, encoding }) => {
      if (fed.length === 1) return logitsOf({ [id.en]: 8, [id.de]: 7.9 });
      const n = fed[1] === id.de ? 3 : 1;
      const sentence = encoding === 0 ? half(n) : [at(0), word(n + 1), at(1500)];
      return logitsOf({ [sentence[sampled.length] ?? id.endOfText]: fed[1] === id.de ? 30 : 8 }, 0);
    });
    const { text, decodings } = await transcribe(scripted, { languageAlternatives: 1 });
    expect(text).toBe("w3 w4");
    expect(decodings).toBe(3);
  });
});
