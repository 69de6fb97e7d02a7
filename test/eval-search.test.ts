import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getLoadablePath } from "sqlite-vec";
import { expect, it } from "vitest";
import { lexicalEmbedder } from "../layers/search/index.ts";
import { SqliteIndex } from "../layers/search/sqlite/index.ts";
import { evaluateSearch, readLabelledSet } from "../scripts/eval-search/evaluate.ts";

it("search without a model finds what the labelled set asks for, and better with words than without", async () => {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-search-"));
  try {
    await using index = new SqliteIndex({ path: join(directory, "passages.db"), extensionPath: getLoadablePath() });
    const set = await readLabelledSet();
    expect([set.questions.length, set.transcripts.length]).toEqual([30, 10]);
    const [words, vectors, hybrid] = await evaluateSearch(set, index, lexicalEmbedder);
    expect(words!.recallAt5).toBeGreaterThanOrEqual(0.8);
    expect(hybrid!.recallAt5).toBeGreaterThanOrEqual(0.75);
    expect(hybrid!.mrr).toBeGreaterThan(vectors!.mrr);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
