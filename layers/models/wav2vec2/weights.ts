import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { MediaError } from "../../core/index.ts";
import { isFloatDtype, toFloat32 } from "../dtype.ts";
import type { WeightReader } from "../layer-writer.ts";
import { SafetensorsFile, type TensorInfo } from "../safetensors.ts";
import { TorchFile } from "../torch-file/index.ts";
import type { Wav2Vec2Sizes } from "./config.ts";
import { mapDetectorKeys, mapEncoderKeys, requiredShapes } from "./keys.ts";

/** A detector's own file is any of these; an encoder's file has one of the hub's names. */
const detectorSuffixes = [".pt", ".pth"];
const encoderFileNames = ["model.safetensors", "pytorch_model.bin"];

/** Names that one message lists of a kind. */
const listed = 8;

type WeightFile = SafetensorsFile | TorchFile;

/**
 * The weight files of a detector's folder, without opening them: the detector's (`*.pt`, `*.pth`; where there is none the
 * encoder's file is it), then the encoder's own, which fills in what the detector's lacks.
 * @throws MediaError `model.missing` without any, `model.invalid` with several detectors
 */
export async function findDetectorPaths(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).sort();
  const detectors = names.filter((name) => detectorSuffixes.some((suffix) => name.endsWith(suffix)));
  if (detectors.length > 1) {
    throw new MediaError(
      "model.invalid",
      `${directory} holds several detectors: ${detectors.join(", ")}. Keep the one that is meant.`,
    );
  }
  const encoder = encoderFileNames.filter((name) => names.includes(name)).slice(0, 1);
  const paths = [...detectors, ...encoder].map((name) => join(directory, name));
  if (paths.length > 0) return paths;
  throw new MediaError(
    "model.missing",
    `There are no weights in ${directory}: a detector's .pt file, and ${encoderFileNames.join(" or ")} of its encoder ` +
      "where the detector's file holds its head only.",
  );
}

/** The weights of a wav2vec 2.0 detector by their canonical names, out of one or two files. */
export class DetectorWeights implements WeightReader, AsyncDisposable {
  readonly #files: readonly WeightFile[];
  readonly #owners: ReadonlyMap<string, { file: WeightFile; info: TensorInfo }>;

  private constructor(files: readonly WeightFile[], owners: Map<string, { file: WeightFile; info: TensorInfo }>) {
    this.#files = files;
    this.#owners = owners;
  }

  /** @throws MediaError `model.invalid` that lists what is missing and what has no place in the architecture */
  static async open(paths: readonly string[], sizes: Wav2Vec2Sizes): Promise<DetectorWeights> {
    await using opened = new AsyncDisposableStack();
    const files: WeightFile[] = [];
    for (const path of paths) {
      const file = path.endsWith(".safetensors") ? await SafetensorsFile.open(path) : await TorchFile.open(path);
      files.push(opened.use(file));
    }
    const owners = new Map<string, { file: WeightFile; info: TensorInfo }>();
    const unexpected: string[] = [];
    for (const [index, file] of files.entries()) {
      const keys = index === 0 ? mapDetectorKeys(file.tensors, sizes) : { ...mapEncoderKeys(file.tensors) };
      for (const [canonical, name] of keys.found) {
        if (!owners.has(canonical)) owners.set(canonical, { file, info: file.tensors.get(name)! });
      }
      if ("unexpected" in keys) unexpected.push(...keys.unexpected);
    }
    check(paths, owners, unexpected, sizes);
    opened.move();
    return new DetectorWeights(files, owners);
  }

  async read(name: string, shape: readonly number[]): Promise<Float32Array<ArrayBuffer>> {
    const { file, info } = this.#owners.get(name)!;
    if (!isFloatDtype(info.dtype)) {
      throw invalid(file.path, `the weight ${info.name} has the format ${info.dtype}, not F32, F16 or BF16`);
    }
    if (product(info.shape) !== product(shape)) {
      throw invalid(file.path, `the weight ${info.name} has the shape [${info.shape}], not [${shape}]`);
    }
    return toFloat32(info.dtype, await file.readBytes(info));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#files) await file[Symbol.asyncDispose]();
  }
}

function check(
  paths: readonly string[],
  owners: ReadonlyMap<string, { info: TensorInfo }>,
  unexpected: readonly string[],
  sizes: Wav2Vec2Sizes,
): void {
  const required = requiredShapes(sizes);
  const missing = [...required.keys()].filter((name) => !owners.has(name));
  const problems: string[] = [];
  if (missing.length > 0) problems.push(`these weights are missing: ${list(missing)}`);
  const strangers = unexpected.concat([...owners].filter(([name]) => !required.has(name)).map(([, o]) => o.info.name));
  if (strangers.length > 0) problems.push(`these have no place in the architecture: ${list(strangers)}`);
  for (const [name, shape] of required) {
    const info = owners.get(name)?.info;
    if (!info || sameShape(info.shape, shape)) continue;
    problems.push(`${info.name} has the shape [${info.shape}] where the config needs [${shape}]`);
    if (problems.length > listed) break;
  }
  if (problems.length > 0) throw invalid(paths[0]!, problems.join("; "));
}

/** Equal but for axes of one element: a layer weight may be [25] or [25, 1, 1], a bias [1] or []. */
function sameShape(a: readonly number[], b: readonly number[]): boolean {
  const core = (shape: readonly number[]) => shape.filter((size) => size !== 1).join();
  return core(a) === core(b);
}

function product(shape: readonly number[]): number {
  return shape.reduce((result, size) => result * size, 1);
}

function list(names: readonly string[]): string {
  const more = names.length > listed ? ` and ${names.length - listed} more` : "";
  return names.slice(0, listed).join(", ") + more;
}

function invalid(path: string, reason: string): MediaError {
  return new MediaError("model.invalid", `${path} is not the detector that its config.json describes: ${reason}.`);
}
