/** Numbers that look random and are the same every time (Mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

export function noise(sizeBytes: number, seed: number): Buffer {
  const next = seeded(seed);
  const bytes = Buffer.alloc(sizeBytes);
  for (let i = 0; i < sizeBytes; i++) bytes[i] = next() & 0xff;
  return bytes;
}

export const u16be = (value: number) => Buffer.from([value >> 8, value]);
export const u32be = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
export const u32le = (value: number) => Buffer.from(u32be(value)).reverse();
export const u64le = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

/** A box of ISO/IEC 14496-12: size, type, content. */
export function box(type: string, ...content: (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  return Buffer.concat([u32be(body.length + 8), Buffer.from(type, "latin1"), body]);
}

/** An element of EBML (RFC 8794); four bytes of length. */
export function element(id: string, ...content: (Uint8Array | string)[]): Buffer {
  const body = Buffer.concat(content.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
  const size = u32be(body.length);
  size[0] = size[0]! | 0x10;
  return Buffer.concat([Buffer.from(id, "hex"), size, body]);
}

/** An ID3v2.3 tag whose frames take `sizeBytes`; 28 bits at most (https://id3.org/id3v2.3.0 §3.1). */
export function id3Head(sizeBytes: number): Buffer {
  const synchsafe = [21, 14, 7, 0].map((shift) => (sizeBytes >> shift) & 0x7f);
  return Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, ...synchsafe]);
}

/** An ID3v2.3 frame. */
export function id3Frame(id: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(id, "latin1"), u32be(body.length), Buffer.from([0, 0]), body]);
}

/** RIFF with a WAVE format of any kind: `format` 1 is PCM, 3 is float. */
export function wav(
  data: Uint8Array,
  { rateHz = 16_000, channels = 1, bits = 16, format = 1, claimedBytes = data.length } = {},
): Buffer {
  const frame = (channels * bits) / 8;
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rateHz, 4);
  fmt.writeUInt32LE(rateHz * frame, 8);
  fmt.writeUInt16LE(frame, 12);
  fmt.writeUInt16LE(bits, 14);
  const head = [
    Buffer.from("RIFF"),
    u32le(Math.min(0xffff_ffff, claimedBytes + 36) >>> 0),
    Buffer.from("WAVEfmt "),
    u32le(16),
  ];
  return Buffer.concat([...head, fmt, Buffer.from("data"), u32le(claimedBytes >>> 0), data]);
}

/** EBU Tech 3306: sizes that do not fit into 32 bits are in a `ds64` chunk. */
export function rf64Head(
  dataBytes: bigint,
  { rateHz, channels, bits }: { rateHz: number; channels: number; bits: number },
): Buffer {
  const plain = wav(Buffer.alloc(0), { rateHz, channels, bits });
  const frame = BigInt((channels * bits) / 8);
  const ds64 = [
    Buffer.from("ds64"),
    u32le(28),
    u64le(dataBytes + 72n),
    u64le(dataBytes),
    u64le(dataBytes / frame),
    u32le(0),
  ];
  const data = [Buffer.from("data"), u32le(0xffff_ffff)];
  return Buffer.concat([
    Buffer.from("RF64"),
    u32le(0xffff_ffff),
    Buffer.from("WAVE"),
    ...ds64,
    plain.subarray(12, 36),
    ...data,
  ]);
}

/** The sample bytes of a WAV that ffmpeg wrote, whatever chunks come before. */
export function samplesOf(wavFile: Buffer): Buffer {
  const at = wavFile.indexOf("data", 12, "latin1");
  return wavFile.subarray(at + 8);
}

const crcTable = (polynomial: number, bits: 8 | 16) =>
  Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let i = 0; i < 8; i++) crc = crc & (1 << (bits - 1)) ? (crc << 1) ^ polynomial : crc << 1;
    return crc & ((1 << bits) - 1);
  });
const crc8Table = crcTable(0x07, 8);
const crc16Table = crcTable(0x8005, 16);
const crc8 = (bytes: Uint8Array) => bytes.reduce((crc, byte) => crc8Table[crc ^ byte]!, 0);
const crc16 = (bytes: Uint8Array) =>
  bytes.reduce((crc, byte) => ((crc << 8) & 0xffff) ^ crc16Table[(crc >> 8) ^ byte]!, 0);

/**
 * FLAC (RFC 9639) of constant subframes: 65,535 samples in seventeen bytes, so that at 1 Hz a kilobyte lasts for a month.
 * @param totalSamples what STREAMINFO claims; 0 is "unknown"
 */
export function constantFlac(
  frames: number,
  { rateHz, totalSamples = 0 }: { rateHz: number; totalSamples?: number },
): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(65_535, 0);
  info.writeUInt16BE(65_535, 2);
  // 20 bits of rate, 3 of channels − 1, 5 of bits − 1, 36 of samples.
  info.writeBigUInt64BE((BigInt(rateHz) << 44n) | (15n << 36n) | BigInt(totalSamples), 10);
  const parts = [Buffer.from("fLaC"), Buffer.from([0x80, 0, 0, 34]), info];
  for (let number = 0; number < frames; number++) {
    // Block size from 16 bits at the end of the header (0111), rate likewise in Hz (1101), mono, 16 bits.
    const coded = Buffer.from(String.fromCodePoint(number), "utf8");
    const head = Buffer.concat([Buffer.from([0xff, 0xf8, 0x7d, 0x08]), coded, u16be(65_534), u16be(rateHz)]);
    const frame = Buffer.concat([head, Buffer.from([crc8(head)]), Buffer.from([0x00]), u16be(0)]);
    parts.push(frame, u16be(crc16(frame)));
  }
  return Buffer.concat(parts);
}
