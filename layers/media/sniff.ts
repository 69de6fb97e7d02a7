import { MediaError } from "../core/index.ts";

/** Bytes that `sniff` wants to see of the start of a file. */
export const sniffBytes = 4096;

/**
 * What the first bytes say. `demuxers` holds ffmpeg's names: one where the signature decides, several where ffmpeg may
 * choose among frame-synchronised streams that have no signature of their own. Playlist demuxers are never among them.
 */
export type Sniffed = { container: string; demuxers: string[] };

type Signature = { at: number; bytes: string; also?: { at: number; bytes: string }; name: string; demuxer?: string };

const isoBoxes = ["ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp"];

// `bytes` are Latin-1. A signature without a demuxer is something that is not audio or video.
const signatures: Signature[] = [
  ...isoBoxes.map((box) => ({ at: 4, bytes: box, name: "MP4/QuickTime", demuxer: "mov" })),
  { at: 0, bytes: "\x1a\x45\xdf\xa3", name: "Matroska/WebM", demuxer: "matroska" },
  { at: 0, bytes: "RIFF", also: { at: 8, bytes: "WAVE" }, name: "WAV", demuxer: "wav" },
  { at: 0, bytes: "RF64", also: { at: 8, bytes: "WAVE" }, name: "WAV (RF64)", demuxer: "wav" },
  { at: 0, bytes: "RIFF", also: { at: 8, bytes: "AVI " }, name: "AVI", demuxer: "avi" },
  { at: 0, bytes: "fLaC", name: "FLAC", demuxer: "flac" },
  { at: 0, bytes: "OggS", name: "Ogg", demuxer: "ogg" },
  { at: 0, bytes: "FORM", also: { at: 8, bytes: "AIF" }, name: "AIFF", demuxer: "aiff" },
  { at: 0, bytes: "#!AMR", name: "AMR", demuxer: "amr" },
  { at: 0, bytes: "caff", name: "CAF", demuxer: "caf" },
  { at: 0, bytes: "FLV\x01", name: "Flash video", demuxer: "flv" },
  { at: 0, bytes: "\x30\x26\xb2\x75\x8e\x66\xcf\x11", name: "ASF/WMV/WMA", demuxer: "asf" },
  { at: 0, bytes: "\x00\x00\x01\xba", name: "MPEG program stream", demuxer: "mpeg" },
  { at: 0, bytes: "\x47", also: { at: 188, bytes: "\x47" }, name: "MPEG transport stream", demuxer: "mpegts" },
  { at: 4, bytes: "\x47", also: { at: 196, bytes: "\x47" }, name: "MPEG transport stream (M2TS)", demuxer: "mpegts" },
  { at: 0, bytes: "\x89PNG", name: "a PNG picture" },
  { at: 0, bytes: "\xff\xd8\xff", name: "a JPEG picture" },
  { at: 0, bytes: "GIF8", name: "a GIF picture" },
  { at: 0, bytes: "RIFF", also: { at: 8, bytes: "WEBP" }, name: "a WebP picture" },
  { at: 0, bytes: "PK\x03\x04", name: "a ZIP archive or an Office document" },
  { at: 0, bytes: "PK\x05\x06", name: "an empty ZIP archive" },
  { at: 0, bytes: "\x1f\x8b", name: "a gzip archive" },
  { at: 0, bytes: "7z\xbc\xaf", name: "a 7-Zip archive" },
  { at: 0, bytes: "Rar!", name: "a RAR archive" },
  { at: 0, bytes: "%PDF", name: "a PDF document" },
  { at: 0, bytes: "\x7fELF", name: "a program" },
];

/** Streams of frames without a file header; ffmpeg's own probe tells them apart, and skips an ID3 tag in front. */
const frameStreams = ["mp3", "aac", "ac3", "eac3", "flac", "mpegts"];

/**
 * Decides by the first bytes, never by the name, what a file is.
 *
 * @param head the first `sniffBytes` bytes, or the whole file where it is shorter
 * @throws MediaError `media.not_media` with what the file looks like
 */
export function sniff(head: Buffer): Sniffed {
  const found = signatures.find(
    ({ at, bytes, also }) => has(head, at, bytes) && (!also || has(head, also.at, also.bytes)),
  );
  if (found?.demuxer) return { container: found.name, demuxers: [found.demuxer] };
  const looksLike = found?.name ?? textKind(head);
  if (looksLike !== null) throw notMedia(looksLike);
  return { container: "MPEG audio or a similar stream", demuxers: frameStreams };
}

/** The error for a file that is something else. */
export function notMedia(looksLike: string, cause?: unknown): MediaError {
  const message = `This is not audio or video: it looks like ${looksLike}. Upload the media file itself.`;
  return new MediaError("media.not_media", message, { cause, context: { looksLike } });
}

function has(head: Buffer, at: number, bytes: string): boolean {
  return head.toString("latin1", at, at + bytes.length) === bytes;
}

function textKind(head: Buffer): string | null {
  if (has(head, 0, "\xff\xfe") && head[3] === 0) return "text";
  if (has(head, 0, "\xfe\xff") && head[2] === 0) return "text";
  const sample = head.subarray(0, 1024);
  // Control characters do not occur in text; bytes above 127 may belong to any encoding.
  if (sample.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d && byte !== 0x0c))
    return null;
  const ascii = sample.filter((byte) => byte < 0x80).length;
  if (ascii < sample.length / 2 && !isUtf8(sample)) return null;
  const text = sample
    .toString("latin1")
    .replace(/^\xef\xbb\xbf/, "")
    .trimStart()
    .toLowerCase();
  if (text.startsWith("#extm3u") || text.startsWith("ffconcat") || text.startsWith("[playlist]")) {
    return "a playlist, which only names other files";
  }
  if (/^<(!doctype html|html|head|body)/.test(text)) return "a web page (HTML), as a link to a page gives";
  if (text.startsWith("<?xml") || text.startsWith("<")) return "an XML document";
  if (text.startsWith("{") || text.startsWith("[")) return "JSON text";
  return "text";
}

function isUtf8(bytes: Buffer): boolean {
  // The sample may end inside a character: up to three bytes at its end are not held against it.
  return [0, 1, 2, 3].some((cut) => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, Math.max(0, bytes.length - cut)));
      return true;
    } catch {
      return false;
    }
  });
}
