import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { dtypeSizes } from "./dtype.ts";

/** The format's own limit, which keeps a hostile header from exhausting memory. */
const maxHeaderBytes = 100_000_000;

const headerSchema = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().nonnegative()),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
);

export type TensorInfo = {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where the tensor's bytes begin in the file. */
  readonly position: number;
  readonly sizeBytes: number;
};

/**
 * A safetensors file (https://github.com/huggingface/safetensors#format): only its header is held in memory,
 * tensors are read by position when asked for.
 * @throws MediaError `model.invalid` when the header and the file contradict each other: sizes that do not follow from
 * dtype and shape, ranges that overlap, leave a hole or leave the file, an over-long header.
 */
export class SafetensorsFile implements AsyncDisposable {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle, tensors: ReadonlyMap<string, TensorInfo>) {
    this.path = path;
    this.#handle = handle;
    this.tensors = tensors;
  }

  static async open(path: string): Promise<SafetensorsFile> {
    const handle = await open(path, "r");
    try {
      return new SafetensorsFile(path, handle, await readHeader(path, handle));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The bytes `[startByte, endByte)` of a tensor, in a buffer of their own. */
  async readBytes(tensor: TensorInfo, startByte = 0, endByte = tensor.sizeBytes): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(endByte - startByte);
    await readFully(this.path, this.#handle, bytes, tensor.position + startByte);
    return bytes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function readHeader(path: string, handle: FileHandle): Promise<Map<string, TensorInfo>> {
  const fileBytes = (await handle.stat()).size;
  if (fileBytes < 8) throw invalid(path, `it has ${fileBytes} bytes, too few for a header`);
  const prefix = new Uint8Array(8);
  await readFully(path, handle, prefix, 0);
  const headerBytes = new DataView(prefix.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes)) throw invalid(path, `its header claims ${headerBytes} bytes`);
  const dataStart = 8 + Number(headerBytes);
  if (dataStart > fileBytes) throw invalid(path, "it ends inside its header");
  const text = new Uint8Array(Number(headerBytes));
  await readFully(path, handle, text, 8);
  return indexTensors(path, parseHeader(path, text), dataStart, fileBytes);
}

function parseHeader(path: string, text: Uint8Array): z.infer<typeof headerSchema> {
  try {
    const header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(text)) as Record<string, unknown>;
    delete header.__metadata__;
    return headerSchema.parse(header);
  } catch (cause) {
    throw invalid(path, "its header is not the JSON that the format asks for", cause);
  }
}

/** The format asks that tensors cover the data area exactly; a file that does not was cut short or tampered with. */
function indexTensors(
  path: string,
  header: z.infer<typeof headerSchema>,
  dataStart: number,
  fileBytes: number,
): Map<string, TensorInfo> {
  const entries = Object.entries(header).sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  const tensors = new Map<string, TensorInfo>();
  let expected = 0;
  for (const [name, { dtype, shape, data_offsets }] of entries) {
    const [start, end] = data_offsets;
    const elementBytes = dtypeSizes[dtype];
    if (elementBytes === undefined) throw invalid(path, `tensor ${name} has the unknown number format ${dtype}`);
    const sizeBytes = shape.reduce((product, dimension) => product * dimension, elementBytes);
    if (!Number.isSafeInteger(sizeBytes) || end - start !== sizeBytes) {
      throw invalid(path, `tensor ${name} has ${end - start} bytes where ${dtype} [${shape}] needs ${sizeBytes}`);
    }
    if (start !== expected) {
      throw invalid(path, `tensor ${name} begins at byte ${start} of the data, the one before it ends at ${expected}`);
    }
    expected = end;
    tensors.set(name, { name, dtype, shape, position: dataStart + start, sizeBytes });
  }
  if (dataStart + expected !== fileBytes) {
    throw invalid(path, `it has ${fileBytes} bytes where its header describes ${dataStart + expected}`);
  }
  return tensors;
}

async function readFully(path: string, handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesRead } = await handle.read(bytes, done, bytes.byteLength - done, position + done);
    if (bytesRead === 0) throw invalid(path, "it became shorter while it was being read");
    done += bytesRead;
  }
}

function invalid(path: string, reason: string, cause?: unknown): MediaError {
  return new MediaError("model.invalid", `${path} is not a usable safetensors file: ${reason}. Fetch it again.`, {
    cause,
  });
}
