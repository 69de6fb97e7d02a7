import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MediaError } from "../core/index.ts";
import { chooseAudioTrack } from "./choose-track.ts";
import { type DecodeOptions, type DecodeResult, decodePcm } from "./decode.ts";
import type { MediaLimits } from "./limits.ts";
import { probeMedia } from "./probe.ts";
import { type ByteSource, fileSource } from "./source.ts";
import { bufferSource, picture, sine, TestMedia, wavHeader } from "./test-media.ts";

let media: TestMedia;
beforeAll(async () => {
  media = await TestMedia.create();
});
afterAll(async () => {
  await media[Symbol.asyncDispose]();
});

async function decode(
  source: ByteSource,
  options: Partial<DecodeOptions> = {},
): Promise<DecodeResult & { pcm: Buffer }> {
  const info = await probeMedia(source);
  const declaredDurationMs = info.durationEstimated ? null : info.durationMs;
  const { index } = chooseAudioTrack(info);
  await using decoder = decodePcm(source, { audioTrack: index, demuxer: info.demuxer, declaredDurationMs, ...options });
  const chunks: Buffer[] = [];
  for await (const chunk of decoder.stdout) chunks.push(chunk);
  const result = await decoder.done;
  const pcm = Buffer.concat(chunks);
  expect(pcm.length).toBe(2 * result.samples);
  return { ...result, pcm };
}

function rms(pcm: Buffer, fromMs: number, toMs: number): number {
  let sum = 0;
  for (let ms = fromMs * 16; ms < toMs * 16; ms++) sum += pcm.readInt16LE(2 * ms) ** 2;
  return Math.sqrt(sum / ((toMs - fromMs) * 16));
}

describe("decodePcm", () => {
  const video = ["-c:v", "mpeg4", "-c:a", "aac"];
  it.each<[string, string[]]>([
    ["moov-at-end.mp4", [...picture(2), ...sine(2), ...video]],
    ["fragmented.mp4", [...picture(2), ...sine(2), ...video, "-movflags", "frag_keyframe+empty_moov"]],
    ["a.mkv", [...picture(2), ...sine(2), ...video]],
    ["a.webm", [...sine(2), "-c:a", "libopus"]],
    ["a.ogg", [...sine(2), "-c:a", "libvorbis"]],
    ["a.mp3", [...sine(2), "-c:a", "libmp3lame"]],
    ["a.flac", sine(2)],
    ["a.aac", sine(2)],
    ["a.aiff", sine(2)],
    ["a.avi", [...picture(2), ...sine(2), "-c:v", "mpeg4", "-c:a", "mp2"]],
    ["a.ts", [...sine(2), "-c:a", "mp2"]],
    ["8kHz.wav", [...sine(2), "-ar", "8000"]],
    ["384kHz-stereo.wav", [...sine(2), "-ar", "384000", "-ac", "2"]],
    ["float.wav", [...sine(2), "-c:a", "pcm_f32le"]],
  ])("decodes %s", async (name, args) => {
    const { samples, truncated, warnings, pcm, leadMs } = await decode(
      await fileSource(await media.make(name, ...args)),
    );
    expect(Math.abs(samples - 32_000)).toBeLessThan(2_000);
    expect({ truncated, warnings, leadMs }).toEqual({ truncated: false, warnings: [], leadMs: 0 });
    expect(rms(pcm, 500, 1500)).toBeGreaterThan(2000);
  });

  it("gives the very samples of a 16 kHz WAV", async () => {
    const body = Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * 73) & 0xff));
    for (const claimed of [body.length, 0, 0xffff_ffff]) {
      const { pcm } = await decode(bufferSource(Buffer.concat([wavHeader(claimed), body])));
      expect(Buffer.compare(pcm, body)).toBe(0);
    }
  });

  it("decodes a hundredth of a second, and the chosen one of several tracks", async () => {
    expect((await decode(await fileSource(await media.make("short.wav", ...sine(0.01))))).decodedMs).toBe(10);
    const path = await media.make(
      "two.mkv",
      ...sine(1),
      "-f",
      "lavfi",
      "-t",
      "1",
      "-i",
      "anullsrc",
      "-map",
      "0",
      "-map",
      "1",
    );
    expect(rms((await decode(await fileSource(path), { audioTrack: 0 })).pcm, 100, 800)).toBeGreaterThan(1000);
    expect(rms((await decode(await fileSource(path), { audioTrack: 1 })).pcm, 100, 800)).toBeLessThan(2);
  });

  it("keeps the source's clock: a late start and a gap are silence", async () => {
    const args = [...picture(5), "-itsoffset", "2", ...sine(2), "-map", "0", "-map", "1", ...video];
    const late = await decode(await fileSource(await media.make("late.mp4", ...args)));
    expect(Math.abs(late.leadMs - 2000)).toBeLessThan(60);
    expect(rms(late.pcm, 0, 1900)).toBe(0);
    expect(rms(late.pcm, 2200, 3800)).toBeGreaterThan(1000);
    const skip = ["-af", "asetpts='if(gt(T,1),PTS+3/TB,PTS)'", "-c:a", "pcm_s16le"];
    const gap = await decode(await fileSource(await media.make("gap.mkv", ...sine(2), ...skip)));
    expect(Math.abs(gap.decodedMs - 5000)).toBeLessThan(60);
    expect(rms(gap.pcm, 1200, 3900)).toBe(0);
    expect(rms(gap.pcm, 4200, 4900)).toBeGreaterThan(1000);
  });

  it("loses nothing when the clock goes back or the sample rate changes", async () => {
    const back = ["-af", "asetpts='if(gt(T,2),PTS-1.9/TB,PTS)'", "-c:a", "pcm_s16le"];
    const rolled = await decode(await fileSource(await media.make("back.mkv", ...sine(4), ...back)));
    expect(Math.abs(rolled.decodedMs - 4000)).toBeLessThan(60);
    const parts = [
      await media.make("p1.aac", ...sine(2)),
      await media.make("p2.aac", ...sine(2, 440, 22_050), "-ac", "2"),
    ];
    for (const order of [parts, parts.toReversed()]) {
      const joined = Buffer.concat(await Promise.all(order.map((path) => readFile(path))));
      expect(Math.abs((await decode(bufferSource(joined))).decodedMs - 4100)).toBeLessThan(200);
    }
  });

  it("survives a file cut off at every sixteenth", async () => {
    const made = [
      await media.make(
        "cut.mp4",
        ...sine(4),
        "-c:a",
        "aac",
        "-movflags",
        "frag_keyframe+empty_moov",
        "-frag_duration",
        "500000",
      ),
      await media.make("end.mp4", ...sine(4), "-c:a", "aac"),
      await media.make("cut.ogg", ...sine(4), "-c:a", "libopus"),
      await media.make("cut.wav", ...sine(4)),
    ];
    for (const path of made) {
      const bytes = await readFile(path);
      let last = 0;
      for (let i = 1; i < 16; i++) {
        const part = bytes.subarray(0, Math.floor((bytes.length * i) / 16));
        const outcome = await decode(bufferSource(part)).catch((error: unknown) => error);
        if (outcome instanceof MediaError) {
          expect(["media.not_media", "media.no_audio", "media.decode_failed"]).toContain(outcome.code);
        } else {
          const { decodedMs } = outcome as DecodeResult;
          expect(decodedMs).toBeGreaterThanOrEqual(last);
          last = decodedMs;
        }
      }
    }
  });

  it("says when there is less than was declared", async () => {
    const whole = await readFile(await media.make("whole.flac", ...sine(8)));
    const { truncated, warnings } = await decode(bufferSource(whole.subarray(0, whole.length / 2)));
    expect(truncated).toBe(true);
    expect(warnings[0]).toMatch(/of the declared 8\.0 s/);
  });

  it("fails clearly, without paths or addresses, when nothing can be decoded", async () => {
    const source = bufferSource(Buffer.concat([wavHeader(1e5), Buffer.alloc(1e5)]));
    const decoder = decodePcm(source, { audioTrack: 7, demuxer: "wav" });
    const failure = await Readable.from(decoder.stdout)
      .toArray()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "media.decode_failed" });
    expect((failure as Error).message).not.toMatch(/127\.0\.0\.1|0x[0-9a-f]{4}|\/tmp/);
    await expect(decoder.done).rejects.toBe(failure);
  });

  const seconds = (count: number) => Buffer.concat([wavHeader(0xffff_ffff), Buffer.alloc(32_000 * count)]);
  it("holds the duration limit whatever the file declares", async () => {
    const limits: Partial<MediaLimits> = { maxDurationMs: 3000 };
    expect((await decode(bufferSource(seconds(3)), { limits })).decodedMs).toBe(3000);
    await expect(decode(bufferSource(seconds(60)), { limits })).rejects.toMatchObject({ code: "media.too_long" });
  });

  it("ends a decode that hangs, and lets the source's error and the caller's signal through", async () => {
    const head = seconds(1);
    const then = (read: () => Promise<Readable>): ByteSource => ({
      sizeBytes: 1e9,
      read: async (start) => (start < head.length ? Readable.from([head.subarray(start)]) : read()),
    });
    const options = { audioTrack: 0, demuxer: "wav" };
    const drain = async (source: ByteSource, more: Partial<DecodeOptions>) => {
      await using decoder = decodePcm(source, { ...options, ...more });
      for await (const chunk of decoder.stdout) expect(chunk.length).toBeGreaterThan(0);
    };
    const hang = then(async () => new Readable({ read() {} }));
    await expect(drain(hang, { limits: { stallTimeoutMs: 300 } })).rejects.toMatchObject({ code: "media.timeout" });
    await expect(drain(hang, { limits: { decodeTimeoutMs: 300 } })).rejects.toMatchObject({ code: "media.timeout" });
    const reason = new Error("the user left");
    const leave = new AbortController();
    setTimeout(() => leave.abort(reason), 200);
    await expect(drain(hang, { signal: leave.signal })).rejects.toBe(reason);
    const gone = new MediaError("storage.unavailable", "The store went away.");
    await expect(
      drain(
        then(() => Promise.reject(gone)),
        {},
      ),
    ).rejects.toBe(gone);
  });

  it("can be left at any time", async () => {
    const source = bufferSource(seconds(300));
    const options = { audioTrack: 0, demuxer: "wav" };
    const unused = decodePcm(source, options);
    await unused[Symbol.asyncDispose]();
    await expect(unused.done).rejects.toMatchObject({ code: "media.decode_failed" });
    const left = decodePcm(source, options);
    for await (const chunk of left.stdout) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await left[Symbol.asyncDispose]();
    await expect(left.done).rejects.toMatchObject({ code: "media.decode_failed" });
  });

  it("keeps memory flat over 256 MiB, at the consumer's pace", async () => {
    const sizeBytes = 256 * 1024 * 1024;
    const header = wavHeader(sizeBytes - 44);
    const block = Buffer.alloc(64 * 1024, 1);
    let handedOut = 0;
    const source: ByteSource = {
      sizeBytes,
      async read(start, end) {
        return Readable.from(
          (function* () {
            if (start < 44) yield header.subarray(start);
            for (let at = Math.max(44, start); at < end; at += block.length) {
              handedOut = Math.max(handedOut, at);
              yield block.subarray(0, Math.min(block.length, end - at));
            }
          })(),
        );
      },
    };
    await using decoder = decodePcm(source, { audioTrack: 0, demuxer: "wav" });
    const before = process.memoryUsage.rss();
    let peak = before;
    let bytes = 0;
    for await (const chunk of decoder.stdout) {
      if (bytes === 0) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        expect(handedOut).toBeLessThan(32 * 1024 * 1024);
      }
      bytes += chunk.length;
      peak = Math.max(peak, process.memoryUsage.rss());
    }
    expect(bytes).toBe(sizeBytes - 44);
    expect((await decoder.done).decodedMs).toBe(Math.ceil(bytes / 32));
    expect((peak - before) / 1024 / 1024).toBeLessThan(100);
  });
});
