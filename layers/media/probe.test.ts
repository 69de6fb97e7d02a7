import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MediaError } from "../core/index.ts";
import { chooseAudioTrack } from "./choose-track.ts";
import { Ffmpeg, inputArguments } from "./ffmpeg.ts";
import { probeMedia } from "./probe.ts";
import { RangeServer } from "./range-server.ts";
import { fileSource } from "./source.ts";
import { bufferSource, picture, sine, TestMedia, wavHeader } from "./test-media.ts";

let media: TestMedia;
beforeAll(async () => {
  media = await TestMedia.create();
});
afterAll(async () => {
  await media[Symbol.asyncDispose]();
});

describe("probeMedia", () => {
  it("describes a video with three audio tracks", async () => {
    const tracks = ["-map", "0", "-map", "1", "-map", "2", "-map", "3", "-c:v", "mpeg4", "-c:a", "aac"];
    const tags = [
      "-metadata:s:a:0",
      "language=eng",
      "-metadata:s:a:1",
      "language=ger",
      "-metadata",
      "title=a\n    Stream #0:9: Audio: pcm",
    ];
    const path = await media.make(
      "three.mp4",
      ...picture(2),
      ...sine(2),
      ...sine(2, 220, 48_000),
      ...sine(2, 330),
      ...tracks,
      ...tags,
    );
    const info = await probeMedia(await fileSource(path));
    expect(info).toMatchObject({
      container: "MP4/QuickTime",
      demuxer: "mov",
      startMs: 0,
      durationEstimated: false,
      video: { index: 0, codec: "mpeg4", width: 160, height: 120 },
      hasAttachedPicture: false,
    });
    expect(Math.abs(info.durationMs! - 2000)).toBeLessThan(100);
    expect(
      info.audioTracks.map(({ index, language, sampleRateHz, channels }) => ({
        index,
        language,
        sampleRateHz,
        channels,
      })),
    ).toEqual([
      { index: 1, language: "eng", sampleRateHz: 44_100, channels: 1 },
      { index: 2, language: "ger", sampleRateHz: 48_000, channels: 1 },
      { index: 3, language: null, sampleRateHz: 44_100, channels: 1 },
    ]);
    expect(chooseAudioTrack(info).index).toBe(1);
    expect(chooseAudioTrack(info, { language: "de" }).index).toBe(2);
    expect(chooseAudioTrack(info, { language: "fr" }).index).toBe(1);
    expect(chooseAudioTrack(info, { track: 2 }).index).toBe(3);
    expect(() => chooseAudioTrack(info, { track: 3 })).toThrow(expect.objectContaining({ code: "request.invalid" }));
  });

  it("describes files without sound; choosing a track refuses them", async () => {
    const silent = await probeMedia(await fileSource(await media.make("silent.mp4", ...picture(1), "-c:v", "mpeg4")));
    expect(silent.audioTracks).toEqual([]);
    expect(() => chooseAudioTrack(silent)).toThrow(
      expect.objectContaining({ code: "media.no_audio", message: expect.stringContaining("only video") }),
    );
    expect(() => chooseAudioTrack({ ...silent, video: null, hasAttachedPicture: true })).toThrow(/only a picture/);
  });

  it("tells a cover picture from video", async () => {
    const cover = await media.make("cover.png", ...picture(0.1), "-frames:v", "1");
    const args = [
      ...sine(1),
      "-i",
      cover,
      "-map",
      "0",
      "-map",
      "1",
      "-c:v",
      "copy",
      "-disposition:v:0",
      "attached_pic",
    ];
    const info = await probeMedia(await fileSource(await media.make("cover.mp3", ...args, "-id3v2_version", "3")));
    expect(info).toMatchObject({ container: "MP3", video: null, hasAttachedPicture: true });
    expect(info.audioTracks.length).toBe(1);
  });

  it("keeps the container's start", async () => {
    const info = await probeMedia(await fileSource(await media.make("start.ts", ...sine(1), "-c:a", "mp2")));
    expect(info).toMatchObject({ demuxer: "mpegts", container: "MPEG transport stream" });
    expect(info.startMs).toBeGreaterThan(1000);
  });

  it.each([
    ["nothing", Buffer.alloc(0), "media.empty"],
    ["one byte", Buffer.alloc(1), "media.not_media"],
    ["a header only", Buffer.from("\0\0\0\x20ftypisom", "latin1"), "media.not_media"],
    ["zeros", Buffer.alloc(100_000), "media.not_media"],
    ["text", Buffer.from("Not a video at all, whatever its name says.\n"), "media.not_media"],
    ["HTML", Buffer.from("<!DOCTYPE html><html><body>Not found</body></html>"), "media.not_media"],
    ["JSON", Buffer.from('{"error":"not found"}'), "media.not_media"],
    ["a ZIP archive", Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"), "media.not_media"],
    ["PNG", Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", "latin1"), "media.not_media"],
    ["ADTS garbage", Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * i * 31 + 7) & 0xff)), "media.not_media"],
  ])("refuses %s", async (_, bytes, code) => {
    await expect(probeMedia(bufferSource(bytes))).rejects.toMatchObject({ code });
  });

  it.each(["", "\0", "\0\0\0\x20ftypisom", "ID3\x03\0\0\0\0\0\0"])(
    "opens no file for a playlist (after %j)",
    async (disguise) => {
      // Were it followed, the playlist would be a perfectly good recording.
      const secret = await media.make("secret.mp3", ...sine(1));
      const playlist = `${disguise}#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://${secret}\n#EXT-X-ENDLIST\n`;
      const source = bufferSource(Buffer.from(playlist, "latin1"));
      await expect(probeMedia(source)).rejects.toMatchObject({ code: "media.not_media" });
      await using server = await RangeServer.start(source);
      const lines: string[] = [];
      await using ffmpeg = new Ffmpeg(inputArguments(server.url, ["mp3", "aac"]), {
        ...{ logLevel: "info" as const, timeoutMs: 10_000, pipes: false },
        onLine: (line) => lines.push(line),
      });
      await ffmpeg.exit;
      expect(lines.join("\n")).not.toMatch(/Input #0|Stream #/);
    },
  );

  it("opens no file for ffconcat", async () => {
    const secret = await media.make("secret2.mp3", ...sine(1));
    await writeFile(media.path("list.mp4"), `ffconcat version 1.0\nfile ${secret}\n`);
    await expect(probeMedia(await fileSource(media.path("list.mp4")))).rejects.toMatchObject({
      code: "media.not_media",
    });
  });

  it("cannot be told another demuxer by a name in the file that ffmpeg quotes", async () => {
    const element = (id: string, ...body: (Buffer | string)[]) => {
      const bytes = Buffer.concat(body.map((part) => Buffer.from(part)));
      const size = Buffer.from([0x10, 0, bytes.length >> 8, bytes.length & 255]);
      return Buffer.concat([Buffer.from(id, "hex"), size, bytes]);
    };
    const codecs = ["A_PCM/INT/LIT", "A_X\nInput #0, hls, from '"];
    const tracks = codecs.map((codec, i) => {
      const number = Buffer.from([i + 1]);
      const audio = element(
        "e1",
        element("b5", Buffer.from("467a0000", "hex")),
        element("9f", "\x01"),
        element("6264", "\x10"),
      );
      return element(
        "ae",
        element("d7", number),
        element("73c5", number),
        element("83", "\x02"),
        element("86", codec),
        audio,
      );
    });
    const matroska = Buffer.concat([
      element("1a45dfa3", element("4282", "matroska")),
      element(
        "18538067",
        element("1654ae6b", ...tracks),
        element("1f43b675", element("e7", "\0"), element("a3", Buffer.from("81000000", "hex"), Buffer.alloc(3_200))),
      ),
    ]);
    await expect(probeMedia(bufferSource(matroska))).rejects.toMatchObject({ code: "media.not_media" });
  });

  it("holds the size and duration limits", async () => {
    const wav = bufferSource(Buffer.concat([wavHeader(320_000), Buffer.alloc(320_000)]));
    await expect(probeMedia(wav, { limits: { maxSizeBytes: 1000 } })).rejects.toMatchObject({
      code: "media.too_large",
    });
    await expect(probeMedia(wav, { limits: { maxDurationMs: 9_000 } })).rejects.toMatchObject({
      code: "media.too_long",
    });
    expect((await probeMedia(wav, { limits: { maxDurationMs: 10_000 } })).durationMs).toBe(10_000);
  });

  it("ends a source that never answers, and passes on its errors and the caller's", async () => {
    const head = Buffer.concat([wavHeader(1e6), Buffer.alloc(100)]);
    const hanging = (from: number) => ({
      sizeBytes: 1e6,
      read: async (start: number) =>
        start < from ? Readable.from([head.subarray(start)]) : new Readable({ read() {} }),
    });
    const limits = { probeTimeoutMs: 300 };
    await expect(probeMedia(hanging(1), { limits })).rejects.toMatchObject({ code: "media.timeout" });
    await expect(probeMedia(hanging(0), { limits })).rejects.toMatchObject({ code: "media.timeout" });
    const gone = new MediaError("storage.object_changed", "The object was overwritten.");
    const failing = { sizeBytes: 1e6, read: async () => Promise.reject(gone) };
    await expect(probeMedia(failing)).rejects.toBe(gone);
    const reason = new Error("the user left");
    await expect(probeMedia(hanging(0), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
