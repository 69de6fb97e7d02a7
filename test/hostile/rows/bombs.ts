import { readFile } from "node:fs/promises";
import { constantFlac, id3Frame, id3Head, u32be, wav } from "../support/bytes.ts";
import { mkvOfTracks, movOfAnAddress, movOfAnotherFile, movOfDepth, oggAhead } from "../support/containers.ts";
import { type Kitchen, spoken, spokenMs } from "../support/kitchen.ts";
import type { Row, Section } from "../support/row.ts";

const notMedia = "media.not_media";
const unreadable = [notMedia, "media.no_audio", "media.decode_failed"] as const;
const opusHour = 3600n * 48_000n;

async function opusAhead(kitchen: Kitchen, hours: bigint): Promise<string> {
  const opus = await readFile(await kitchen.speechAs("x.opus", "-c:a", "libopus", "-page_duration", "500000"));
  return kitchen.write("a.opus", oggAhead(opus, { from: 6, granules: hours * opusHour }));
}

/** A PNG's head, which promises a picture of 65,535 by 65,535. */
const enormousPicture = Buffer.concat([
  Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", "latin1"),
  ...[u32be(65_535), u32be(65_535), Buffer.from([8, 6, 0, 0, 0]), u32be(0), Buffer.from("\0\0\0\0IDAT", "latin1")],
]);

/** An MP3 behind tags of so many bytes, the most of which are zeros that take no room on the disk here. */
async function behindTags(kitchen: Kitchen, tags: number, eachBytes: number): Promise<string> {
  const mp3 = await readFile(await kitchen.speechAs("x.mp3"));
  const each = eachBytes + 10;
  const heads = Array.from({ length: tags }, (_, at) => ({ at: at * each, bytes: id3Head(eachBytes) }));
  return kitchen.sparse("a.mp3", tags * each + mp3.length, [...heads, { at: tags * each, bytes: mp3 }]);
}

const growing: Row[] = [
  {
    name: "FLAC of a kilobyte that lasts for a month",
    file: (k) => k.write("a.flac", constantFlac(55, { rateHz: 1 })),
    refused: ["media.too_long", ...unreadable],
  },
  {
    name: "the same, which says that it lasts a second",
    slow: true,
    file: (k) => k.write("a.flac", constantFlac(55, { rateHz: 1, totalSamples: 1 })),
    refused: ["media.too_long", ...unreadable],
    heard: { says: "", warning: "any" },
  },
  {
    name: "FLAC of three hundred bytes that lasts two minutes",
    slow: true,
    file: (k) => k.write("a.flac", constantFlac(15, { rateHz: 8_000 })),
    heard: { durationMs: 122_878, says: "", warning: "any" },
  },
  { name: "Opus whose clock jumps by a hundred hours", file: (k) => opusAhead(k, 100n), refused: "media.too_long" },
  {
    // Ogg may be chained, so a jump of its clock is another stream's beginning and no pause.
    name: "Opus whose clock jumps by one hour",
    file: (k) => opusAhead(k, 1n),
    heard: { durationMs: spokenMs, withinMs: 130, says: spoken, warning: /of the declared 360/ },
  },
  {
    name: "36 hours of silence in 35 kilobytes",
    slow: true,
    file: (k) => k.write("a.flac", constantFlac(1978, { rateHz: 1000 })),
    refused: "media.too_long",
    heard: { durationMs: 129_628_230, withinMs: 1000, says: "", warning: "any" },
  },
];

const heads: Row[] = [
  { name: "a hundred thousand tracks", file: (k) => k.write("a.mkv", mkvOfTracks(100_000)), refused: unreadable },
  { name: "boxes ten thousand deep", file: (k) => k.write("a.mp4", movOfDepth(10_000)), refused: unreadable },
  {
    name: "65,535 channels",
    slow: true,
    file: (k) => k.write("a.wav", wav(Buffer.alloc(200_000), { channels: 65_535 >> 4, bits: 16 })),
    refused: unreadable,
    heard: { says: "", warning: "any" },
  },
  {
    name: "a cover of 65,535 × 65,535",
    file: async (k) => {
      const apic = id3Frame("APIC", Buffer.concat([Buffer.from("\0image/png\0\x03\0", "latin1"), enormousPicture]));
      return k.write(
        "a.mp3",
        id3Head(apic.length),
        apic,
        await readFile(await k.speechAs("x.mp3", "-id3v2_version", "0")),
      );
    },
    heard: { durationMs: spokenMs, withinMs: 130, says: spoken, warning: "any" },
  },
  {
    name: "an ID3 tag of 20 MB",
    slow: true,
    file: (k) => behindTags(k, 1, 20_000_000),
    refused: unreadable,
    heard: { durationMs: spokenMs, withinMs: 130, says: spoken, warning: "any" },
  },
  {
    name: "ID3 tags of a gigabyte",
    slow: true,
    file: (k) => behindTags(k, 4, 2 ** 28 - 1),
    refused: unreadable,
    heard: { durationMs: spokenMs, withinMs: 130, says: spoken, warning: "any" },
  },
];

/** What a playlist could be talked into opening: each line would be a perfectly good recording, or a secret. */
async function playlists(kitchen: Kitchen): Promise<string[]> {
  const secret = await kitchen.speech();
  const trap = kitchen.trap.url;
  const targets = [`${trap}/list.m3u8`, `file://${secret}`, "file:///proc/self/environ", `concat:${secret}|${secret}`];
  targets.push(`subfile,,start,0,end,1000,,:${secret}`, "data:audio/wav;base64,UklGRiQAAABXQVZF", `crypto:${trap}/x`);
  const entries = targets.map((target) => `#EXTINF:1,\n${target}\n`).join("");
  const keyed = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI="${trap}/key"\n${entries}#EXT-X-ENDLIST\n`;
  const recursive = `#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n${trap}/list.m3u8\n`;
  const concat = `ffconcat version 1.0\nfile '${secret}'\nfile ${trap}/x.mp3\n`;
  return Promise.all([
    kitchen.write("a.m3u8", keyed),
    kitchen.write("a.mp4", keyed),
    kitchen.write("a.mp3", id3Head(0), keyed),
    kitchen.write("a.ts", "\0", keyed),
    kitchen.write("b.m3u8", recursive),
    kitchen.write("c.mp4", concat),
    kitchen.write(
      "d.sdp",
      `v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio ${new URL(trap).port} RTP/AVP 0\n`,
    ),
    kitchen.write("e.mpd", `<?xml version="1.0"?><MPD><Period><BaseURL>${trap}/</BaseURL></Period></MPD>`),
    kitchen.write("f.txt", `concat:${secret}`),
  ]);
}

const references: Row[] = [
  { name: "playlists of every kind, that lead here, there and to themselves", file: playlists, refused: notMedia },
  {
    name: "a QuickTime movie whose samples are in another file of this machine",
    slow: true,
    file: async (k) => k.write("a.mov", movOfAnotherFile(await k.speech())),
    refused: unreadable,
    heard: { durationMs: 1000, says: "", warning: "any" },
  },
  {
    name: "a QuickTime movie that is only an address",
    file: (k) =>
      Promise.all([
        k.write("a.mov", movOfAnAddress(`${k.trap.url}/a.mov`)),
        k.write("b.mov", movOfAnAddress("file:///proc/self/environ")),
      ]),
    refused: unreadable,
  },
];

/** Small files that grow, and files that lead elsewhere. */
export const bombs: Section = { title: "bombs", rows: [...growing, ...heads, ...references] };
