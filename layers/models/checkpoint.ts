import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { dtypeSizes, type FloatDtype, isFloatDtype, toFloat32 } from "./dtype.ts";
import { SafetensorsFile, type TensorInfo } from "./safetensors.ts";

export const weightsFileName = "model.safetensors";
export const indexFileName = "model.safetensors.index.json";

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/**
 * The weights of a checkpoint in the hub's layout: `model.safetensors`, or the shards that
 * `model.safetensors.index.json` names. Tensors are read one at a time, on demand.
 */
export class Checkpoint implements AsyncDisposable {
  readonly directory: string;
  /** Paths of the weight files, in a fixed order. */
  readonly weightPaths: readonly string[];
  readonly #files: readonly SafetensorsFile[];
  readonly #owners = new Map<string, SafetensorsFile>();

  private constructor(directory: string, files: readonly SafetensorsFile[]) {
    this.directory = directory;
    this.#files = files;
    this.weightPaths = files.map((file) => file.path);
    for (const file of files) for (const name of file.tensors.keys()) this.#owners.set(name, file);
  }

  /** @throws MediaError `model.missing` without weights, `model.invalid` when they are damaged. */
  static async open(directory: string): Promise<Checkpoint> {
    const files: SafetensorsFile[] = [];
    try {
      for (const path of await findWeightPaths(directory)) files.push(await SafetensorsFile.open(path));
    } catch (error) {
      for (const file of files) await file[Symbol.asyncDispose]();
      throw error;
    }
    return new Checkpoint(directory, files);
  }

  has(name: string): boolean {
    return this.#owners.has(name);
  }

  /** Shape and format of a weight; checks that it has the shape the architecture needs. */
  info(name: string, shape?: readonly number[]): TensorInfo & { dtype: FloatDtype } {
    const info = this.#owners.get(name)?.tensors.get(name);
    if (!info) throw this.#invalid(`the weight ${name} is not in it`);
    const { dtype } = info;
    if (!isFloatDtype(dtype)) throw this.#invalid(`the weight ${name} has the format ${dtype}, not F32, F16 or BF16`);
    if (shape && (shape.length !== info.shape.length || shape.some((size, axis) => size !== info.shape[axis]))) {
      throw this.#invalid(`the weight ${name} has the shape [${info.shape}] where its config needs [${shape}]`);
    }
    return { ...info, dtype };
  }

  /** A whole weight as Float32, row-major. */
  async read(name: string, shape?: readonly number[]): Promise<Float32Array<ArrayBuffer>> {
    const { dtype } = this.info(name, shape);
    return toFloat32(dtype, await this.readRowBytes(name));
  }

  /** Rows `[startRow, endRow)` of a weight as Float32, row-major: for matrices too large to hold. */
  async readRows(name: string, startRow: number, endRow: number): Promise<Float32Array<ArrayBuffer>> {
    return toFloat32(this.info(name).dtype, await this.readRowBytes(name, startRow, endRow));
  }

  /** Rows of a weight in the checkpoint's own number format. */
  async readRowBytes(name: string, startRow = 0, endRow?: number): Promise<Uint8Array<ArrayBuffer>> {
    const info = this.info(name);
    const rowBytes = info.shape.slice(1).reduce((product, size) => product * size, dtypeSizes[info.dtype]!);
    return this.#owners.get(name)!.readBytes(info, startRow * rowBytes, (endRow ?? info.shape[0] ?? 1) * rowBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await file[Symbol.asyncDispose]();
  }

  #invalid(reason: string): MediaError {
    return new MediaError("model.invalid", `The checkpoint in ${this.directory} cannot be used: ${reason}.`);
  }
}

/** Whether a file of this name holds weights, or says which files do. */
export function isWeightFile(name: string): boolean {
  return /\.(?:safetensors|pt|pth|bin)$/.test(name) || name === indexFileName;
}

/** The weight files of a folder, without opening them. */
export async function findWeightPaths(directory: string): Promise<string[]> {
  const single = join(directory, weightsFileName);
  if (await exists(single)) return [single];
  const indexPath = join(directory, indexFileName);
  if (!(await exists(indexPath))) {
    throw new MediaError("model.missing", `There are no weights in ${directory}: ${weightsFileName} is not there.`);
  }
  const shards = new Set(Object.values(parseIndex(indexPath, await readFile(indexPath, "utf8"))));
  return [...shards].sort().map((shard) => join(directory, shard));
}

/**
 * The checkpoint's identity: for a single file its SHA-256, the one the hub publishes; for shards the SHA-256 of theirs.
 */
export async function hashWeights(paths: readonly string[]): Promise<string> {
  const hashes: string[] = [];
  for (const path of paths) hashes.push(await sha256OfFile(path));
  return hashes.length === 1 ? hashes[0]! : createHash("sha256").update(hashes.join("\n")).digest("hex");
}

export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function parseIndex(path: string, text: string): Record<string, string> {
  try {
    const { weight_map } = indexSchema.parse(JSON.parse(text));
    const outside = Object.values(weight_map).find(
      (shard) => shard !== basename(shard) || !shard.endsWith(".safetensors"),
    );
    if (outside !== undefined) throw new Error(`it names the shard ${JSON.stringify(outside)}`);
    return weight_map;
  } catch (cause) {
    throw new MediaError("model.invalid", `${path} is not an index of safetensors shards. Fetch it again.`, { cause });
  }
}
