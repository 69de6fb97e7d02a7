import { MediaError, type Settings } from "../../layers/core/index.ts";
import {
  type AddressGuard,
  chooseCaptions,
  Download,
  type DownloadOptions,
  guardOf,
  isBotWall,
  isPlainFile,
  mediaHeaders,
  type SiteInfo,
  store,
  YtDlp,
  ytDlpPath,
} from "../../layers/fetch/index.ts";
import { sniff } from "../../layers/media/index.ts";
import { jobOptionFields, ObjectWriter, wantsCaptions } from "../../layers/storage/index.ts";
import type { ExecutionInput } from "../../layers/workflow/index.ts";
import { downloadCaptions, type PublishedCaptions } from "./captions.ts";

export type Fetched =
  | { kind: "media"; title: string | undefined; captions: PublishedCaptions | undefined }
  /** A list of addresses; nothing is stored. */
  | { kind: "list"; title: string; addresses: string[] };

type Options = {
  settings: Settings;
  /** The job is an entry of a list: it cannot be one again. */
  isEntry: boolean;
  signal: AbortSignal;
};

/** As much of a reply as is looked at before it is stored: a page says early what it is. */
const headBytes = 64 * 1024;

/** The address gives something that yt-dlp may know how to read. */
class Page extends Error {}

/**
 * Stores what the address of a job leads to: the media file itself, or what yt-dlp finds on the page.
 * @throws MediaError `source.*`, `media.too_long`
 */
export async function fetchSource(job: ExecutionInput, options: Options): Promise<Fetched> {
  const { settings, signal } = options;
  const guard = guardOf(settings);
  const address = String(job.options.url);
  const download = downloadOptions(settings, guard, signal);
  try {
    await storeMedia(
      job,
      () => Download.open(address, download),
      () => refuseWithoutCaptions(job, settings),
    );
    return { kind: "media", title: undefined, captions: undefined };
  } catch (error) {
    if (!(error instanceof Page)) throw error;
  }
  const path = ytDlpPath();
  if (path === undefined) {
    throw new MediaError(
      "source.tool_missing",
      "The address is a page and not a media file. For pages install yt-dlp (https://github.com/yt-dlp/yt-dlp) and name it in YT_DLP_PATH, or give the address of the file.",
    );
  }
  const maxHeight = Math.min(job.options.maxHeight ?? settings.MAX_HEIGHT, 4320);
  await using site = await YtDlp.open({
    ...{ path, guard, signal, maxHeight },
    // Pages and what they load besides the media.
    maxBytes: download.maxBytes + 64 * 1_048_576,
    stallMs: download.stallMs,
    entriesMax: settings.PLAYLIST_LIMIT,
    timeoutMs: 600_000,
    cookiesPath: settings.YT_DLP_COOKIES,
  });
  return await fetchFromSite(job, site, download, options);
}

function downloadOptions(settings: Settings, guard: AddressGuard, signal: AbortSignal): DownloadOptions {
  return {
    guard,
    signal,
    maxBytes: Math.floor(settings.MAX_URL_SIZE_MB * 1_048_576),
    stallMs: settings.DOWNLOAD_TIMEOUT_SECONDS * 1000,
  };
}

async function fetchFromSite(
  job: ExecutionInput,
  site: YtDlp,
  download: DownloadOptions,
  { settings, isEntry }: Options,
): Promise<Fetched> {
  let address = String(job.options.url);
  let info = await site.info(address);
  if (info._type === "playlist") {
    const addresses = addressesOf(info);
    const [only] = addresses;
    if (only === undefined) throw new MediaError("source.not_media", "The list at the address is empty.");
    if (addresses.length > 1) {
      if (isEntry || addresses.length > settings.PLAYLIST_LIMIT) throw tooMany(isEntry, settings.PLAYLIST_LIMIT);
      return { kind: "list", title: info.title ?? address, addresses };
    }
    address = only;
    info = await site.info(address);
  }
  refuseByDescription(info, settings);
  const captions = wantsCaptions(job.options)
    ? await downloadCaptions(chooseCaptions(info, captionLanguages(job)), download)
    : undefined;
  if (!captions) refuseWithoutCaptions(job, settings);
  const mediaUrl = info.url;
  if (isPlainFile(info) && mediaUrl !== undefined) {
    const headers = mediaHeaders(info.http_headers);
    await storeMedia(job, () => Download.open(mediaUrl, { ...download, headers }));
  } else if (info.format_id) {
    const formatId = info.format_id;
    await storeMedia(job, async () => bounded(site.media(address, formatId), download.maxBytes));
  } else {
    throw new MediaError(
      "source.not_media",
      "The page has no media that could be fetched. Give the address of the file.",
    );
  }
  return { kind: "media", title: info.title ?? undefined, captions };
}

const captionLanguages = ({ options }: ExecutionInput) =>
  options.captionLanguages ?? (options.language === undefined ? [] : [options.language]);

/** @throws MediaError `source.live`, `media.too_long` */
function refuseByDescription(info: SiteInfo, settings: Settings): void {
  if (info.is_live || info.live_status === "is_live" || info.live_status === "is_upcoming") {
    throw new MediaError("source.live", "The address is a live stream. Give it again when there is a recording.");
  }
  const minutes = (info.duration ?? 0) / 60;
  if (minutes > settings.MAX_DURATION_MINUTES) {
    throw new MediaError(
      "media.too_long",
      `The media has ${minutes.toFixed(1)} minutes; at most ${settings.MAX_DURATION_MINUTES} are accepted. Send a part of it, or raise MAX_DURATION_MINUTES.`,
    );
  }
}

/** @throws MediaError `source.no_captions` where text can come from captions only */
function refuseWithoutCaptions({ options }: ExecutionInput, settings: Settings): void {
  const needed = options.captions === "require" || (settings.DISABLE_ASR_FALLBACK && wantsCaptions(options));
  if (!needed) return;
  const why = options.captions === "require" ? "captions are required" : "DISABLE_ASR_FALLBACK is set";
  throw new MediaError(
    "source.no_captions",
    `No captions in a wanted language are published with the media, and ${why}. Name other languages, or let speech be recognised.`,
  );
}

function addressesOf({ entries = [] }: SiteInfo): string[] {
  // A record that holds what its schema refuses could never be read again.
  return entries.flatMap(
    (entry) => jobOptionFields.url.safeParse(entry?.url || entry?.webpage_url || undefined).data ?? [],
  );
}

function tooMany(isEntry: boolean, limit: number): MediaError {
  const what = isEntry ? "The entry is a list again" : `The address is a list of more than ${limit} entries`;
  return new MediaError("source.playlist", `${what}. Give the addresses one by one, or raise PLAYLIST_LIMIT.`);
}

async function* bounded(source: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const bytes of source) {
    size += bytes.length;
    if (size > maxBytes) {
      throw new MediaError("source.too_large", `The media has more than ${maxBytes} bytes. Raise MAX_VIDEO_SIZE_MB.`);
    }
    yield bytes;
  }
}

/**
 * Streams a source into the job's upload. Only what begins like audio or video is stored.
 * @throws Page for a web page or a playlist file
 */
async function storeMedia(
  { bucket, key }: ExecutionInput,
  open: () => Promise<Download | AsyncIterable<Buffer>>,
  onMedia: () => void = () => undefined,
): Promise<void> {
  let current: Download | undefined;
  try {
    await store({
      open: async () => {
        await current?.[Symbol.asyncDispose]();
        current = undefined;
        const source = await open();
        if (!(source instanceof Download)) return source;
        current = source;
        return source.bytes();
      },
      begin: () => new ObjectWriter(bucket, key, "application/octet-stream"),
      headBytes,
      inspect: (head) => {
        refuseOtherThanMedia(head);
        onMedia();
      },
    });
  } finally {
    await current?.[Symbol.asyncDispose]();
  }
}

function refuseOtherThanMedia(head: Buffer): void {
  if (head.length === 0) throw new MediaError("source.not_media", "There is an empty file at the address.");
  try {
    sniff(head);
  } catch (error) {
    const looksLike = error instanceof MediaError ? String(error.context.looksLike ?? "") : "";
    if (/HTML|XML document/.test(looksLike) && isBotWall(head.toString("utf8"))) {
      throw new MediaError(
        "source.blocked",
        "The site wants proof that a person is asking. It was not asked again; download the file yourself and upload it.",
      );
    }
    if (/HTML|XML document|playlist/.test(looksLike)) throw new Page();
    throw new MediaError(
      "source.not_media",
      `What is at the address is not audio or video: it looks like ${looksLike}. Give the address of the file.`,
      { cause: error },
    );
  }
}
