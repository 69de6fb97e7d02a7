/**
 * Prints how far halfgig's graphs are from the published architecture: `npm run parity`.
 * With PyTorch at hand the reference is computed anew, otherwise the stored numbers of test/fixtures/parity are used.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Precision } from "../layers/models/index.ts";
import { loadTokenizer } from "../layers/speech/index.ts";
import { checkpoints, demoCheckpoint, Workplace } from "../test/parity/checkpoints.ts";
import { compareLogMel, comparisons, type Subject, Tally } from "../test/parity/comparisons.ts";
import { type GoldenLogMel, type GoldenTokens, readGolden, storedGoldens } from "../test/parity/golden.ts";

const execute = promisify(execFile);
const goldenScript = fileURLToPath(new URL("../test/parity/golden.py", import.meta.url));
const bounds = { fp32: 1e-4, int8: 0.999 };
let passed = true;

/** The first Python that has PyTorch; Debian's own comes second because another one is often in front of it. */
async function findPython(): Promise<string | undefined> {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const found = await execute(python, ["-c", "import torch, numpy"]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return undefined;
}

async function withGoldens(use: (directory: string) => Promise<void>): Promise<void> {
  const python = await findPython();
  if (!python) {
    console.log(`Reference: the stored numbers of ${storedGoldens}.`);
    console.log("To compute them anew, install PyTorch: apt-get install python3-torch python3-numpy\n");
    return use(storedGoldens);
  }
  const directory = await mkdtemp(join(tmpdir(), "halfgig-goldens-"));
  try {
    await execute(python, [goldenScript, "--out", directory]);
    console.log(`Reference: computed now by ${python} with test/parity/golden.py, in float64.\n`);
    await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function row(name: string, precision: string, error: string, cosine: string, good: boolean | undefined): void {
  const verdict = good === undefined ? "" : good ? "ok" : "FAILED";
  passed &&= good !== false;
  console.log(`${name.padEnd(50)} ${precision.padEnd(9)} ${error.padStart(11)}  ${cosine.padStart(10)}  ${verdict}`);
}

function tallyRow(name: string, precision: Precision, { maxAbsoluteError, cosine }: Tally): void {
  const good = precision === "fp32" ? maxAbsoluteError <= bounds.fp32 : cosine >= bounds.int8;
  row(name, precision, maxAbsoluteError.toExponential(2), cosine.toFixed(7), good);
}

async function speech({ model, directory }: Subject, precision: Precision, goldenFile: string, goldens: string) {
  for (const { name, run } of comparisons) {
    const worst = new Tally();
    for (const example of readGolden(goldenFile, goldens).cases) {
      const tally = await run({ model, directory }, example);
      worst.maxAbsoluteError = Math.max(worst.maxAbsoluteError, tally.maxAbsoluteError);
      worst.cosine = Math.min(worst.cosine, tally.cosine);
    }
    tallyRow(name, precision, worst);
  }
}

await withGoldens(async (goldens) => {
  row("", "precision", "max |error|", "min cosine", undefined);
  for (const checkpoint of checkpoints) {
    console.log(`\n${checkpoint.name}`);
    await using workplace = await Workplace.create(checkpoint);
    for (const precision of ["fp32", "int8"] as const) {
      const subject = await workplace.open(precision);
      await using _model = subject.model;
      await speech(subject, precision, checkpoint.golden, goldens);
    }
  }
  console.log("\nfeatures and tokens");
  tallyRow("log-mel", "fp32", compareLogMel(readGolden<GoldenLogMel>("log-mel.json", goldens)));
  const tokenizer = await loadTokenizer(demoCheckpoint, { tokens: { endOfText: 1158 } });
  const { cases } = readGolden<GoldenTokens>("tokenizer.json", goldens);
  const same = cases.filter(({ text, tokens }) => tokenizer.decode(tokens) === text).length;
  row(`tokenizer: ${same} of ${cases.length} texts`, "–", "–", "–", same === cases.length);
  console.log(`\nBounds: fp32 max |error| ≤ ${bounds.fp32}, int8 cosine ≥ ${bounds.int8}.`);
});
console.log("\nvoice detectors: stored numbers of test/fixtures/parity/voice.json (npm run parity:voice)");
const voice = spawnSync(process.execPath, [fileURLToPath(new URL("./parity-voice.ts", import.meta.url))], {
  stdio: "inherit",
});
console.log("\nsentence embeddings: stored numbers of test/fixtures/parity/embedding.json (npm run parity:embedding)");
const embedding = spawnSync(process.execPath, [fileURLToPath(new URL("./parity-embedding.ts", import.meta.url))], {
  stdio: "inherit",
});
if (!passed || voice.status !== 0 || embedding.status !== 0) process.exitCode = 1;
