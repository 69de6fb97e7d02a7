import type { FileHandle } from "node:fs/promises";
import { MediaError } from "../../core/index.ts";

/** A stored (not compressed) member of a ZIP archive: where its bytes lie in the file. */
export type ZipEntry = { readonly name: string; readonly position: number; readonly sizeBytes: number };

const endBytes = 22;
const end64LocatorBytes = 20;
const end64Bytes = 56;
const localHeaderBytes = 30;
/** The end record's comment is at most this long. */
const maxCommentBytes = 0xffff;
/** Room for half a million tensors; a real checkpoint of a thousand tensors needs a tenth of a megabyte. */
const maxDirectoryBytes = 64 * 2 ** 20;

const inZip64 = 0xffffffff;

/**
 * The members of a ZIP archive (APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3 for ZIP64), by ranged reads: only the central
 * directory is held. Nothing is believed that the file's own length does not bear out.
 * @throws MediaError `model.invalid` when it is no archive, is cut short, encrypted, compressed or spans several disks
 */
export async function readZipEntries(path: string, handle: FileHandle): Promise<ReadonlyMap<string, ZipEntry>> {
  const fileBytes = (await handle.stat()).size;
  const { entries, directoryBytes, directoryStart } = await readEnd(path, handle, fileBytes);
  if (directoryBytes > maxDirectoryBytes) throw notTorch(path, `its directory claims ${directoryBytes} bytes`);
  const directory = await readRange(path, handle, directoryStart, directoryBytes, fileBytes);
  const members = new Map<string, ZipEntry>();
  let at = 0;
  for (let index = 0; index < entries; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== 0x02014b50) {
      throw notTorch(path, `its directory ends before entry ${index + 1} of ${entries}`);
    }
    const nameBytes = directory.readUInt16LE(at + 28);
    const extraBytes = directory.readUInt16LE(at + 30);
    const nextAt = at + 46 + nameBytes + extraBytes + directory.readUInt16LE(at + 32);
    if (nextAt > directory.length) throw notTorch(path, `its directory ends inside entry ${index + 1}`);
    const name = directory.toString("utf8", at + 46, at + 46 + nameBytes);
    const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
    const sizes = readSizes(path, directory.subarray(at, at + 46), extra);
    if ((directory.readUInt16LE(at + 8) & 1) !== 0) throw notTorch(path, `${name} is encrypted`);
    if (directory.readUInt16LE(at + 10) !== 0 || sizes.compressed !== sizes.uncompressed) {
      throw notTorch(path, `${name} is compressed, which torch.save never does`);
    }
    if (members.has(name)) throw notTorch(path, `it has two members ${JSON.stringify(name)}`);
    // The local header's extra field may differ from the directory's: torch.save pads it so that data begins at 64 bytes.
    const local = await readRange(path, handle, sizes.localHeader, localHeaderBytes, fileBytes);
    if (local.readUInt32LE(0) !== 0x04034b50) throw notTorch(path, `${name} is not where the directory says`);
    const position = sizes.localHeader + localHeaderBytes + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (position + sizes.uncompressed > directoryStart) throw notTorch(path, `${name} leaves the file's data`);
    members.set(name, { name, position, sizeBytes: sizes.uncompressed });
    at = nextAt;
  }
  return members;
}

/** A range of the file in memory; refused, before anything is allocated, when the file does not have it. */
export async function readRange(
  path: string,
  handle: FileHandle,
  start: number,
  sizeBytes: number,
  fileBytes: number,
): Promise<Buffer<ArrayBuffer>> {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(sizeBytes) || start < 0 || start + sizeBytes > fileBytes) {
    throw notTorch(path, `it ends before byte ${start + sizeBytes}, which it refers to`);
  }
  const bytes = Buffer.from(new ArrayBuffer(sizeBytes));
  let done = 0;
  while (done < sizeBytes) {
    const { bytesRead } = await handle.read(bytes, done, sizeBytes - done, start + done);
    if (bytesRead === 0) throw notTorch(path, "it became shorter while it was being read");
    done += bytesRead;
  }
  return bytes;
}

export function notTorch(path: string, reason: string, cause?: unknown): MediaError {
  return new MediaError("model.invalid", `${path} is not a usable PyTorch file: ${reason}. Fetch it again.`, { cause });
}

async function readEnd(path: string, handle: FileHandle, fileBytes: number) {
  const tailBytes = Math.min(fileBytes, endBytes + maxCommentBytes);
  const tail = await readRange(path, handle, fileBytes - tailBytes, tailBytes, fileBytes);
  const at = tail.lastIndexOf("PK\u0005\u0006", tail.length - endBytes, "latin1");
  if (at < 0 || tailBytes < endBytes) {
    throw notTorch(path, "it is not a ZIP archive, the format of torch.save since PyTorch 1.6");
  }
  const end = {
    entries: tail.readUInt16LE(at + 10),
    directoryBytes: tail.readUInt32LE(at + 12),
    directoryStart: tail.readUInt32LE(at + 16),
  };
  if (tail.readUInt16LE(at + 4) !== 0) throw notTorch(path, "it spans several disks");
  const locatorAt = at - end64LocatorBytes;
  if (locatorAt < 0 || tail.readUInt32LE(locatorAt) !== 0x07064b50) return end;
  const end64Start = safeNumber(path, tail.readBigUInt64LE(locatorAt + 8));
  const end64 = await readRange(path, handle, end64Start, end64Bytes, fileBytes);
  if (end64.readUInt32LE(0) !== 0x06064b50) throw notTorch(path, "its ZIP64 end record is not where it should be");
  return {
    entries: safeNumber(path, end64.readBigUInt64LE(32)),
    directoryBytes: safeNumber(path, end64.readBigUInt64LE(40)),
    directoryStart: safeNumber(path, end64.readBigUInt64LE(48)),
  };
}

/** Sizes of a member; fields of all ones are found, in this order, in the ZIP64 extra field (id 1). */
function readSizes(path: string, header: Buffer, extra: Buffer) {
  const fields = [header.readUInt32LE(24), header.readUInt32LE(20), header.readUInt32LE(42)];
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let valueAt = at + 4;
    for (const [index, value] of fields.entries()) {
      if (value !== inZip64) continue;
      if (valueAt + 8 > extra.length) throw notTorch(path, "a ZIP64 size is cut short");
      fields[index] = safeNumber(path, extra.readBigUInt64LE(valueAt));
      valueAt += 8;
    }
    break;
  }
  const [uncompressed, compressed, localHeader] = fields;
  return { uncompressed: uncompressed!, compressed: compressed!, localHeader: localHeader! };
}

function safeNumber(path: string, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw notTorch(path, `it refers to byte ${value}`);
  return Number(value);
}
