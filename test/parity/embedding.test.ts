import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadEmbeddingModel, MemoryBudget } from "../../layers/inference/index.ts";
import { compareEmbeddings, readEmbeddingGolden, writeSeededEmbeddingCheckpoint } from "./embedding-checkpoint.ts";

const golden = await readEmbeddingGolden();
let directory: string;
let checkpointDirectory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-embedding-"));
  checkpointDirectory = join(directory, "checkpoint");
  await writeSeededEmbeddingCheckpoint(checkpointDirectory, golden.wordPieces.vocabulary);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("a sentence embedding model of all-MiniLM-L6-v2's size against PyTorch, seeded weights", () => {
  it.each(["fp32", "int8"] as const)("%s: alone, and padded in a batch", async (precision) => {
    const outputDirectory = join(directory, precision);
    const results = await compareEmbeddings({ checkpointDirectory, outputDirectory, precision, cases: golden.cases });
    expect(results).toHaveLength(3);
    for (const { name, maxError, cosine } of results) {
      if (precision === "fp32") expect(maxError, name).toBeLessThanOrEqual(1e-4);
      else expect(cosine, name).toBeGreaterThanOrEqual(0.999);
    }
  });

  it.each(["fp32", "int8"] as const)("%s: a text is the same alone and beside others", async (precision) => {
    await using model = await loadEmbeddingModel({ directory: join(directory, precision), batchSize: 4 });
    const text = "late late";
    const [[alone], [beside]] = [await model.embed([text]), await model.embed([text, "late ".repeat(200)])];
    const furthest = Math.max(...alone!.map((value, i) => Math.abs(value - beside![i]!)));
    expect(furthest).toBeLessThanOrEqual(1e-6);
  });

  it("reads texts as WordPiece does, cuts what is too long, and is refused where it does not fit", async () => {
    const built = join(directory, "fp32");
    await using model = await loadEmbeddingModel({ directory: built, batchSize: 4 });
    for (const { text, tokens } of golden.wordPieces.cases) {
      const [[one], [other]] = [await model.embed([text]), await model.embedTokens([tokens])];
      expect(one, JSON.stringify(text)).toEqual(other);
    }
    const [long, cut] = await model.embed(["late ".repeat(400), "late ".repeat(254)]);
    expect(long).toEqual(cut);
    await expect(model.embed(["a", "a", "a", "a", "a"])).rejects.toThrow("5 texts");
    const budget = new MemoryBudget({ allocationMiB: 150, reserveMiB: 96 });
    await expect(loadEmbeddingModel({ directory: built, batchSize: 4, budget })).rejects.toMatchObject({
      code: "memory.plan_does_not_fit",
    });
  });
});
