import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { box, constantFlac, id3Head, noise, rf64Head, seeded, u32be, wav } from "../support/bytes.ts";
import { aac, cutOff, inFragments, notMedia, samples, speechIn, whole } from "../support/clip.ts";
import { type Kitchen, spokenMs } from "../support/kitchen.ts";
import type { Heard, Row, Section } from "../support/row.ts";

const nothing: Row[] = [
  { name: "0 bytes", file: (k) => k.write("a.mp3", ""), refused: "media.empty" },
  { name: "1 byte", file: (k) => k.write("a.mp4", "\0"), refused: notMedia },
  {
    name: "the header of each container and no more",
    slow: true,
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
  {
    name: "FLAC that ends after STREAMINFO",
    slow: true,
    file: (k) => k.write("a.flac", constantFlac(0, { rateHz: 16_000 })),
    refused: cutOff,
  },
  {
    name: "a hundred kilobytes of zeros",
    slow: true,
    file: (k) => k.write("a.mp3", Buffer.alloc(100_000)),
    refused: notMedia,
  },
  { name: "noise", slow: true, file: (k) => k.write("a.bin", noise(60_000, 7)), refused: notMedia },
  {
    name: "an HTML error page served as a file",
    slow: true,
    file: (k) =>
      k.write("talk.mp4", "<!DOCTYPE html><html><head><title>404</title></head><body>Not found</body></html>"),
    refused: notMedia,
  },
];

const cutAt =
  (shares: readonly number[], name: string, ...options: string[]) =>
  async (kitchen: Kitchen) => {
    const bytes = await readFile(await kitchen.speechAs(name, ...options));
    return Promise.all(shares.map((share) => kitchen.write(name, bytes.subarray(0, Math.floor(bytes.length * share)))));
  };
const sixteenths = Array.from({ length: 15 }, (_, at) => (at + 1) / 16);
const cutEverywhere = (name: string, ...options: string[]) => cutAt(sixteenths, name, ...options);
/** What is left is heard, and it is never more than there was. */
const partOfIt: Heard = {
  warning: "any",
  check: ({ ledger }) => expect(ledger.intervals.at(-1)?.endMs ?? 0).toBeLessThanOrEqual(spokenMs + 130),
};
const cut: Row[] = [
  {
    name: "fragmented MP4 of which a sixteenth is there, or half",
    slow: true,
    file: cutAt([1 / 16, 1 / 2], "a.mp4", ...aac, ...inFragments),
    refused: cutOff,
    heard: partOfIt,
  },
  {
    name: "fragmented MP4 cut at every sixteenth",
    slow: true,
    file: cutEverywhere("a.mp4", ...aac, ...inFragments),
    refused: cutOff,
    heard: partOfIt,
  },
  { name: "MP4 with its index at the end, cut", file: cutEverywhere("a.m4a", ...aac), refused: notMedia, slow: true },
  {
    name: "MKV cut at every sixteenth",
    file: cutEverywhere("a.mkv", ...aac),
    refused: cutOff,
    heard: partOfIt,
    slow: true,
  },
  {
    name: "Ogg cut at every sixteenth",
    file: cutEverywhere("a.ogg", "-c:a", "libopus"),
    refused: cutOff,
    heard: partOfIt,
    slow: true,
  },
  { name: "MP3 cut at every sixteenth", file: cutEverywhere("a.mp3"), refused: cutOff, heard: partOfIt, slow: true },
  { name: "FLAC cut at every sixteenth", file: cutEverywhere("a.flac"), refused: cutOff, heard: partOfIt, slow: true },
  {
    name: "a WAV of which half is there",
    file: async (k) => k.write("a.wav", wav((await samples(k)).subarray(0, 96_000), { claimedBytes: 192_000 })),
    heard: { durationMs: 3000, says: "one two three", warning: "any" },
  },
];

const layouts: Row[] = [
  { name: "MP4 with its index at the end", file: speechIn("a.mp4", ...aac), heard: whole },
  { name: "fragmented MP4", file: speechIn("a.mp4", ...aac, ...inFragments), heard: whole },
  {
    name: "MKV without cues, as from a live recorder",
    slow: true,
    file: speechIn("a.mkv", ...aac, "-live", "1"),
    heard: whole,
  },
  {
    name: "WebM without a duration",
    slow: true,
    file: speechIn("a.webm", "-c:a", "libopus", "-live", "1"),
    heard: whole,
  },
  {
    name: "WAV that says it has 0 bytes",
    file: async (k) => k.write("a.wav", wav(await samples(k), { claimedBytes: 0 })),
    heard: whole,
  },
  {
    name: "WAV that says it has 0xFFFFFFFF bytes",
    file: async (k) => k.write("a.wav", wav(await samples(k), { claimedBytes: 0xffff_ffff })),
    heard: { ...whole, warning: "any" },
  },
  {
    name: "RF64",
    file: async (k) => {
      const pcm = await samples(k);
      return k.write("a.wav", rf64Head(BigInt(pcm.length), { rateHz: 16_000, channels: 1, bits: 16 }), pcm);
    },
    heard: whole,
  },
  {
    name: "RF64 that says it has 2⁶² bytes",
    slow: true,
    file: async (k) =>
      k.write("a.wav", rf64Head(1n << 62n, { rateHz: 16_000, channels: 1, bits: 16 }), await samples(k)),
    refused: ["media.too_long", notMedia],
    heard: { ...whole, warning: "any" },
  },
  {
    name: "RF64 of more than 4 GiB",
    slow: true,
    file: (k) => {
      const format = { rateHz: 384_000, channels: 8, bits: 32 };
      const head = rf64Head(4_400_000_000n, format);
      // 12.3 MB are a second: 358 s, all of it digital silence.
      return k.sparse("a.wav", head.length + 4_400_000_000, [{ at: 0, bytes: head }]);
    },
    heard: { durationMs: 358_073, says: "" },
  },
  {
    name: "ADTS frames among garbage",
    slow: true,
    file: async (k) => {
      const frames = await readFile(await k.speechAs("a.aac", ...aac));
      return k.write("a.aac", frames.subarray(0, 20_000), noise(5_000, 3), frames.subarray(20_000));
    },
    refused: cutOff,
    heard: { warning: /damaged|gave up/ },
  },
  {
    name: "ADTS headers with garbage behind them",
    slow: true,
    file: (k) => {
      const next = seeded(11);
      const frames = Array.from({ length: 40 }, () => {
        const body = noise(200, next());
        return Buffer.concat([Buffer.from([0xff, 0xf1, 0x60, 0x40, 0x19, 0xff, 0xfc]), body.subarray(0, 193)]);
      });
      return k.write("a.aac", ...frames);
    },
    refused: cutOff,
    heard: { warning: "any" },
  },
  {
    name: "MP3 whose Xing header says a hundred times as much",
    file: async (k) => k.surgery(await k.speechAs("x.mp3"), "a.mp3", lyingXing(100)),
    heard: { ...whole, warning: /of the declared/ },
  },
  {
    name: "MP3 whose Xing header says 36 hours and more",
    file: async (k) => k.surgery(await k.speechAs("x.mp3"), "a.mp3", lyingXing(30_000)),
    refused: "media.too_long",
  },
  {
    name: "MP3 whose Xing header says one frame",
    slow: true,
    file: async (k) => k.surgery(await k.speechAs("x.mp3"), "a.mp3", lyingXing(0)),
    heard: { ...whole, warning: "any" },
  },
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
  { name: "MP4 named .txt", slow: true, file: speechIn("x.m4a", ...aac), heard: whole },
  {
    name: "WAV named .mp4",
    slow: true,
    file: async (k) => k.write("a.mp4", await readFile(await k.speech())),
    heard: whole,
  },
  {
    name: "MP4 with a ZIP archive behind it",
    slow: true,
    file: async (k) => k.write("a.mp4", await readFile(await k.speechAs("x.m4a", ...aac)), zip),
    heard: whole,
  },
  {
    name: "a ZIP archive with MP4 behind it",
    slow: true,
    file: async (k) => k.write("a.mp4", zip, await readFile(await k.speechAs("x.m4a", ...aac))),
    refused: notMedia,
  },
];

/** Files that are broken, cut off, or disguised. */
export const containers: Section = { title: "containers", rows: [...nothing, ...cut, ...layouts, ...disguises] };
