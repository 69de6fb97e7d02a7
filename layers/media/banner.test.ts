import { describe, expect, it } from "vitest";
import { BannerParser } from "./banner.ts";

function parse(text: string) {
  const parser = new BannerParser();
  for (const line of text.split("\n")) parser.push(line);
  return parser.banner;
}

const version4 = `[aac @ 0x323cbbc0] some warning
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'http://127.0.0.1:1/x':
  Metadata:
    title           : a
                    :     Stream #0:9: Audio: pcm
  Duration: 01:02:03.02, start: -0.007000, bitrate: 182 kb/s
    Stream #0:0(und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(tv, bt709), 1280x720 [SAR 1:1 DAR 16:9], 22 kb/s, 10 fps (default)
    Metadata:
      handler_name    : VideoHandler
    Stream #0:1(und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, mono, fltp, 75 kb/s (default)
    Stream #0:2(deu): Audio: ac3, 48000 Hz, 5.1(side), fltp, 384 kb/s
    Stream #0:3: Video: png, rgba(pc), 65535x65535, 90k tbr, 90k tbn, 90k tbc (attached pic)
    Stream #0:4(eng): Subtitle: mov_text (tx3g / 0x67337874), 0 kb/s (default)
    Stream #0:5(und): Subtitle: dvd_subtitle, 720x576
At least one output file must be specified`;

const version5 = `Input #0, mpegts, from 'http://127.0.0.1:1/x':
  Duration: 00:00:05.00, start: 1.500000, bitrate: N/A
  Program 1
  Stream #0:0[0x100]: Video: mpeg2video (Main) ([2][0][0][0] / 0x0002), yuv420p(tv, progressive), 160x120 [SAR 1:1 DAR 4:3], 10 fps
  Stream #0:1[0x101](eng): Audio: mp2 ([3][0][0][0] / 0x0003), 44100 Hz, 32 channels (FL+FR+FC), s16p, 384 kb/s
  Stream #0:2[0x102](und): Audio: none ([6][0][0][0] / 0x0006)`;

describe("BannerParser", () => {
  it("reads what version 4 prints, and is not fooled by a title", () => {
    expect(parse(version4)).toEqual({
      demuxer: "mov",
      durationMs: 3_723_020,
      durationEstimated: false,
      startMs: -7,
      bitrateKbps: 182,
      audioTracks: [
        { index: 1, codec: "aac", channels: 1, sampleRateHz: 44_100, language: null, default: true },
        { index: 2, codec: "ac3", channels: 6, sampleRateHz: 48_000, language: "deu", default: false },
      ],
      subtitleTracks: [
        { index: 4, codec: "mov_text", language: "eng", isText: true },
        { index: 5, codec: "dvd_subtitle", language: null, isText: false },
      ],
      video: { index: 0, codec: "h264", width: 1280, height: 720 },
      hasAttachedPicture: true,
    });
  });

  it("reads what version 5 prints", () => {
    expect(parse(version5)).toMatchObject({
      demuxer: "mpegts",
      durationMs: 5000,
      startMs: 1500,
      bitrateKbps: null,
      audioTracks: [
        { index: 1, codec: "mp2", channels: 32, language: "eng" },
        { index: 2, codec: "none", channels: null, sampleRateHz: null, language: null },
      ],
      video: { index: 0, codec: "mpeg2video", width: 160, height: 120 },
    });
  });

  it.each([
    ["  Duration: N/A, start: 0.000000, bitrate: N/A", { durationMs: null, startMs: 0 }],
    ["  Duration: N/A, bitrate: 705 kb/s", { durationMs: null, bitrateKbps: 705 }],
    ["  Duration: 00:00:03.23, bitrate: 72 kb/s", { durationMs: 3230, startMs: 0 }],
    ["[mp3 @ 0x1] Estimating duration from bitrate, this may be inaccurate", { durationEstimated: true }],
    ["nothing of interest", { demuxer: null, durationMs: null }],
  ])("reads %s", (line, expected) => {
    expect(parse(line)).toMatchObject(expected);
  });
});
