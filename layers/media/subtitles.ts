import { MediaError } from "../core/index.ts";
import { Ffmpeg, inputArguments } from "./ffmpeg.ts";
import { type MediaLimits, mediaLimits } from "./limits.ts";
import { RangeServer } from "./range-server.ts";
import type { ByteSource } from "./source.ts";

/**
 * One track of text subtitles as WebVTT, its times counted from the container's start as those of `decodePcm` are. The file is read to
 * its end: subtitles lie between the pictures.
 * @param track ffmpeg's stream index: `SubtitleTrack.index`
 * @throws MediaError `transcript.too_large` over `mostBytes`, `media.decode_failed`, `media.timeout`; and whatever the source throws
 */
export async function extractSubtitles(
  source: ByteSource,
  {
    track,
    demuxer,
    mostBytes,
    limits,
  }: { track: number; demuxer: string; mostBytes: number; limits?: Partial<MediaLimits> },
): Promise<string> {
  const { decodeTimeoutMs } = mediaLimits(limits);
  await using server = await RangeServer.start(source);
  const output = ["-map", `0:${track}`, "-vn", "-an", "-dn", "-map_metadata", "-1", "-f", "webvtt", "pipe:1"];
  await using ffmpeg = new Ffmpeg([...inputArguments(server.url, [demuxer]), ...output], {
    logLevel: "error",
    timeoutMs: decodeTimeoutMs,
    pipes: true,
  });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of ffmpeg.stdout as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) {
      throw new MediaError(
        "transcript.too_large",
        `The subtitles in the file have more than ${mostBytes} bytes. Send the file without asking for them.`,
      );
    }
    chunks.push(chunk);
  }
  const { code } = await ffmpeg.exit;
  if (server.error !== null) throw server.error;
  if (ffmpeg.timedOut) {
    throw new MediaError("media.timeout", `The subtitles could not be read within ${decodeTimeoutMs} ms. Try again.`);
  }
  if (code !== 0) {
    const reason = ffmpeg.lastComplaint();
    throw new MediaError("media.decode_failed", `The subtitles in the file cannot be read: ${reason}.`);
  }
  return Buffer.concat(chunks).toString("utf8");
}
