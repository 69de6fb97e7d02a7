import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadEmbeddingModel } from "../../layers/inference/index.ts";
import { buildEmbeddingModel, type EmbeddingManifest } from "../../layers/models/index.ts";
import { seeded } from "./seeded.ts";

export type EmbeddingGolden = {
  cases: { lengths: number[]; embeddings: number[][] }[];
  wordPieces: { vocabulary: string[]; cases: { text: string; tokens: number[] }[] };
};

export async function readEmbeddingGolden(
  directory = new URL("../fixtures/parity/", import.meta.url),
): Promise<EmbeddingGolden> {
  return JSON.parse(await readFile(new URL("embedding.json", directory), "utf8")) as EmbeddingGolden;
}

/** Writes a checkpoint of all-MiniLM-L6-v2's sizes in the hub's layout, with embedding_golden.py's seeded weights. */
export async function writeSeededEmbeddingCheckpoint(directory: string, vocabulary: readonly string[]): Promise<void> {
  const config = JSON.parse(await readFile(new URL("./embedding-config.json", import.meta.url), "utf8"));
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, "config.json"), JSON.stringify(config));
  await writeFile(join(directory, "tokenizer.json"), JSON.stringify(wordPieceTokenizer(vocabulary)));
  const { hidden_size: d, intermediate_size: wide, vocab_size: words, max_position_embeddings: places } = config;
  const shapes = new Map<string, number[]>();
  const pair = (name: string, weight: number[]) =>
    shapes.set(`${name}.weight`, weight).set(`${name}.bias`, [weight[0]!]);
  shapes.set("embeddings.word_embeddings.weight", [words, d]);
  shapes.set("embeddings.position_embeddings.weight", [places, d]);
  shapes.set("embeddings.token_type_embeddings.weight", [2, d]);
  pair("embeddings.LayerNorm", [d]);
  for (let index = 0; index < config.num_hidden_layers; index++) {
    const layer = `encoder.layer.${index}`;
    for (const part of ["query", "key", "value"]) pair(`${layer}.attention.self.${part}`, [d, d]);
    pair(`${layer}.attention.output.dense`, [d, d]);
    pair(`${layer}.attention.output.LayerNorm`, [d]);
    pair(`${layer}.intermediate.dense`, [wide, d]);
    pair(`${layer}.output.dense`, [d, wide]);
    pair(`${layer}.output.LayerNorm`, [d]);
  }
  await writeWeights(join(directory, "model.safetensors"), shapes);
}

async function writeWeights(path: string, shapes: ReadonlyMap<string, readonly number[]>): Promise<void> {
  const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
  const header: Record<string, unknown> = {};
  let end = 0;
  for (const [name, shape] of shapes) {
    const start = end;
    end += 4 * count(shape);
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  await using file = await open(path, "wx");
  await file.writeFile(Buffer.concat([length, text]));
  for (const [name, shape] of shapes) {
    const values = seeded(name, count(shape));
    const offset = name.endsWith("LayerNorm.weight") ? 1 : 0;
    for (let i = 0; i < values.length; i++) values[i] = values[i]! / 2 + offset;
    await file.writeFile(new Uint8Array(values.buffer));
  }
}

/** A tokenizer.json with the parts of bert-base-uncased's. */
function wordPieceTokenizer(vocabulary: readonly string[]) {
  const vocab = Object.fromEntries(vocabulary.map((token, id) => [token, id]));
  const special = (content: string) => ({ SpecialToken: { id: content, type_id: 0 } });
  const tokenOf = (id: string) => ({ id, ids: [vocab[id]], tokens: [id] });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: ["[PAD]", "[UNK]", "[CLS]", "[SEP]"].map((content) => ({
      ...{
        id: vocab[content],
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      },
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, special("[SEP]")],
      pair: [
        special("[CLS]"),
        { Sequence: { id: "A", type_id: 0 } },
        special("[SEP]"),
        { Sequence: { id: "B", type_id: 1 } },
        special("[SEP]"),
      ],
      special_tokens: { "[CLS]": tokenOf("[CLS]"), "[SEP]": tokenOf("[SEP]") },
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

/** embedding_golden.py's `row`. */
export function seededTokens(length: number): number[] {
  const inner = Array.from(
    seeded(`tokens.${length}`, length - 2),
    (value) => Math.trunc(value * 8192 + 1024) * 14 + 1000,
  );
  return [101, ...inner, 102];
}

export type EmbeddingComparison = { name: string; maxError: number; cosine: number };

/** Builds a checkpoint in one precision, and says how far its embeddings are from the reference's, batch by batch. */
export async function compareEmbeddings(options: {
  checkpointDirectory: string;
  outputDirectory: string;
  precision: EmbeddingManifest["precision"];
  cases: EmbeddingGolden["cases"];
}): Promise<EmbeddingComparison[]> {
  const { checkpointDirectory, outputDirectory: directory, precision } = options;
  const identity = { id: "seeded", revision: "seeded", licence: "", demo: false };
  await buildEmbeddingModel({ checkpointDirectory, outputDirectory: directory, precision, identity });
  await using model = await loadEmbeddingModel({ directory, batchSize: 3 });
  const results: EmbeddingComparison[] = [];
  for (const { lengths, embeddings } of options.cases) {
    const found = await model.embedTokens(lengths.map(seededTokens));
    let maxError = 0;
    let cosine = 1;
    for (const [n, vector] of found.entries()) {
      const expected = embeddings[n]!;
      maxError = Math.max(maxError, ...vector.map((value, i) => Math.abs(value - expected[i]!)));
      cosine = Math.min(
        cosine,
        vector.reduce((sum, value, i) => sum + value * expected[i]!, 0),
      );
    }
    results.push({ name: `texts of ${lengths.join(", ")} tokens`, maxError, cosine });
  }
  return results;
}
