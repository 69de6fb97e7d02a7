import { type FileHandle, open } from "node:fs/promises";
import { dtypeSizes } from "../dtype.ts";
import type { TensorInfo } from "../safetensors.ts";
import { readPickle } from "./pickle.ts";
import { TensorDescription } from "./pickle-values.ts";
import { notTorch, readRange, readZipEntries, type ZipEntry } from "./zip-entries.ts";

/** The names and shapes of a thousand tensors take a tenth of a megabyte. */
const maxPickleBytes = 64 * 2 ** 20;

/** Dicts inside dicts that are searched: `{"model": {"state_dict": {…}}}` is as deep as checkpoints go. */
const maxDepth = 3;

/**
 * The tensors of a file that `torch.save` wrote (the ZIP format of PyTorch 1.6 and later): only names and shapes are held in
 * memory, the numbers are read by position when asked for. No code of the file is ever run, see `readPickle`.
 *
 * A state dict is accepted at the top, or inside dicts (`{"epoch": 3, "state_dict": {…}}`); names of the inner dicts are
 * joined with dots only where two dicts hold tensors.
 * @throws MediaError `model.invalid` when the file is something else, is damaged, or asks for anything but tensors
 */
export class TorchFile implements AsyncDisposable {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly #handle: FileHandle;
  readonly #fileBytes: number;

  private constructor(path: string, handle: FileHandle, fileBytes: number, tensors: ReadonlyMap<string, TensorInfo>) {
    this.path = path;
    this.#handle = handle;
    this.#fileBytes = fileBytes;
    this.tensors = tensors;
  }

  static async open(path: string): Promise<TorchFile> {
    const handle = await open(path, "r");
    try {
      const fileBytes = (await handle.stat()).size;
      return new TorchFile(path, handle, fileBytes, await indexTensors(path, handle, fileBytes));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The bytes `[startByte, endByte)` of a tensor, in a buffer of their own. */
  async readBytes(tensor: TensorInfo, startByte = 0, endByte = tensor.sizeBytes): Promise<Uint8Array<ArrayBuffer>> {
    const start = tensor.position + startByte;
    return new Uint8Array(
      (await readRange(this.path, this.#handle, start, endByte - startByte, this.#fileBytes)).buffer,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

async function indexTensors(path: string, handle: FileHandle, fileBytes: number): Promise<Map<string, TensorInfo>> {
  const entries = await readZipEntries(path, handle);
  const pickleName = [...entries.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickleName === undefined) throw notTorch(path, "it has no data.pkl");
  const folder = pickleName.slice(0, -"data.pkl".length);
  const read = async ({ position, sizeBytes }: ZipEntry, limitBytes: number) => {
    if (sizeBytes > limitBytes) throw notTorch(path, `one of its parts has ${sizeBytes} bytes, over ${limitBytes}`);
    return readRange(path, handle, position, sizeBytes, fileBytes);
  };
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder && (await read(byteOrder, 16)).toString("latin1") !== "little") {
    throw notTorch(path, "its numbers are not little-endian");
  }
  const pickle = await read(entries.get(pickleName)!, maxPickleBytes);
  try {
    const tensors = new Map<string, TensorInfo>();
    for (const [name, description] of collectTensors(readPickle(pickle))) {
      tensors.set(name, locate(name, description, entries.get(`${folder}data/${description.storage.key}`)));
    }
    if (tensors.size === 0) throw new Error("there is no tensor in it");
    return tensors;
  } catch (cause) {
    throw notTorch(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

/** The tensors of the dict that holds any, by name; of several dicts, with the path to each in front. */
function collectTensors(root: unknown): Map<string, TensorDescription> {
  const found: { path: string; tensors: Map<string, TensorDescription> }[] = [];
  const seen = new Set<unknown>();
  const search = (value: unknown, path: string, depth: number): void => {
    if (!(value instanceof Map) || seen.has(value)) return;
    seen.add(value);
    const tensors = new Map<string, TensorDescription>();
    for (const [key, item] of value) {
      if (typeof key !== "string") continue;
      if (item instanceof TensorDescription) tensors.set(key, item);
      else if (depth < maxDepth) search(item, `${path}${key}.`, depth + 1);
    }
    if (tensors.size > 0) found.push({ path, tensors });
  };
  search(root, "", 1);
  if (found.length === 1) return found[0]!.tensors;
  return new Map(
    found.flatMap(({ path, tensors }) => [...tensors].map(([key, value]) => [path + key, value] as const)),
  );
}

function locate(name: string, description: TensorDescription, entry: ZipEntry | undefined): TensorInfo {
  const { storage, offset, shape, stride } = description;
  if (!entry) throw new Error(`the numbers of ${name} are not in it`);
  const elementBytes = dtypeSizes[storage.dtype]!;
  if (storage.elements * elementBytes !== entry.sizeBytes) {
    throw new Error(`${name} has ${entry.sizeBytes} bytes where ${storage.elements} × ${storage.dtype} are described`);
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(elements) || offset + elements > storage.elements) {
    throw new Error(`${name} [${shape}] leaves its storage of ${storage.elements} elements`);
  }
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0 && elements > 0; axis--) {
    // Strides of axes of one element are arbitrary.
    if (shape[axis] !== 1 && stride[axis] !== step) {
      throw new Error(`${name} does not lie in one piece: save it with .contiguous()`);
    }
    step *= shape[axis]!;
  }
  return {
    name,
    dtype: storage.dtype,
    shape,
    position: entry.position + offset * elementBytes,
    sizeBytes: elements * elementBytes,
  };
}
