import { expect } from "vitest";
import { transcriptSchema } from "../../../layers/transcript/index.ts";
import { sample } from "../../e2e/support/media.ts";
import { type Kitchen, quiet, spoken, spokenMs, tone } from "../support/kitchen.ts";
import type { Row, Section } from "../support/row.ts";

/** Inputs one after the other, as 16 kHz WAV. */
async function inTurn(kitchen: Kitchen, count: number, ...inputs: string[]): Promise<string> {
  const streams = Array.from(
    { length: count },
    (_, at) => `[${at}:a]aresample=16000,aformat=channel_layouts=mono[s${at}];`,
  );
  const joined = `${streams.map((_, at) => `[s${at}]`).join("")}concat=n=${count}:v=0:a=1`;
  return kitchen.make("a.wav", ...inputs, "-filter_complex", streams.join("") + joined, "-ar", "16000");
}

const afterSilence = (seconds: number) => async (k: Kitchen) => inTurn(k, 2, ...quiet(seconds), "-i", await k.speech());
const chords = [
  "-f",
  "lavfi",
  "-i",
  "aevalsrc='0.15*sin(2*PI*220*t)+0.15*sin(2*PI*277*t)+0.15*sin(2*PI*330*t)':s=16000:d=8",
];
const hum = ["-f", "lavfi", "-i", "aevalsrc='0.2*sin(2*PI*50*t)+0.1*sin(2*PI*150*t)':s=16000:d=8"];

const nobody: Row[] = [
  {
    name: "pure silence",
    file: (k) => k.make("a.wav", ...quiet(8)),
    heard: {
      durationMs: 8000,
      says: "",
      check: ({ ledger }) => expect(ledger.intervals.map(({ kind }) => kind)).toEqual(["silence"]),
    },
  },
  { name: "hum", slow: true, file: (k) => k.make("a.wav", ...hum), heard: { durationMs: 8000, says: "" } },
  {
    // A small model puts words to a tune; what it may not do is have people believe them.
    name: "music",
    file: (k) => k.make("a.wav", ...chords),
    heard: {
      durationMs: 8000,
      check: (transcript) => {
        const { segments } = transcriptSchema.parse(transcript);
        expect(segments.filter(({ hallucination }) => (hallucination?.verdict ?? "clear") === "clear")).toEqual([]);
      },
    },
  },
];

const places: Row[] = [
  {
    name: "silence, then speech at 75 s",
    slow: true,
    file: afterSilence(75),
    heard: {
      durationMs: 75_000 + spokenMs,
      says: spoken,
      check: ({ segments }) => expect(segments[0]?.startMs).toBeGreaterThan(75_000),
    },
  },
  {
    name: "the same in the mode that never skips",
    slow: true,
    file: afterSilence(75),
    options: { mode: "exact" },
    heard: { durationMs: 75_000 + spokenMs, says: /four five six$/ },
  },
  {
    name: "words across 30.00 s",
    slow: true,
    file: afterSilence(26),
    options: { words: true },
    heard: {
      says: spoken,
      check: ({ segments }) =>
        expect(segments.some(({ startMs, endMs }) => startMs < 30_000 && endMs > 30_000)).toBe(true),
    },
  },
  {
    name: "speech in the last half second",
    file: async (k) => inTurn(k, 2, ...quiet(9), "-ss", "3.5", "-t", "1.4", "-i", await k.speech()),
    heard: { durationMs: 10_400, says: /^four five/ },
  },
  {
    name: "a first window without words, then speech",
    file: async (k) => inTurn(k, 2, ...hum, "-i", await k.speech()),
    heard: { durationMs: 8000 + spokenMs, says: new RegExp(`${spoken}$`) },
  },
  {
    name: "a tone, then speech",
    slow: true,
    file: async (k) => inTurn(k, 2, ...tone(8, 1000), "-i", await k.speech()),
    heard: { durationMs: 8000 + spokenMs, says: new RegExp(`${spoken}$`) },
  },
  {
    name: "a chorus three times, which is kept",
    slow: true,
    file: async (k) => k.make("a.wav", "-stream_loop", "2", "-i", await k.speech()),
    heard: { durationMs: 3 * spokenMs, says: [spoken, spoken, spoken].join(" ") },
  },
  {
    name: "two languages",
    slow: true,
    file: async (k) => inTurn(k, 2, "-i", await k.speech(), "-i", sample.german),
    heard: {
      says: /^one two three four five six .*(eins|zwei|drei)/,
      check: ({ segments }) => expect(new Set(segments.map(({ language }) => language))).toEqual(new Set(["en", "de"])),
    },
  },
];

/** Texts that trip up writers of subtitles. */
const awkward = [
  "你好,世界。",
  "שלום עולם مرحبا",
  "e\u0301 a\u0323\u0308 👩‍👩‍👧",
  "a --> b",
  "<b>not bold</b> & co",
  "00:00:01.000 --> 00:00:02.000",
  "NOTE this is no comment",
];
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const given = awkward.map((text, at) => `00:00:0${at}.000 --> 00:00:0${at}.900\n${escaped(text)}\n`).join("\n");

const texts: Row[] = [
  {
    name: "text of many scripts, with arrows, markup, ampersands and timings in it",
    slow: true,
    file: async (k) => k.make("a.wav", ...quiet(8)),
    given: { format: "vtt", text: `WEBVTT\n\n${given}` },
    heard: {
      warning: "any",
      check: async ({ segments }, _job, read) => {
        // An arrow of two dashes is what separates times, so the text has one of a single dash.
        expect(segments.map(({ text }) => text.trim())).toEqual(awkward.map((line) => line.replace("-->", "->")));
        const vtt = await read("vtt");
        expect(vtt.split("\n").filter((line) => line.includes("-->"))).toHaveLength(awkward.length);
        const srt = await read("srt");
        expect(srt.split("\n").filter((line) => /^\d\d:\d\d:\d\d,\d{3} --> /.test(line))).toHaveLength(awkward.length);
        expect(srt.split("\n").filter((line) => /^\d+$/.test(line))).toHaveLength(awkward.length);
        const tsv = (await read("tsv")).trim().split("\n");
        expect(tsv.slice(1).map((line) => line.split("\t").length)).toEqual(awkward.map(() => 3));
      },
    },
  },
];

/** Sound that models stumble over, and text that file formats do. */
export const speech: Section = { title: "speech", rows: [...nobody, ...places, ...texts] };
