import type { CaptionTrack, SiteInfo } from "./info.ts";

/** A published caption track that was chosen. */
export type CaptionChoice = {
  url: string;
  headers: Readonly<Record<string, string>>;
  format: "vtt" | "srt" | "json3";
  /** As the site writes it, such as en, en-GB. */
  language: string;
  /** Made by a machine of the site's. */
  automatic: boolean;
};

/** The rolling two-line display of machine captions repeats its lines in WebVTT; json3 has each once. */
const manualFormats = ["vtt", "srt", "json3"] as const;
const automaticFormats = ["json3", "vtt", "srt"] as const;

/**
 * The best caption track: manual before automatic, and within each the languages in the order of `languages`. Without a preference
 * only the language that is spoken counts, as far as the site says which: translations are not what was said.
 */
export function chooseCaptions(info: SiteInfo, languages: readonly string[]): CaptionChoice | undefined {
  const manual = Object.keys(info.subtitles ?? {}).filter((name) => !/^(live_chat|rechat|danmaku)$/.test(name));
  const automatic = Object.keys(info.automatic_captions ?? {});
  const spoken = info.language ?? automatic.find((name) => name.endsWith("-orig"))?.replace(/-orig$/, "");
  const wanted = languages.length > 0 ? languages : spoken ? [spoken] : [];
  const only = (names: readonly string[]) => (wanted.length === 0 && names.length === 1 ? names : []);
  const order = (names: readonly string[]) => [...inOrder(names, wanted), ...only(names)];
  for (const name of order(manual)) {
    const found = trackOf(info.subtitles?.[name], manualFormats);
    if (found) return { ...found, language: name, automatic: false };
  }
  for (const name of order(automatic)) {
    const found = trackOf(info.automatic_captions?.[name], automaticFormats);
    if (found) return { ...found, language: name.replace(/-orig$/, ""), automatic: true };
  }
  return undefined;
}

/** Exactly the tag first, then the language in any region: `en` takes `en-GB`, and `en-GB` takes `en`. */
function inOrder(names: readonly string[], wanted: readonly string[]): string[] {
  const plain = (tag: string) => tag.toLowerCase().replaceAll("_", "-");
  const base = (tag: string) => plain(tag).split("-")[0];
  return wanted.flatMap((tag) => [
    ...names.filter((name) => plain(name) === `${plain(tag)}-orig`),
    ...names.filter((name) => plain(name) === plain(tag)),
    ...names.filter((name) => base(name) === base(tag) && plain(name) !== plain(tag)),
  ]);
}

function trackOf(tracks: readonly CaptionTrack[] | undefined, formats: readonly CaptionChoice["format"][]) {
  for (const format of formats) {
    // Captions in pieces (m3u8) are no file that could be read.
    const track = tracks?.find(({ ext, url, protocol }) => ext === format && url && !protocol?.startsWith("m3u8"));
    if (track?.url) return { url: track.url, headers: track.http_headers ?? {}, format };
  }
  return undefined;
}
