import { MediaError } from "../core/index.ts";
import { type AudioTrack, BannerParser, type SubtitleTrack, type VideoTrack } from "./banner.ts";
import { Ffmpeg, inputArguments } from "./ffmpeg.ts";
import { type MediaLimits, mediaLimits } from "./limits.ts";
import { RangeServer } from "./range-server.ts";
import { notMedia, sniff, sniffBytes } from "./sniff.ts";
import { type ByteSource, readBytes } from "./source.ts";

/** What a file is, without decoding it. */
export type MediaInfo = {
  /** For people: "MP4/QuickTime", "WAV". */
  container: string;
  /** ffmpeg's name for it, which `decodePcm` takes: the decode cannot be talked into another format. */
  demuxer: string;
  sizeBytes: number;
  /** As the container declares it, to 10 ms; null where it declares none. */
  durationMs: number | null;
  /** The duration is a guess from the bit rate. */
  durationEstimated: boolean;
  /** The container's start on its own clock: the time of the first sample that `decodePcm` gives. */
  startMs: number;
  audioTracks: AudioTrack[];
  subtitleTracks: SubtitleTrack[];
  video: VideoTrack | null;
  /** A cover picture is there; it counts as no video. */
  hasAttachedPicture: boolean;
};

export type ProbeOptions = { limits?: Partial<MediaLimits>; signal?: AbortSignal };

/**
 * Reads the headers of `source` by ranges. A file without audio is described, not refused: see `chooseAudioTrack`.
 *
 * @throws MediaError `media.empty`, `media.not_media`, `media.too_large`, `media.too_long` (by its declared duration),
 *   `media.timeout`; and whatever the source throws.
 */
export async function probeMedia(source: ByteSource, { limits, signal }: ProbeOptions = {}): Promise<MediaInfo> {
  const { maxSizeBytes, maxDurationMs, probeTimeoutMs } = mediaLimits(limits);
  const { sizeBytes } = source;
  if (sizeBytes === 0) throw new MediaError("media.empty", "The file has no bytes. Upload it again.");
  if (sizeBytes > maxSizeBytes) {
    const message = `The file has ${sizeBytes} bytes; the limit is ${maxSizeBytes}. Upload a smaller file, or only its audio.`;
    throw new MediaError("media.too_large", message, { context: { sizeBytes, maxSizeBytes } });
  }
  const head = await readHead(source, probeTimeoutMs, signal);
  const { container, demuxers } = sniff(head);

  await using server = await RangeServer.start(source);
  const parser = new BannerParser();
  await using ffmpeg = new Ffmpeg(inputArguments(server.url, demuxers), {
    logLevel: "info",
    timeoutMs: probeTimeoutMs,
    signal,
    onLine: (line) => parser.push(line),
    pipes: false,
  });
  await ffmpeg.exit;
  signal?.throwIfAborted();
  if (server.error !== null) throw server.error;
  if (ffmpeg.timedOut) throw tooSlow(probeTimeoutMs);
  const { demuxer, bitrateKbps: _, ...described } = parser.banner;
  // Its log quotes names from the file: only a demuxer that was allowed can have opened it.
  if (demuxer === null || !demuxers.includes(demuxer)) {
    const known =
      demuxers.length === 1 ? `a damaged or incomplete ${container} file` : "no known audio or video format";
    throw notMedia(known, new Error(ffmpeg.lastComplaint()));
  }
  const { durationMs, durationEstimated } = described;
  if (durationMs !== null && !durationEstimated && durationMs > maxDurationMs) throw tooLong(durationMs, maxDurationMs);
  return {
    container: demuxers.length === 1 ? container : (streamNames[demuxer] ?? demuxer),
    demuxer,
    sizeBytes,
    ...described,
  };
}

async function readHead(source: ByteSource, timeoutMs: number, signal?: AbortSignal): Promise<Buffer> {
  const clock = AbortSignal.timeout(timeoutMs);
  try {
    return await readBytes(source, 0, sniffBytes, signal ? AbortSignal.any([signal, clock]) : clock);
  } catch (error) {
    signal?.throwIfAborted();
    if (clock.aborted) throw tooSlow(timeoutMs, error);
    throw error;
  }
}

function tooSlow(probeTimeoutMs: number, cause?: unknown): MediaError {
  const message = `The file's headers could not be read within ${probeTimeoutMs} ms. Try again, or convert the file first.`;
  return new MediaError("media.timeout", message, { cause, context: { probeTimeoutMs } });
}

const streamNames: Record<string, string> = {
  mp3: "MP3",
  aac: "AAC (ADTS)",
  ac3: "AC-3",
  eac3: "E-AC-3",
  flac: "FLAC",
  mpegts: "MPEG transport stream",
};

/** The error for more audio than a job may have. */
export function tooLong(durationMs: number, maxDurationMs: number): MediaError {
  const minutes = (ms: number) => (ms / 60_000).toFixed(1);
  return new MediaError(
    "media.too_long",
    `The file has ${minutes(durationMs)} minutes or more; the limit is ${minutes(maxDurationMs)}. Cut it, or raise MAX_DURATION_MINUTES.`,
    { context: { durationMs, maxDurationMs } },
  );
}
