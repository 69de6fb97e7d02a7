import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { astFeatures, FbankStream, pcmFromBytes } from "../../layers/audio/index.ts";
import { loadVoiceModel } from "../../layers/inference/index.ts";
import { buildVoiceModel, demoVoiceDirectory, type VoiceManifest } from "../../layers/models/index.ts";
import { maxAbsoluteError } from "./golden.ts";
import { readVoiceGolden, seededPcm, writeSeededVoiceCheckpoint } from "./voice-checkpoint.ts";
import { compareVoiceModel } from "./voice-parity.ts";

const golden = await readVoiceGolden();
/** The demo model's first revision, with logits that were computed of recordings by it. */
const firstRevision = "../shared/demo-models/ast-demo";
const recordings = `${firstRevision}/vectors`;
const precisions: VoiceManifest["precision"][] = ["fp32", "int8"];

let workDirectory: string;
beforeAll(async () => {
  workDirectory = await mkdtemp(join(tmpdir(), "halfgig-voice-parity-"));
});
afterAll(() => rm(workDirectory, { recursive: true, force: true }));

describe("Kaldi's filter bank against its definition in numpy", () => {
  it("agrees to 1e-4 in every bin", () => {
    const rows = new FbankStream(128).push(seededPcm(16_000));
    expect(rows.length).toBe(golden.fbank.frames * 128);
    for (const { frame, values } of golden.fbank.rows) {
      expect(maxAbsoluteError(rows.subarray(frame * 128), values)).toBeLessThanOrEqual(1e-4);
    }
    expect(Math.abs(rows.reduce((sum, value) => sum + value, 0) - golden.fbank.sum)).toBeLessThan(0.01);
  });
});

for (const { name, title } of [
  { name: "astDemo", title: "the AST demo model" },
  { name: "astBase", title: "seeded weights at the size of the published AST" },
  { name: "xlsrSmall", title: "an XLS-R detector at a small size, seeded weights" },
] as const) {
  describe(`${title} against the published architecture in PyTorch`, () => {
    let checkpointDirectory = demoVoiceDirectory;
    beforeAll(async () => {
      if (name === "astDemo") return;
      checkpointDirectory = join(workDirectory, name);
      await writeSeededVoiceCheckpoint(checkpointDirectory, name);
    });

    it.each(precisions)("%s", async (precision) => {
      const outputDirectory = join(workDirectory, `${name}-${precision}`);
      const cases = golden[name];
      for (const result of await compareVoiceModel({ checkpointDirectory, outputDirectory, precision, cases })) {
        if (precision === "fp32") expect(result.maxError).toBeLessThanOrEqual(1e-4);
        else expect(result.cosine).toBeGreaterThanOrEqual(0.999);
      }
    });
  });
}

describe.skipIf(!existsSync(recordings))("the AST demo model's first revision on recordings of synthesizers", () => {
  type Recorded = { wav: string; features_frame100_first8: number[]; features_mean: number; logits: number[] };
  const read = (path: string) => JSON.parse(readFileSync(path, "utf8")) as { items: Recorded[] };
  const items = existsSync(recordings) ? read(`${recordings}/vectors.json`).items : [];

  it.each(items.filter(({ wav }) => /espeak|flite/.test(wav)))("$wav", async (item) => {
    const outputDirectory = join(workDirectory, "first-revision");
    const identity = { id: "first-revision", revision: "1", licence: "", demo: true };
    await buildVoiceModel({ checkpointDirectory: firstRevision, outputDirectory, precision: "fp32", identity });
    await using model = await loadVoiceModel({ directory: outputDirectory });
    const wav = readFileSync(`${recordings}/../${item.wav}`);
    const pcm = pcmFromBytes(wav.subarray(44));
    const { manifest } = model;
    if (manifest.architecture !== "ast") throw new TypeError("the demo model is an AST");
    const { melBins, maxFrames, featureMean: mean, featureStd: std } = manifest;
    const features = astFeatures(pcm, { melBins, maxFrames, mean, std });
    expect(maxAbsoluteError(features.subarray(100 * melBins), item.features_frame100_first8)).toBeLessThan(1e-4);
    expect(features.reduce((sum, value) => sum + value, 0) / features.length).toBeCloseTo(item.features_mean, 5);
    expect(maxAbsoluteError((await model.score(pcm)).logits, item.logits)).toBeLessThanOrEqual(1e-4);
  });
});
