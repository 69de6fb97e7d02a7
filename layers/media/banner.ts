export type AudioTrack = {
  /** ffmpeg's stream index, as in `-map 0:<index>`. */
  index: number;
  codec: string;
  /** Null where ffmpeg names a layout without saying its size. */
  channels: number | null;
  sampleRateHz: number | null;
  /** The container's own tag (usually ISO 639-2), null where there is none or it is "und". */
  language: string | null;
  default: boolean;
};

/** A track of subtitles; `isText` is false for pictures of text. */
export type SubtitleTrack = { index: number; codec: string; language: string | null; isText: boolean };

export type VideoTrack = { index: number; codec: string; width: number | null; height: number | null };

/** What ffmpeg prints about an input. */
export type Banner = {
  /** ffmpeg's name of the demuxer, the first of its aliases; null when the input was not opened. */
  demuxer: string | null;
  durationMs: number | null;
  /** The duration is a guess from the bit rate: the container declares none. */
  durationEstimated: boolean;
  startMs: number;
  bitrateKbps: number | null;
  audioTracks: AudioTrack[];
  subtitleTracks: SubtitleTrack[];
  video: VideoTrack | null;
  hasAttachedPicture: boolean;
};

const tracksMax = 64;
const textCodecs = ["subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text"];
const stillCodecs = ["png", "mjpeg", "bmp", "gif", "webp", "tiff"];

/**
 * Reads ffmpeg's description of an input, line by line, as versions 4.0 (2018) to 7 print it. Metadata lines are deeper indented
 * or continue with a colon, so that a title cannot pose as a stream.
 */
export class BannerParser {
  readonly banner: Banner = {
    demuxer: null,
    durationMs: null,
    durationEstimated: false,
    startMs: 0,
    bitrateKbps: null,
    audioTracks: [],
    subtitleTracks: [],
    video: null,
    hasAttachedPicture: false,
  };

  push(line: string): void {
    const { banner } = this;
    if (/^\[\w+ @ \w+\] Estimating duration from bitrate/.test(line)) banner.durationEstimated = true;
    const input = /^Input #0, ([\w,]+), from '/.exec(line);
    if (input) banner.demuxer ??= input[1]!.split(",")[0]!;
    const duration = /^ {2}Duration: (N\/A|[\d:.-]+)(?:, start: (-?[\d.]+))?(?:, bitrate: (?:(\d+) kb\/s|N\/A))?/.exec(
      line,
    );
    if (duration) {
      banner.durationMs = clockToMs(duration[1]!);
      banner.startMs = Math.round(Number(duration[2] ?? 0) * 1000);
      banner.bitrateKbps = duration[3] === undefined ? null : Number(duration[3]);
    }
    const stream = /^ {2,4}Stream #0:(\d+)(?:\[0x[0-9a-f]+\])?(?:\(([^)]*)\))?: (Audio|Video|Subtitle): (.*)$/.exec(
      line,
    );
    if (!stream) return;
    const [, index, language, kind, description] = stream;
    if (kind === "Audio") this.#audio(Number(index), language, description!);
    else if (kind === "Subtitle") this.#subtitle(Number(index), language, description!);
    else this.#video(Number(index), description!);
  }

  #audio(index: number, language: string | undefined, description: string): void {
    if (this.banner.audioTracks.length >= tracksMax) return;
    const [codec, rate, layout] = fields(description);
    const hz = /^(\d+) Hz$/.exec(rate ?? "");
    this.banner.audioTracks.push({
      index,
      codec: codec!.split(" ")[0]!,
      channels: hz && layout ? channelCount(layout) : null,
      sampleRateHz: hz ? Number(hz[1]) : null,
      language: language && language !== "und" ? language : null,
      default: / \(default\)/.test(description),
    });
  }

  #subtitle(index: number, language: string | undefined, description: string): void {
    if (this.banner.subtitleTracks.length >= tracksMax) return;
    const codec = fields(description)[0]!.split(" ")[0]!;
    const named = language && language !== "und" ? language : null;
    this.banner.subtitleTracks.push({ index, codec, language: named, isText: textCodecs.includes(codec) });
  }

  #video(index: number, description: string): void {
    const codec = fields(description)[0]!.split(" ")[0]!;
    // Version 4 does not mark attached pictures, but a still picture has no frame rate.
    const still = stillCodecs.includes(codec) && !/, [\d.]+k? fps/.test(description);
    if (still || / \(attached pic\)/.test(description)) {
      this.banner.hasAttachedPicture = true;
      return;
    }
    if (this.banner.video) return;
    const size = fields(description)
      .map((field) => /^(\d+)x(\d+)\b/.exec(field))
      .find((match) => match !== null);
    this.banner.video = {
      index,
      codec,
      width: size ? Number(size[1]) : null,
      height: size ? Number(size[2]) : null,
    };
  }
}

/** The parts between commas, those inside brackets left alone: `yuv420p(tv, bt709)` is one. */
function fields(description: string): string[] {
  return description.split(/, (?![^(]*\))/).map((field) => field.trim());
}

function clockToMs(clock: string): number | null {
  const match = /^(\d+):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(clock);
  if (!match) return null;
  const ms = Math.round((Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3])) * 1000);
  return ms > 0 ? ms : null;
}

const namedLayouts: Record<string, number> = {
  ...{ mono: 1, stereo: 2, downmix: 2, quad: 4, hexagonal: 6, octagonal: 8, cube: 8, hexadecagonal: 16 },
};

function channelCount(layout: string): number | null {
  const counted = /^(\d+) channels/.exec(layout);
  if (counted) return Number(counted[1]);
  const name = layout.replace(/\(.*/, "").trim();
  const dotted = /^(\d+(?:\.\d+)+)$/.exec(name);
  if (dotted) return name.split(".").reduce((sum, part) => sum + Number(part), 0);
  return namedLayouts[name] ?? null;
}
