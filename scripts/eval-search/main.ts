/**
 * Retrieval quality on the labelled set of test/fixtures/search: `npm run eval:search`, and at the end of `npm run eval`. With
 * all-MiniLM-L6-v2 where it is on this machine, and by spelling in any case.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getLoadablePath } from "sqlite-vec";
import { modelsDirectory } from "../../cli/models-directory.ts";
import { defaultDataDirectory } from "../../cli/options.ts";
import { table } from "../../cli/tables.ts";
import { MediaError, readSettings } from "../../layers/core/index.ts";
import { resolveEmbeddingModel } from "../../layers/models/index.ts";
import { type Embedder, lexicalEmbedder } from "../../layers/search/index.ts";
import { modelEmbedder } from "../../layers/search/model-embedder.ts";
import { SqliteIndex } from "../../layers/search/sqlite/index.ts";
import { evaluateSearch, readLabelledSet } from "./evaluate.ts";

const set = await readLabelledSet();
const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-search-"));
const rows: string[][] = [];
try {
  for (const embedder of [lexicalEmbedder, await ownModel()]) {
    if (!embedder) continue;
    await using index = new SqliteIndex({
      path: join(directory, `${rows.length}.db`),
      extensionPath: getLoadablePath(),
    });
    for (const { ranking, recallAt5, mrr } of await evaluateSearch(set, index, embedder)) {
      const compared = ranking === "words" ? "–" : embedder.embedding.id;
      rows.push([ranking === "words" ? "full text" : ranking, compared, recallAt5.toFixed(3), mrr.toFixed(3)]);
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
console.log(
  `search: ${set.questions.length} questions over ${set.transcripts.length} transcripts of this project's own\n`,
);
console.log(
  table(
    ["ranking", "embedding", "recall@5", "MRR"],
    rows.filter((row, n) => row[1] !== "–" || n === 0),
  ),
);

async function ownModel(): Promise<Embedder | undefined> {
  const settings = readSettings(process.env);
  const directory = modelsDirectory(settings, defaultDataDirectory(process.env));
  try {
    const model = await resolveEmbeddingModel({
      id: "all-MiniLM-L6-v2",
      modelsDirectory: directory,
      precision: "int8",
    });
    return await modelEmbedder(model.directory, settings.EMBEDDING_BATCH_SIZE);
  } catch (error) {
    if (!(error instanceof MediaError) || error.code !== "model.missing") throw error;
    console.log("all-MiniLM-L6-v2 is not on this machine: `halfgig models pull all-MiniLM-L6-v2` fetches it.\n");
    return undefined;
  }
}
