import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";

/** Weights start on page borders, so that they can be memory-mapped one by one. */
const alignmentBytes = 4096;

/**
 * The data file beside an ONNX model. Tensors are appended as they come, a chunk at a time, so that a model of any size is
 * written in the memory of its largest chunk. Gaps are zeros: the same tensors in the same order give the same bytes.
 */
export class ExternalDataWriter implements AsyncDisposable {
  /** The name that the model refers to it by, relative to its own folder. */
  readonly fileName: string;
  readonly #handle: FileHandle;
  #end = 0;

  private constructor(fileName: string, handle: FileHandle) {
    this.fileName = fileName;
    this.#handle = handle;
  }

  static async create(path: string): Promise<ExternalDataWriter> {
    return new ExternalDataWriter(basename(path), await open(path, "wx"));
  }

  /** Appends one tensor's bytes. */
  async append(
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<{ file: string; offset: number; length: number }> {
    const offset = Math.ceil(this.#end / alignmentBytes) * alignmentBytes;
    let end = offset;
    for await (const chunk of chunks) {
      let written = 0;
      while (written < chunk.byteLength) {
        const result = await this.#handle.write(chunk, written, chunk.byteLength - written, end + written);
        written += result.bytesWritten;
      }
      end += chunk.byteLength;
    }
    this.#end = end;
    return { file: this.fileName, offset, length: end - offset };
  }

  /** Flushes and closes: a manifest must never describe bytes that a power cut can still take. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#handle.sync();
    } finally {
      await this.#handle.close();
    }
  }
}
