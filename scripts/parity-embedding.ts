/**
 * Prints how far halfgig's embedding graph is from BertModel in PyTorch at all-MiniLM-L6-v2's size: `npm run parity:embedding`, and at the
 * end of `npm run parity`. The stored numbers of test/fixtures/parity are used; test/parity/embedding_golden.py computes them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compareEmbeddings,
  readEmbeddingGolden,
  writeSeededEmbeddingCheckpoint,
} from "../test/parity/embedding-checkpoint.ts";

/** Largest error of fp32, smallest cosine of int8. */
const bounds = { fp32: 1e-4, int8: 0.999 };
const directory = await mkdtemp(join(tmpdir(), "halfgig-parity-embedding-"));
try {
  const { cases, wordPieces } = await readEmbeddingGolden();
  const checkpointDirectory = join(directory, "checkpoint");
  await writeSeededEmbeddingCheckpoint(checkpointDirectory, wordPieces.vocabulary);
  for (const precision of ["fp32", "int8"] as const) {
    const outputDirectory = join(directory, precision);
    for (const { name, maxError, cosine } of await compareEmbeddings({
      checkpointDirectory,
      outputDirectory,
      precision,
      cases,
    })) {
      const good = precision === "fp32" ? maxError <= bounds.fp32 : cosine >= bounds.int8;
      if (!good) process.exitCode = 1;
      const figures = `${maxError.toExponential(2).padStart(11)}  ${cosine.toFixed(7).padStart(10)}`;
      console.log(`${`embedding, ${name}`.padEnd(50)} ${precision.padEnd(9)} ${figures}  ${good ? "ok" : "FAILED"}`);
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
