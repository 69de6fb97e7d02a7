import { type LanguageProbabilities, rankLanguages, type WindowLanguage } from "./language.ts";

/** A language that the audio makes less probable than this is none that a text can be in. */
const minAudioProbability = 0.03;
const maxCandidates = 6;
/** Less text than this is in any language. */
const minLetters = 12;
/** The next language must be this much less likely, else the text does not decide. */
const minLead = 1.5;

/** Scripts that few languages of Whisper are written in. The first that a text has a letter of counts; Han comes after Kana. */
const scripts: readonly (readonly [RegExp, readonly string[]])[] = [
  [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, ["ja"]],
  [/\p{Script=Hangul}/u, ["ko"]],
  [/\p{Script=Han}/u, ["zh", "yue", "ja"]],
  [/\p{Script=Thai}/u, ["th"]],
  [/\p{Script=Greek}/u, ["el"]],
  [/\p{Script=Hebrew}/u, ["he", "yi"]],
  [/\p{Script=Arabic}/u, ["ar", "fa", "ur", "ps", "sd"]],
  [/\p{Script=Devanagari}/u, ["hi", "mr", "ne", "sa"]],
  [/\p{Script=Armenian}/u, ["hy"]],
  [/\p{Script=Georgian}/u, ["ka"]],
  [/\p{Script=Cyrillic}/u, ["ru", "uk", "bg", "be", "sr", "mk", "kk", "mn", "tg", "tt", "ba"]],
];

/**
 * The language of a text, among those that its audio allows: the script decides where it can, else a detector for text. It is asked where
 * the audio alone leaves the language open.
 * @param decodedAs the language that the text was decoded in: whatever the audio says, the text may be in it
 * @returns undefined where the text does not decide either
 */
export async function languageOfText(
  text: string,
  heard: LanguageProbabilities,
  decodedAs?: string,
): Promise<string | undefined> {
  const likely = rankLanguages(heard)
    .filter(({ probability }) => probability >= minAudioProbability)
    .slice(0, maxCandidates)
    .map(({ code }) => code);
  const allowed = decodedAs === undefined || likely.includes(decodedAs) ? likely : [...likely, decodedAs];
  const written = scripts.find(([letters]) => letters.test(text))?.[1];
  const candidates = written ? allowed.filter((code) => written.includes(code)) : allowed;
  if (written && candidates.length === 1) return candidates[0];
  if (candidates.length === 0 || (text.match(/\p{L}/gu)?.length ?? 0) < minLetters) return undefined;
  // Loaded where a text is in doubt, and not with every function: its tables take some 13 MB.
  const { detectAll } = await import("tinyld/light");
  const [best, next] = detectAll(text, { only: [...candidates] });
  if (!best || (next && best.accuracy < minLead * next.accuracy)) return undefined;
  return best.lang;
}

/** What was heard, or where that leaves the language open, what the text says. */
export async function decidedLanguage(heard: WindowLanguage, text: string): Promise<WindowLanguage> {
  if (heard.code !== "und" || heard.source !== "detected") return heard;
  const written = await languageOfText(text, heard.all ?? {}, heard.decodedAs);
  if (written === undefined) return heard;
  return { ...heard, code: written, probability: heard.all?.[written] ?? heard.probability };
}
