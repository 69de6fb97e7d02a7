import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tokenizer } from "@huggingface/tokenizers";
import { MediaError } from "../core/index.ts";
import { type EmbeddingManifest, readEmbeddingManifest } from "../models/index.ts";
import type { MemoryBudget } from "./budget.ts";
import { embeddingModelCost } from "./embedding-cost.ts";
import { processTier } from "./process-budget.ts";
import { Session, TensorMap } from "./session.ts";

export type EmbeddingLoadOptions = {
  /** Folder of a built embedding model. */
  readonly directory: string;
  /** Texts at a time at most; what the model's memory is reserved for. */
  readonly batchSize: number;
  /** Threads inside one operator; by default those of the allocation's tier. */
  readonly threads?: number;
  /** Where given, the model's memory is reserved there, and the model is shared with others who load it. */
  readonly budget?: MemoryBudget;
};

/** A sentence embedding model: texts to vectors of length 1. */
export interface EmbeddingModel extends AsyncDisposable {
  readonly manifest: EmbeddingManifest;
  /**
   * One vector of `manifest.hiddenSize` per text; a text longer than `manifest.maxTokens` is read as far as that.
   * @throws RangeError when there are more texts than `batchSize`
   */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  /** The same for texts that are tokens already, `[CLS]` and `[SEP]` among them. */
  embedTokens(rows: readonly (readonly number[])[]): Promise<Float32Array[]>;
}

/**
 * Opens a built embedding model.
 * @throws MediaError `model.missing`, `model.invalid`, or `memory.plan_does_not_fit` before anything is loaded
 */
export async function loadEmbeddingModel({
  directory,
  batchSize,
  budget,
  ...options
}: EmbeddingLoadOptions): Promise<EmbeddingModel> {
  const manifest = await readEmbeddingManifest(directory);
  const { threads } = { ...processTier(), ...options };
  const open = () => OnnxEmbeddingModel.open(directory, manifest, { threads, batchSize });
  if (!budget) return open();
  const lease = await budget.reserve(directory, embeddingModelCost(manifest, batchSize), open);
  const model = lease.value;
  return {
    manifest,
    embed: (texts) => model.embed(texts),
    embedTokens: (rows) => model.embedTokens(rows),
    async [Symbol.asyncDispose]() {
      lease[Symbol.dispose]();
    },
  };
}

class OnnxEmbeddingModel implements EmbeddingModel {
  readonly manifest: EmbeddingManifest;
  readonly #session: Session;
  readonly #tokenizer: Tokenizer;
  readonly #batchSize: number;

  private constructor(manifest: EmbeddingManifest, session: Session, tokenizer: Tokenizer, batchSize: number) {
    this.manifest = manifest;
    this.#session = session;
    this.#tokenizer = tokenizer;
    this.#batchSize = batchSize;
  }

  static async open(
    directory: string,
    manifest: EmbeddingManifest,
    { threads, batchSize }: { threads: number; batchSize: number },
  ): Promise<OnnxEmbeddingModel> {
    const tokenizer = await loadWordPieces(directory);
    const session = await Session.open(join(directory, "embedding.onnx"), { threads });
    return new OnnxEmbeddingModel(manifest, session, tokenizer, batchSize);
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    return this.embedTokens(texts.map((text) => this.#tokens(text)));
  }

  async embedTokens(rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
    if (rows.length > this.#batchSize)
      throw new RangeError(`${rows.length} texts are more than a batch of ${this.#batchSize}`);
    if (rows.length === 0) return [];
    const length = Math.max(...rows.map((row) => row.length));
    const padded = rows.flatMap((row) => [...row, ...Array<number>(length - row.length).fill(0)]);
    const mask = rows.flatMap((row) => Array.from({ length }, (_, n) => (n < row.length ? 1 : 0)));
    const dims = [rows.length, length];
    using inputs = new TensorMap({
      tokens: this.#session.integers(padded, dims),
      mask: this.#session.integers(mask, dims),
    });
    using outputs = await this.#session.run(inputs.feeds);
    const all = outputs.get("embedding").data as Float32Array;
    const { hiddenSize } = this.manifest;
    return rows.map((_, n) => all.slice(n * hiddenSize, (n + 1) * hiddenSize));
  }

  /** `[CLS]`, the word pieces, `[SEP]`; what is too long loses its end, not its `[SEP]`. */
  #tokens(text: string): number[] {
    const { ids } = this.#tokenizer.encode(text);
    const { maxTokens } = this.manifest;
    return ids.length <= maxTokens ? ids : [...ids.slice(0, maxTokens - 1), ids.at(-1)!];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

/** @throws MediaError `model.missing`, `model.invalid` */
async function loadWordPieces(directory: string): Promise<Tokenizer> {
  const path = join(directory, "tokenizer.json");
  const text = await readFile(path, "utf8").catch((cause) => {
    throw new MediaError("model.missing", `The model has no ${path}. Fetch the model again.`, { cause });
  });
  // Loaded here because functions that embed nothing share this folder's face.
  const { Tokenizer } = await import("@huggingface/tokenizers");
  try {
    return new Tokenizer(JSON.parse(text), {});
  } catch (cause) {
    throw new MediaError("model.invalid", `${path} cannot be read as a tokenizer. Fetch the model again.`, { cause });
  }
}
