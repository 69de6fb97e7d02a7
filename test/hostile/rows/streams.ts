import { readFile } from "node:fs/promises";
import { constantFlac, id3Frame, id3Head, wav } from "../support/bytes.ts";
import { aac, cutOff, notMedia, samples, speechIn, whole } from "../support/clip.ts";
import { type Kitchen, pictures, quiet, spoken, spokenMs, tone } from "../support/kitchen.ts";
import type { Row, Section } from "../support/row.ts";

/** The clip's samples as other numbers: `change` maps −1 … 1. */
async function floats(kitchen: Kitchen, name: string, change: (value: number, at: number) => number): Promise<string> {
  const pcm = await samples(kitchen);
  const data = Buffer.alloc(pcm.length * 2);
  for (let at = 0; at < pcm.length / 2; at++) data.writeFloatLE(change(pcm.readInt16LE(at * 2) / 32_768, at), at * 4);
  return kitchen.write(name, wav(data, { bits: 32, format: 3 }));
}

const tracks: Row[] = [
  {
    name: "only an attached picture",
    file: async (k) => {
      const picture = await k.make("c.png", ...pictures(0.2), "-frames:v", "1");
      const apic = id3Frame(
        "APIC",
        Buffer.concat([Buffer.from("\0image/png\0\x03\0", "latin1"), await readFile(picture)]),
      );
      return Promise.all([k.write("a.mp3", id3Head(apic.length), apic), k.make("a.mkv", "-i", picture, "-c", "copy")]);
    },
    refused: ["media.no_audio", notMedia],
  },
  {
    name: "video without audio",
    file: (k) => k.make("a.mp4", ...pictures(1), "-c:v", "mpeg4"),
    refused: "media.no_audio",
  },
  { name: "three audio tracks, of which the first is taken", slow: true, file: threeTracks, heard: whole },
  {
    name: "three audio tracks, of which the second is asked for",
    file: threeTracks,
    options: { audioTrack: 1 },
    heard: { durationMs: spokenMs, says: "", withinMs: 130 },
  },
  {
    name: "three audio tracks and a wish for a fourth",
    slow: true,
    file: threeTracks,
    options: { audioTrack: 3 },
    refused: "request.invalid",
  },
  {
    name: "video that is twice as long as its audio",
    file: async (k) => k.make("a.mkv", "-i", await k.speech(), ...pictures(12), "-c:v", "mpeg4", ...aac),
    heard: { ...whole, warning: /of the declared 12/ },
  },
];

async function threeTracks(kitchen: Kitchen): Promise<string> {
  const mapped = ["-map", "0", "-map", "1", "-map", "2"];
  return kitchen.make("three.mka", "-i", await kitchen.speech(), ...quiet(6), ...quiet(6), ...mapped, ...aac);
}

const rolls = ["-f", "mpegts", "-c:a", "mp2"];
const clocks: Row[] = [
  { name: "a hundredth of a second", file: (k) => k.make("a.wav", ...tone(0.01)), heard: { durationMs: 10, says: "" } },
  {
    name: "36 hours by its header",
    file: (k) => k.write("a.wav", wav(Buffer.alloc(1000), { claimedBytes: 0xfff0_0000 }), ""),
    refused: ["media.too_long"],
    heard: { durationMs: 32, withinMs: 5, says: "", warning: "any" },
  },
  {
    name: "40 hours in 40 kilobytes",
    file: (k) => k.write("a.flac", constantFlac(2200, { rateHz: 1000, totalSamples: 2200 * 65_535 })),
    refused: "media.too_long",
  },
  {
    name: "times that begin below zero",
    file: speechIn("a.mkv", "-c:a", "pcm_s16le", "-af", "asetpts=PTS-2/TB", "-avoid_negative_ts", "disabled"),
    heard: { ...whole, withinMs: 2100, says: /three four five six$/ },
  },
  {
    name: "an MPEG clock that rolls over in the middle",
    slow: true,
    file: speechIn("a.ts", ...rolls, "-output_ts_offset", "95440.7"),
    heard: { ...whole, withinMs: 200 },
  },
  {
    name: "a clock that goes back and back again",
    slow: true,
    file: speechIn("a.mkv", "-c:a", "pcm_s16le", "-af", "asetpts='PTS-floor(T/2)*1.5/TB'"),
    heard: { ...whole, warning: "any" },
  },
  {
    name: "a change of the sample rate and the channels",
    slow: true,
    file: async (k) => {
      const first = await readFile(await k.speechAs("1.aac", ...aac));
      const second = await readFile(await k.speechAs("2.aac", ...aac, "-ar", "44100", "-ac", "2"));
      return k.write("a.aac", first, second);
    },
    heard: { durationMs: 2 * spokenMs, withinMs: 300, says: `${spoken} ${spoken}`, warning: "any" },
  },
  {
    name: "chained Ogg of two rates",
    slow: true,
    file: async (k) =>
      k.write(
        "a.ogg",
        await readFile(await k.speechAs("1.ogg", "-c:a", "libvorbis")),
        await readFile(await k.speechAs("2.ogg", "-c:a", "libvorbis", "-ar", "44100")),
      ),
    heard: { says: /^one two three four five six/, warning: "any" },
  },
];

const waveforms: Row[] = [
  { name: "8 kHz", slow: true, file: speechIn("a.wav", "-ar", "8000"), heard: { ...whole, says: /./ } },
  { name: "384 kHz", slow: true, file: speechIn("a.wav", "-ar", "384000"), heard: whole },
  {
    name: "32 channels",
    slow: true,
    file: async (k) => {
      const pcm = await samples(k);
      const data = Buffer.alloc(pcm.length * 32);
      for (let at = 0; at < pcm.length / 2; at++)
        for (let c = 0; c < 32; c++) data.writeInt16LE(pcm.readInt16LE(at * 2), (at * 32 + c) * 2);
      return k.write("a.wav", wav(data, { channels: 32 }));
    },
    refused: cutOff,
    heard: { ...whole, says: /./, warning: "any" },
  },
  {
    name: "float samples beyond full scale",
    slow: true,
    file: (k) => floats(k, "a.wav", (value) => value * 1e6),
    heard: { durationMs: spokenMs, warning: "any" },
  },
  {
    name: "float samples of which some are NaN and Inf",
    slow: true,
    file: (k) =>
      floats(k, "a.wav", (value, at) =>
        at % 5000 === 0 ? Number.NaN : at % 7001 === 0 ? Number.POSITIVE_INFINITY : value,
      ),
    heard: { ...whole, says: /./, warning: "any" },
  },
  {
    name: "float samples that are all NaN",
    slow: true,
    file: (k) => floats(k, "a.wav", () => Number.NaN),
    heard: { durationMs: spokenMs, warning: "any" },
  },
  { name: "a DC offset", slow: true, file: speechIn("a.wav", "-af", "dcshift=0.4"), heard: whole },
  { name: "full-scale clipping", file: speechIn("a.wav", "-af", "volume=30dB"), heard: { ...whole, says: /./ } },
];

/** Whole files whose tracks, clocks or samples are odd. */
export const streams: Section = { title: "streams", rows: [...tracks, ...clocks, ...waveforms] };
