import { z } from "zod";

/** What is read of yt-dlp's `-J`; it is a site's word, so everything is optional and nothing is trusted. */
const headers = z.record(z.string(), z.string()).catch({});

/** For people: one line, and not a page that calls itself a title. */
const title = z
  .string()
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  .transform((text) => text.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").slice(0, 300));

const trackSchema = z.object({
  url: z.string().optional(),
  ext: z.string().catch(""),
  http_headers: headers.optional(),
  protocol: z.string().nullish().catch(null),
});
export type CaptionTrack = z.output<typeof trackSchema>;

const tracks = z.record(z.string(), z.array(trackSchema).catch([])).nullish().catch(null);

const entrySchema = z.object({ url: z.string().optional(), webpage_url: z.string().optional() });

export const siteInfoSchema = z.object({
  _type: z.string().nullish(),
  title: title.nullish().catch(null),
  duration: z.number().nullish().catch(null),
  is_live: z.boolean().nullish().catch(null),
  live_status: z.string().nullish().catch(null),
  language: z.string().nullish().catch(null),
  extractor_key: z.string().nullish().catch(null),
  url: z.string().optional(),
  protocol: z.string().nullish().catch(null),
  format_id: z.string().nullish().catch(null),
  http_headers: headers.optional(),
  cookies: z.string().nullish().catch(null),
  filesize: z.number().nullish().catch(null),
  subtitles: tracks,
  automatic_captions: tracks,
  entries: z.array(entrySchema.nullable().catch(null)).optional(),
  playlist_count: z.number().nullish().catch(null),
});
export type SiteInfo = z.output<typeof siteInfoSchema>;

/** Formats that are one plain file: fetched by ranges, resumable. The others yt-dlp has to put together. */
export function isPlainFile(info: SiteInfo): boolean {
  return (info.protocol === "http" || info.protocol === "https") && info.url !== undefined && !info.cookies;
}

/** What a site may want to see of the client; nothing else of what a page says becomes a header. */
const passedHeaders: ReadonlySet<string> = new Set(["user-agent", "referer", "origin", "accept", "accept-language"]);

export function mediaHeaders(given: Readonly<Record<string, string>> = {}): Record<string, string> {
  const entries = Object.entries(given).map(([name, value]) => [name.toLowerCase(), value] as const);
  return Object.fromEntries(entries.filter(([name, value]) => passedHeaders.has(name) && /^[\x20-\x7e]*$/.test(value)));
}
