import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { box, constantFlac, id3Head, noise, rf64Head, samplesOf, seeded, u32be, wav } from "../support/bytes.ts";
import { type Kitchen, pictures, quiet, spoken, spokenMs, tone } from "../support/kitchen.ts";
import type { Heard, Row, Section } from "../support/row.ts";

/** The clip, whole and understood; lossy codecs may add a frame or two. */
const whole: Heard = { durationMs: spokenMs, withinMs: 130, says: spoken };
const speechIn = (name: string, ...options: string[]) => (kitchen: Kitchen) => kitchen.speechAs(name, ...options);
const aac = ["-c:a", "aac", "-b:a", "96k"];
const inFragments = ["-movflags", "frag_keyframe+empty_moov", "-frag_duration", "500000"];
const notMedia = "media.not_media";
/** What a file may be refused as when its end is missing. */
const cutOff = [notMedia, "media.no_audio", "media.decode_failed"] as const;

async function samples(kitchen: Kitchen): Promise<Buffer> {
  return samplesOf(await readFile(await kitchen.speech()));
}

/** The clip's samples as other numbers: `change` maps −1 … 1. */
async function floats(kitchen: Kitchen, name: string, change: (value: number, at: number) => number): Promise<string> {
  const pcm = await samples(kitchen);
  const data = Buffer.alloc(pcm.length * 2);
  for (let at = 0; at < pcm.length / 2; at++) data.writeFloatLE(change(pcm.readInt16LE(at * 2) / 32_768, at), at * 4);
  return kitchen.write(name, wav(data, { bits: 32, format: 3 }));
}

const nothing: Row[] = [
  { name: "0 bytes", file: (k) => k.write("a.mp3", ""), refused: "media.empty" },
  { name: "1 byte", file: (k) => k.write("a.mp4", "\0"), refused: notMedia },
  {
    name: "the header of each container and no more",
    file: (k) =>
      Promise.all([
        k.write("a.mp4", box("ftyp", "isom", u32be(512), "isomiso2")),
        k.write("a.mkv", Buffer.from("1a45dfa3", "hex")),
        k.write("a.wav", "RIFF\x24\0\0\0WAVE"),
        k.write("a.flac", "fLaC"),
        k.write("a.ogg", "OggS"),
        k.write("a.mp3", id3Head(0)),
        k.write("a.avi", "RIFF\0\0\0\0AVI "),
      ]),
    refused: cutOff,
  },
  { name: "a WAV header without samples", file: (k) => k.write("a.wav", wav(Buffer.alloc(0))), refused: cutOff },
  { name: "FLAC that ends after STREAMINFO", file: (k) => k.write("a.flac", constantFlac(0, { rateHz: 16_000 })), refused: cutOff },
  { name: "a hundred kilobytes of zeros", file: (k) => k.write("a.mp3", Buffer.alloc(100_000)), refused: notMedia },
  { name: "noise", file: (k) => k.write("a.bin", noise(60_000, 7)), refused: notMedia },
  {
    name: "an HTML error page served as a file",
    file: (k) => k.write("talk.mp4", "<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>"),
    refused: notMedia,
  },
];

const sixteenths = Array.from({ length: 15 }, (_, at) => (at + 1) / 16);
const cutEverywhere =
  (name: string, ...options: string[]) =>
  async (kitchen: Kitchen) => {
    const bytes = await readFile(await kitchen.speechAs(name, ...options));
    return Promise.all(sixteenths.map((share) => kitchen.write(name, bytes.subarray(0, Math.floor(bytes.length * share)))));
  };
/** What is left is heard, and it is never more than there was. */
const partOfIt: Heard = {
  warning: "any",
  check: ({ ledger }) => expect(ledger.intervals.at(-1)?.endMs ?? 0).toBeLessThanOrEqual(spokenMs + 130),
};
const cut: Row[] = [
  { name: "fragmented MP4 cut at every sixteenth", file: cutEverywhere("a.mp4", ...aac, ...inFragments), refused: cutOff, heard: partOfIt },
  { name: "MP4 with its index at the end, cut", file: cutEverywhere("a.m4a", ...aac), refused: notMedia, slow: true },
  { name: "MKV cut at every sixteenth", file: cutEverywhere("a.mkv", ...aac), refused: cutOff, heard: partOfIt, slow: true },
  { name: "Ogg cut at every sixteenth", file: cutEverywhere("a.ogg", "-c:a", "libopus"), refused: cutOff, heard: partOfIt, slow: true },
  { name: "MP3 cut at every sixteenth", file: cutEverywhere("a.mp3"), refused: cutOff, heard: partOfIt, slow: true },
  { name: "FLAC cut at every sixteenth", file: cutEverywhere("a.flac"), refused: cutOff, heard: partOfIt, slow: true },
  { name: "a WAV of which half is there", file: async (k) => k.write("a.wav", wav((await samples(k)).subarray(0, 96_000), { claimedBytes: 192_000 })), heard: { durationMs: 3000, says: "one two three", warning: "any" } },
];

const layouts: Row[] = [
  { name: "MP4 with its index at the end", file: speechIn("a.mp4", ...aac), heard: whole },
  { name: "fragmented MP4", file: speechIn("a.mp4", ...aac, ...inFragments), heard: whole },
  { name: "MKV without cues, as from a live recorder", file: speechIn("a.mkv", ...aac, "-live", "1"), heard: whole },
  { name: "WebM without a duration", file: speechIn("a.webm", "-c:a", "libopus", "-live", "1"), heard: whole },
  { name: "WAV that says it has 0 bytes", file: async (k) => k.write("a.wav", wav(await samples(k), { claimedBytes: 0 })), heard: whole },
  { name: "WAV that says it has 0xFFFFFFFF bytes", file: async (k) => k.write("a.wav", wav(await samples(k), { claimedBytes: 0xffff_ffff })), heard: { ...whole, warning: "any" } },
  { name: "RF64", file: async (k) => {
      const pcm = await samples(k);
      return k.write("a.wav", rf64Head(BigInt(pcm.length), { rateHz: 16_000, channels: 1, bits: 16 }), pcm);
    }, heard: whole },
  { name: "RF64 that says it has 2⁶² bytes", file: async (k) => k.write("a.wav", rf64Head(1n << 62n, { rateHz: 16_000, channels: 1, bits: 16 }), await samples(k)), refused: ["media.too_long", notMedia], heard: { ...whole, warning: "any" } },
  { name: "RF64 of more than 4 GiB", slow: true, file: (k) => {
      const format = { rateHz: 384_000, channels: 32, bits: 32 };
      const head = rf64Head(4_400_000_000n, format);
      // 49 MB are a second: 89.5 s, all of it digital silence.
      return k.sparse("a.wav", head.length + 4_400_000_000, [{ at: 0, bytes: head }]);
    }, heard: { durationMs: 89_518, says: "" } },
  { name: "ADTS frames among garbage", file: async (k) => {
      const frames = await readFile(await k.speechAs("a.aac", ...aac));
      return k.write("a.aac", frames.subarray(0, 20_000), noise(5_000, 3), frames.subarray(20_000));
    }, refused: cutOff, heard: { durationMs: spokenMs, withinMs: 600, warning: "any" } },
  { name: "ADTS headers with garbage behind them", file: (k) => {
      const next = seeded(11);
      const frames = Array.from({ length: 40 }, () => {
        const body = noise(200, next());
        return Buffer.concat([Buffer.from([0xff, 0xf1, 0x60, 0x40, 0x19, 0xff, 0xfc]), body.subarray(0, 193)]);
      });
      return k.write("a.aac", ...frames);
    }, refused: cutOff, heard: { warning: "any" } },
  { name: "MP3 whose Xing header says a hundred times as much", file: async (k) => k.surgery(await k.speechAs("x.mp3"), "a.mp3", lyingXing(100)), heard: { ...whole, warning: /of the declared/ } },
  { name: "MP3 whose Xing header says 36 hours and more", file: async (k) => k.surgery(await k.speechAs("x.mp3"), "a.mp3", lyingXing(30_000)), refused: "media.too_long" },
  { name: "MP3 whose Xing header says one frame", file: async (k) => k.surgery(await k.speechAs("x.mp3"), "a.mp3", lyingXing(0)), heard: { ...whole, warning: "any" } },
];

/** Multiplies the number of frames in the Xing (or Info) header, which follows the first frame's side information. */
const lyingXing = (factor: number) => (bytes: Buffer) => {
  const at = Math.max(bytes.indexOf("Xing", 0, "latin1"), bytes.indexOf("Info", 0, "latin1"));
  if (at < 0) throw new Error("the MP3 has no Xing header");
  bytes.writeUInt32BE(factor === 0 ? 1 : bytes.readUInt32BE(at + 8) * factor, at + 8);
  return bytes;
};

const zip = "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0x";
const disguises: Row[] = [
  { name: "MP4 named .txt", file: speechIn("x.m4a", ...aac), heard: whole },
  { name: "WAV named .mp4", file: async (k) => k.write("a.mp4", await readFile(await k.speech())), heard: whole },
  { name: "MP4 with a ZIP archive behind it", file: async (k) => k.write("a.mp4", await readFile(await k.speechAs("x.m4a", ...aac)), zip), heard: whole },
  { name: "a ZIP archive with MP4 behind it", file: async (k) => k.write("a.mp4", zip, await readFile(await k.speechAs("x.m4a", ...aac))), refused: notMedia },
];

const tracks: Row[] = [
  { name: "only an attached picture", file: async (k) => k.make("a.mka", "-i", await k.make("c.png", ...pictures(0.2), "-frames:v", "1"), "-c", "copy", "-disposition:v:0", "attached_pic"), refused: "media.no_audio" },
  { name: "video without audio", file: (k) => k.make("a.mp4", ...pictures(1), "-c:v", "mpeg4"), refused: "media.no_audio" },
  { name: "three audio tracks, of which the first is taken", file: threeTracks, heard: whole },
  { name: "three audio tracks, of which the second is asked for", file: threeTracks, options: { audioTrack: 1 }, heard: { durationMs: spokenMs, says: "", withinMs: 130 } },
  { name: "three audio tracks and a wish for a fourth", file: threeTracks, options: { audioTrack: 3 }, refused: "request.invalid" },
  { name: "video that is twice as long as its audio", file: async (k) => k.make("a.mkv", "-i", await k.speech(), ...pictures(12), "-c:v", "mpeg4", ...aac), heard: { ...whole, warning: /of the declared 12/ } },
];

async function threeTracks(kitchen: Kitchen): Promise<string> {
  const mapped = ["-map", "0", "-map", "1", "-map", "2"];
  return kitchen.make("three.mka", "-i", await kitchen.speech(), ...quiet(6), ...quiet(6), ...mapped, ...aac);
}

const rolls = ["-f", "mpegts", "-c:a", "mp2"];
const clocks: Row[] = [
  { name: "a hundredth of a second", file: (k) => k.make("a.wav", ...tone(0.01)), heard: { durationMs: 10, says: "" } },
  { name: "36 hours by its header", file: (k) => k.write("a.wav", wav(Buffer.alloc(1000), { claimedBytes: 0xfff0_0000 }), ""), refused: ["media.too_long"], heard: { durationMs: 32, withinMs: 5, says: "", warning: "any" } },
  { name: "36 hours of audio, over the limit", file: (k) => k.write("a.flac", constantFlac(130, { rateHz: 65_535 / 1000 | 0 })), refused: ["media.too_long", "media.decode_failed", notMedia] },
  { name: "times that begin below zero", file: speechIn("a.mkv", "-c:a", "pcm_s16le", "-af", "asetpts=PTS-2/TB", "-avoid_negative_ts", "disabled"), heard: { ...whole, withinMs: 2100, says: /three four five six$/ } },
  { name: "an MPEG clock that rolls over in the middle", file: speechIn("a.ts", ...rolls, "-output_ts_offset", "95440.7"), heard: { ...whole, withinMs: 200 } },
  { name: "a clock that goes back and back again", file: speechIn("a.mkv", "-c:a", "pcm_s16le", "-af", "asetpts='PTS-floor(T/2)*1.5/TB'"), heard: { ...whole, warning: "any" } },
  { name: "a change of the sample rate and the channels", file: async (k) => {
      const first = await readFile(await k.speechAs("1.aac", ...aac));
      const second = await readFile(await k.speechAs("2.aac", ...aac, "-ar", "44100", "-ac", "2"));
      return k.write("a.aac", first, second);
    }, heard: { durationMs: 2 * spokenMs, withinMs: 300, says: `${spoken} ${spoken}`, warning: "any" } },
  { name: "chained Ogg of two rates", file: async (k) => k.write("a.ogg", await readFile(await k.speechAs("1.ogg", "-c:a", "libvorbis")), await readFile(await k.speechAs("2.ogg", "-c:a", "libvorbis", "-ar", "44100"))), heard: { says: /^one two three four five six/, warning: "any" } },
];

const waveforms: Row[] = [
  { name: "8 kHz", file: speechIn("a.wav", "-ar", "8000"), heard: { ...whole, says: /./ } },
  { name: "384 kHz", file: speechIn("a.wav", "-ar", "384000"), heard: whole },
  { name: "32 channels", file: async (k) => {
      const pcm = await samples(k);
      const data = Buffer.alloc(pcm.length * 32);
      for (let at = 0; at < pcm.length / 2; at++) for (let c = 0; c < 32; c++) data.writeInt16LE(pcm.readInt16LE(at * 2), (at * 32 + c) * 2);
      return k.write("a.wav", wav(data, { channels: 32 }));
    }, refused: cutOff, heard: { ...whole, says: /./, warning: "any" } },
  { name: "float samples beyond full scale", file: (k) => floats(k, "a.wav", (value) => value * 1e6), heard: { durationMs: spokenMs, warning: "any" } },
  { name: "float samples of which some are NaN and Inf", file: (k) => floats(k, "a.wav", (value, at) => (at % 5000 === 0 ? Number.NaN : at % 7001 === 0 ? Number.POSITIVE_INFINITY : value)), heard: { ...whole, says: /./, warning: "any" } },
  { name: "float samples that are all NaN", file: (k) => floats(k, "a.wav", () => Number.NaN), heard: { durationMs: spokenMs, warning: "any" } },
  { name: "a DC offset", file: speechIn("a.wav", "-af", "dcshift=0.4"), heard: whole },
  { name: "full-scale clipping", file: speechIn("a.wav", "-af", "volume=30dB"), heard: { ...whole, says: /./ } },
];

/** Files that are broken, cut off, disguised or merely odd. */
export const containers: Section = {
  title: "containers",
  rows: [...nothing, ...cut, ...layouts, ...disguises, ...tracks, ...clocks, ...waveforms],
};
