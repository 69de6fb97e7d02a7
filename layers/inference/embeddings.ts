import { type FileHandle, open } from "node:fs/promises";
import { MediaError } from "../core/index.ts";
import { type FloatDtype, toFloat32 } from "../models/index.ts";

const bytesPerElement: Readonly<Record<FloatDtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/** Enough for the tokens of one window; a row of whisper-small is 3 KiB. */
const cachedRows = 512;

/** Token embeddings on disk, `[vocabSize, hiddenSize]`, read a row at a time: decoding touches a few hundred of 50,000. */
export class TokenEmbeddings implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #dtype: FloatDtype;
  readonly #vocabSize: number;
  readonly #hiddenSize: number;
  /** Least recently used first. */
  readonly #cache = new Map<number, Float32Array>();

  private constructor(handle: FileHandle, dtype: FloatDtype, vocabSize: number, hiddenSize: number) {
    this.#handle = handle;
    this.#dtype = dtype;
    this.#vocabSize = vocabSize;
    this.#hiddenSize = hiddenSize;
  }

  static async open(
    path: string,
    { embeddingsDtype, vocabSize, hiddenSize }: { embeddingsDtype: FloatDtype; vocabSize: number; hiddenSize: number },
  ): Promise<TokenEmbeddings> {
    return new TokenEmbeddings(await open(path, "r"), embeddingsDtype, vocabSize, hiddenSize);
  }

  /**
   * @returns `[tokens.length, hiddenSize]` row-major
   * @throws RangeError for an id outside the vocabulary
   */
  async lookUp(tokens: readonly number[]): Promise<Float32Array> {
    const rows = new Float32Array(tokens.length * this.#hiddenSize);
    for (const [index, token] of tokens.entries()) rows.set(await this.#row(token), index * this.#hiddenSize);
    return rows;
  }

  async #row(token: number): Promise<Float32Array> {
    if (!Number.isInteger(token) || token < 0 || token >= this.#vocabSize) {
      throw new RangeError(`token ${token} is outside the vocabulary of ${this.#vocabSize}`);
    }
    const row = this.#cache.get(token) ?? (await this.#read(token));
    this.#cache.delete(token);
    this.#cache.set(token, row);
    if (this.#cache.size > cachedRows) this.#cache.delete(this.#cache.keys().next().value!);
    return row;
  }

  async #read(token: number): Promise<Float32Array> {
    const bytes = new Uint8Array(this.#hiddenSize * bytesPerElement[this.#dtype]);
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.byteLength, token * bytes.byteLength);
    if (bytesRead !== bytes.byteLength) {
      throw new MediaError(
        "model.invalid",
        "embeddings.bin is shorter than its manifest says. Delete the built model.",
      );
    }
    return toFloat32(this.#dtype, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}
