import { box, element, u16be, u32be } from "./bytes.ts";

const matrix = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000].map(u32be);
const zeros = (count: number) => Buffer.alloc(count);

/** A QuickTime alias of a file by its absolute path (type 2), as `dref` holds it. */
function alias(path: string): Buffer {
  const name = Buffer.alloc(63);
  const absolute = Buffer.from(path.length % 2 ? `${path}\0` : path);
  const levels = [u16be(1), u16be(1), zeros(16), u16be(2), u16be(path.length), absolute, u16be(0xffff), u16be(0)];
  const record = [zeros(10), Buffer.from([0]), zeros(27), zeros(12), Buffer.from([0]), name, zeros(16), ...levels];
  return box("alis", zeros(4), ...record);
}

/** QuickTime of one PCM track whose samples are said to lie in another file; what lies here is silence. */
export function movOfAnotherFile(path: string, { samples = 16_000 } = {}): Buffer {
  const ftyp = box("ftyp", "qt  ", u32be(0x200), "qt  ");
  const silence = zeros(samples * 2);
  const mdat = box("mdat", silence);
  const sound = Buffer.concat([zeros(6), u16be(1), zeros(8), u16be(1), u16be(16), zeros(4), u16be(16_000), u16be(0)]);
  const table = box(
    "stbl",
    box("stsd", zeros(4), u32be(1), box("sowt", sound)),
    box("stts", zeros(4), u32be(1), u32be(samples), u32be(1)),
    box("stsc", zeros(4), u32be(1), u32be(1), u32be(samples), u32be(1)),
    box("stsz", zeros(4), u32be(2), u32be(samples)),
    box("stco", zeros(4), u32be(1), u32be(ftyp.length + 8)),
  );
  const dinf = box("dinf", box("dref", zeros(4), u32be(1), alias(path)));
  const minf = box("minf", box("smhd", zeros(8)), dinf, table);
  const hdlr = box("hdlr", zeros(4), "mhlrsoun", zeros(12), "\0");
  const mdhd = box("mdhd", zeros(12), u32be(16_000), u32be(samples), zeros(4));
  const tkhd = box("tkhd", u32be(7), zeros(8), u32be(1), zeros(4), u32be(samples), zeros(16), ...matrix, zeros(8));
  const mvhd = box(
    "mvhd",
    zeros(12),
    u32be(16_000),
    u32be(samples),
    u32be(0x1_0000),
    zeros(12),
    ...matrix,
    zeros(24),
    u32be(2),
  );
  return Buffer.concat([ftyp, mdat, box("moov", mvhd, box("trak", tkhd, box("mdia", mdhd, hdlr, minf)))]);
}

/** A QuickTime reference movie: no media, only the address of another file. */
export function movOfAnAddress(url: string): Buffer {
  const reference = box("rdrf", zeros(4), "url ", u32be(url.length + 1), `${url}\0`);
  return Buffer.concat([box("ftyp", "qt  ", u32be(0x200), "qt  "), box("moov", box("rmra", box("rmda", reference)))]);
}

/** Matroska with so many tracks of PCM, and one block of samples. */
export function mkvOfTracks(count: number): Buffer {
  const audio = element(
    "e1",
    element("b5", Buffer.from("467a0000", "hex")),
    element("9f", "\x01"),
    element("6264", "\x10"),
  );
  const tracks = Array.from({ length: count }, (_, at) => {
    const number = u32be(at + 1);
    return element(
      "ae",
      element("d7", number),
      element("73c5", number),
      element("83", "\x02"),
      element("86", "A_PCM/INT/LIT"),
      audio,
    );
  });
  const cluster = element("1f43b675", element("e7", "\0"), element("a3", Buffer.from("81000000", "hex"), zeros(3_200)));
  const head = element("1a45dfa3", element("4282", "matroska"));
  return Buffer.concat([head, element("18538067", element("1654ae6b", ...tracks), cluster)]);
}

/** Boxes in boxes. */
export function movOfDepth(depth: number): Buffer {
  let inner = box("free", "x");
  // From the inside out, without copying the whole again and again: the heads alone, then one end.
  const heads: Buffer[] = [];
  for (let at = 0; at < depth; at++)
    heads.push(Buffer.concat([u32be(inner.length + 8 * (at + 1)), Buffer.from(at % 2 ? "moov" : "trak")]));
  inner = Buffer.concat([...heads.reverse(), inner]);
  return Buffer.concat([box("ftyp", "isom", u32be(512), "isom"), inner]);
}

const oggCrcTable = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let i = 0; i < 8; i++) crc = crc < 0 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1;
  return crc >>> 0;
});

/** Ogg (RFC 3533) with the granule position, the clock, of every page from the `from`-th on put forward; sums are made right again. */
export function oggAhead(ogg: Buffer, { from, granules }: { from: number; granules: bigint }): Buffer {
  const bytes = Buffer.from(ogg);
  for (let at = 0, page = 0; at + 27 < bytes.length; page++) {
    const segments = bytes[at + 26] ?? 0;
    const body = bytes.subarray(at + 27, at + 27 + segments).reduce((sum, size) => sum + size, 0);
    const end = at + 27 + segments + body;
    if (page >= from) bytes.writeBigInt64LE(bytes.readBigInt64LE(at + 6) + granules, at + 6);
    bytes.writeUInt32LE(0, at + 22);
    const sum = bytes
      .subarray(at, end)
      .reduce((crc, byte) => ((crc << 8) ^ oggCrcTable[(crc >>> 24) ^ byte]!) >>> 0, 0);
    bytes.writeUInt32LE(sum, at + 22);
    at = end;
  }
  return bytes;
}
