import { MediaError } from "../core/index.ts";
import type { AudioTrack, SubtitleTrack } from "./banner.ts";
import type { MediaInfo } from "./probe.ts";

/** ISO 639-1 codes whose ISO 639-2 tags containers use; the second is the older, bibliographic one. */
const longCodes: Record<string, string[]> = {
  ...{ ar: ["ara"], cs: ["ces", "cze"], da: ["dan"], de: ["deu", "ger"], el: ["ell", "gre"], en: ["eng"], es: ["spa"] },
  ...{ fi: ["fin"], fr: ["fra", "fre"], he: ["heb"], hi: ["hin"], hu: ["hun"], id: ["ind"], it: ["ita"], ja: ["jpn"] },
  ...{ ko: ["kor"], nl: ["nld", "dut"], no: ["nor", "nob", "nno"], pl: ["pol"], pt: ["por"], ro: ["ron", "rum"] },
  ...{ ru: ["rus"], sv: ["swe"], th: ["tha"], tr: ["tur"], uk: ["ukr"], vi: ["vie"], zh: ["zho", "chi"] },
};

/**
 * The audio track to decode: the `track`-th (0 is the first) where it is asked for, else the first in `language` (ISO 639-1 or
 * the container's own tag), else the container's default, else the first.
 *
 * @throws MediaError `media.no_audio` when there is none, `request.invalid` when `track` is not there.
 */
export function chooseAudioTrack(info: MediaInfo, wanted: { track?: number; language?: string } = {}): AudioTrack {
  const { audioTracks } = info;
  const first = audioTracks[0];
  if (!first) {
    const has = info.video ? "only video" : info.hasAttachedPicture ? "only a picture" : "no audio or video";
    throw new MediaError("media.no_audio", `The ${info.container} file has ${has}, and no audio track to transcribe.`);
  }
  if (wanted.track !== undefined) {
    const chosen = audioTracks[wanted.track];
    if (chosen) return chosen;
    const message = `Audio track ${wanted.track} was asked for, but the file has ${audioTracks.length} (0 is the first).`;
    throw new MediaError("request.invalid", message);
  }
  const spoken = inLanguage(audioTracks, wanted.language);
  return spoken ?? audioTracks.find((track) => track.default) ?? first;
}

/** The first track of text subtitles, in `language` where one is wanted; undefined where there is none. */
export function chooseSubtitleTrack(info: MediaInfo, wanted: { language?: string } = {}): SubtitleTrack | undefined {
  const texts = info.subtitleTracks.filter(({ isText }) => isText);
  return wanted.language === undefined ? texts[0] : inLanguage(texts, wanted.language);
}

function inLanguage<T extends { language: string | null }>(tracks: readonly T[], wanted: string | undefined) {
  const language = wanted?.toLowerCase();
  const tags = language === undefined ? [] : [language, ...(longCodes[language] ?? [])];
  return tracks.find((track) => track.language !== null && tags.includes(track.language.toLowerCase()));
}
