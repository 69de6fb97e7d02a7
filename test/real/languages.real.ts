import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sampleRateHz } from "../../layers/audio/index.ts";
import { Random } from "../../scripts/eval/index.ts";
import { printedSegments } from "../../scripts/eval-real/pipeline.ts";
import { firstSeconds, readAudio, silence } from "../../scripts/eval-real/recordings.ts";
import { labelledShare } from "../../scripts/eval-real/score/labels.ts";
import { knownWords } from "../../scripts/eval-real/tables/known-words.ts";
import { englishThenGerman, sentences, sequence } from "../../scripts/eval-real/tables/language-cases.ts";
import { atDecibels, chords } from "../../scripts/sounds/index.ts";
import { compare, describeReal, keptOf, recognise, recordings } from "./support/real.ts";

describeReal("several languages in one file", () => {
  it("English, German, French, Japanese, a second between: every sentence is there, in its own language", async () => {
    const said = await sentences(recordings());
    const languages = ["en", "de", "fr", "ja"] as const;
    const { pcm, said: spoken } = sequence(languages.flatMap((language) => [said[language], silence(1)]));
    const transcript = await recognise(pcm, { model: "base" });
    expect(labelledShare(spoken, printedSegments(transcript))).toBeGreaterThan(0.85);
    const texts = new Map((await knownWords(recordings())).map(({ language, words }) => [language, words]));
    for (const language of languages.slice(0, 3)) {
      const text = texts
        .get(language)!
        .map((word) => word.text)
        .join(" ");
      const segments = printedSegments(transcript).filter((segment) => segment.language === language);
      const alignment = compare(text, { segments });
      expect(keptOf(alignment) / alignment.words, language).toBeGreaterThan(0.6);
    }
    const japanese = printedSegments(transcript).filter(({ language }) => language === "ja");
    expect(japanese.map(({ text }) => text).join("")).toMatch(/\p{Script=Han}|\p{Script=Hiragana}/u);
  });

  describe.each(["parallel", "exact"] as const)("English for half a minute, then German: %s", (mode) => {
    it("is German where German is spoken, in text and label", async () => {
      const { pcm, said } = await englishThenGerman(recordings());
      const transcript = await recognise(pcm, { model: "base", mode });
      const lines = printedSegments(transcript);
      expect(labelledShare(said, lines)).toBeGreaterThan(0.85);
      const germanFromMs = said.find(({ language }) => language === "de")!.startMs;
      const german = lines
        .filter(({ startMs }) => startMs >= germanFromMs - 500)
        .map(({ text }) => text)
        .join("");
      const lower = german.toLowerCase();
      expect(
        (lower.match(/\b(der|die|das|und|ist|nicht|ein|eine|wir|sie|den|von|zu)\b/g) ?? []).length,
      ).toBeGreaterThan(5);
      expect((lower.match(/\b(the|and|of|to|is)\b/g) ?? []).length).toBeLessThan(2);
    });
  });

  it("40 s of music before German have no language, and no line", async () => {
    const music = atDecibels(chords({ samples: 40 * sampleRateHz, random: new Random("test music") }), -20);
    const german = firstSeconds(await readAudio(join(recordings().speech, "lid_de.wav")), 20);
    const { pcm } = sequence([music, { pcm: german, language: "de" }]);
    const transcript = await recognise(pcm, { model: "base" });
    expect(transcript.language?.code).toBe("de");
    expect(transcript.language?.timeline.map(({ code }) => code).filter((code) => code !== "de")).toEqual([]);
    expect(printedSegments(transcript).filter(({ endMs }) => endMs <= 40_000)).toEqual([]);
  });

  it.each([
    ["en", "de", 0.3],
    ["en", "es", 0.5],
    ["de", "fr", 1],
  ] as const)("%s and %s in turns, %d s between: nearly all speech has its own label", async (one, other, pause) => {
    const said = await sentences(recordings());
    const turns = Array.from({ length: 3 }, () => [said[one], silence(pause), said[other], silence(pause)]).flat();
    const { pcm, said: spoken } = sequence(turns);
    const transcript = await recognise(pcm, { model: "base" });
    expect(labelledShare(spoken, printedSegments(transcript))).toBeGreaterThanOrEqual(0.95);
  });

  it.each(["en", "es", "it"] as const)("a clear sentence of a few seconds has its language: %s", async (language) => {
    const { pcm } = (await sentences(recordings()))[language];
    const transcript = await recognise(pcm, { model: "base" });
    expect(transcript.language?.code).toBe(language);
  });
});
