import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  aimsTable,
  digitWords,
  howToInstallStrangers,
  type Item,
  power,
  Random,
  readStranger,
  type SetResult,
  type Speaker,
  spokenDigits,
  strangerSets,
  strangers,
  words,
} from "../scripts/eval/index.ts";

/** Somebody whose digit n is a tone of (n + 1) × 100 Hz, 300 ms long. */
const toneSpeaker: Speaker = {
  name: "tone",
  language: "fr",
  takes: digitWords.fr.map((_, digit) => [
    Float32Array.from({ length: 4_800 }, (_, n) => Math.sin((2 * Math.PI * (digit + 1) * 100 * n) / 16_000)),
  ]),
};

const lengthMs = ({ speech }: Item) => speech!.endMs - speech!.startMs;

describe("people who dictate digits", () => {
  it("say them in their language, one take after the other, with the pauses that were asked for", () => {
    for (let seed = 0; seed < 6; seed++) {
      const item = spokenDigits(toneSpeaker, { count: [4, 4], pauseMs: [100, 200] }, new Random(`${seed}`));
      expect(item.language).toBe("fr");
      expect(words(item.text)).toHaveLength(4);
      expect(digitWords.fr).toEqual(expect.arrayContaining(words(item.text)));
      expect(lengthMs(item)).toBeGreaterThanOrEqual(4 * 300 + 3 * 100);
      expect(lengthMs(item)).toBeLessThanOrEqual(4 * 300 + 3 * 200);
    }
  });

  it("are asked for one digit at a time, and for three to eight in a row; the same for the same seed", async () => {
    const sets = strangerSets([toneSpeaker], { seed: 3, count: 12 });
    expect(sets.map(({ name, language, voices }) => [name, language, voices])).toEqual([
      ["person tone, digit alone", "fr", "never heard"],
      ["person tone, digits dictated", "fr", "never heard"],
    ]);
    const [alone = [], dictated = []] = await Promise.all(sets.map(({ items }) => Array.fromAsync(items())));
    expect(alone.map(({ text }) => words(text).length)).toEqual(new Array(12).fill(1));
    expect(new Set(alone.map(({ text }) => text)).size).toBeGreaterThan(4);
    const counts = dictated.map(({ text }) => words(text).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...counts)).toBeLessThanOrEqual(8);
    expect(new Set(counts).size).toBeGreaterThan(2);
    for await (const { pcm, text } of strangerSets([toneSpeaker], { seed: 3, count: 1 })[1]!.items()) {
      expect(text).toBe(dictated[0]!.text);
      expect(Buffer.compare(Buffer.from(pcm.buffer), Buffer.from(dictated[0]!.pcm.buffer))).toBe(0);
    }
  });
});

describe("people the demo model never heard", () => {
  it("are left out by name where their package is absent, with what would install it", () => {
    expect(howToInstallStrangers([])).toBeUndefined();
    const missing = strangers.filter(({ language }) => language === "es");
    const advice = howToInstallStrangers(missing)!;
    for (const { name, debianPackage } of missing) {
      expect(advice).toContain(name);
      expect(advice).toContain(debianPackage);
    }
    expect(advice).toContain("apt-get install");
  });

  it("are nobody where a file is missing", async () => {
    expect(await readStranger({ ...strangers[0]!, path: (digit) => `/nowhere/${digit}.wav` })).toBeUndefined();
  });

  for (const stranger of strangers) {
    const installed = existsSync(stranger.path(9));
    const title = `${stranger.name} says ten different digits in ${stranger.language}, with nothing above 4 kHz`;
    it.skipIf(!installed)(installed ? title : `${title} (needs Debian's ${stranger.debianPackage})`, async () => {
      const speaker = await readStranger(stranger);
      expect(speaker!.takes).toHaveLength(10);
      for (const [take] of speaker!.takes) {
        expect(take!.length).toBeGreaterThan(0.1 * 16_000);
        expect(take!.length).toBeLessThan(2 * 16_000);
        expect(shareAbove4kHz(take!)).toBeLessThan(0.01);
      }
      expect(new Set(speaker!.takes.map(([take]) => take!.join())).size).toBe(10);
    });
  }
});

describe("the aims", () => {
  const result = (name: string, voices: "never heard" | "trained on", said: string, heard: string): SetResult => ({
    set: { name, voices, language: "en" },
    judged: [
      [
        {
          item: { text: said, language: "en", speech: { startMs: 0, endMs: 1 } },
          heard: { text: heard, language: "en", silent: false, startMs: 0, endMs: 1 },
        },
      ],
    ],
  });

  it("are reached, missed or not measured, and people the model knows do not count", () => {
    const rows = aimsTable([
      result("espeak-ng, digits", "never heard", "one two three", "one two three"),
      result("espeak-ng, sentences", "never heard", "one two three", "no no no"),
      result("person george, digits", "trained on", "one", "two"),
    ]).split("\n");
    expect(rows[2]).toMatch(/synthetic .* 0\.0 % +reached$/);
    expect(rows[3]).toMatch(/people .* – +not measured$/);
    expect(rows[4]).toMatch(/speak English .* not measured$/);
    expect(rows[5]).toMatch(/language .* 100\.0 % +reached$/);
    const [, , , people] = aimsTable([result("person june, digit alone", "never heard", "one", "two")]).split("\n");
    expect(people).toMatch(/people .* 100\.0 % +missed$/);
  });
});

/** Share of the power behind a half-band high-pass: all of it at 8 kHz, half of the amplitude at 4 kHz, next to nothing below 2. */
function shareAbove4kHz(pcm: Float32Array): number {
  const taps = [1, 0, -9, 16, -9, 0, 1].map((tap) => tap / 32);
  const high = pcm.map((_, n) => taps.reduce((sum, tap, k) => sum + tap * (pcm[n + k - 3] ?? 0), 0));
  return power(high) / power(pcm);
}
