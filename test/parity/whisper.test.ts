import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Session, type SpeechModel, WhisperModel } from "../../layers/inference/index.ts";
import { buildModel, type ModelManifest, type Precision } from "../../layers/models/index.ts";
import { argmax, cosine, type GoldenCase, maxAbsoluteError, readGolden, unpackMel } from "./golden.ts";
import { seeded } from "./seeded.ts";
import { writeSeededCheckpoint } from "./seeded-checkpoint.ts";

const demoCheckpoint = fileURLToPath(new URL("../../layers/models/demo/whisper", import.meta.url));
const precisions: Precision[] = ["fp32", "int8"];
const checkpoints = [
  { name: "the demo model", golden: "demo.json", seededWeights: false },
  { name: "seeded weights at whisper-tiny's sizes", golden: "whisper-tiny-seeded.json", seededWeights: true },
];

for (const { name, golden, seededWeights } of checkpoints) {
  describe(`${name} against the published architecture in PyTorch`, () => {
    const cases = readGolden(golden);
    let workDirectory: string;
    let checkpointDirectory = demoCheckpoint;

    beforeAll(async () => {
      workDirectory = await mkdtemp(join(tmpdir(), "halfgig-parity-"));
      if (seededWeights) {
        checkpointDirectory = workDirectory;
        await writeSeededCheckpoint(checkpointDirectory);
      }
    });
    afterAll(() => rm(workDirectory, { recursive: true, force: true }));

    describe.each(precisions)("%s", (precision) => {
      let manifest: ModelManifest;
      let model: SpeechModel;
      const directory = () => join(workDirectory, precision);
      const mel = (example: GoldenCase) =>
        example.mel === null
          ? seeded("mel", manifest.melBins * example.frames).map((value) => value * 8)
          : unpackMel(example.mel);

      beforeAll(async () => {
        const identity = { id: "parity", revision: "", licence: "", demo: true };
        manifest = await buildModel({ checkpointDirectory, outputDirectory: directory(), precision, identity });
        model = await WhisperModel.load({ directory: directory() });
      });
      afterAll(() => model?.[Symbol.asyncDispose]());

      const expectClose = (actual: ArrayLike<number>, expected: readonly number[]) => {
        if (precision === "fp32") expect(maxAbsoluteError(actual, expected)).toBeLessThanOrEqual(1e-4);
        else expect(cosine(actual, expected)).toBeGreaterThanOrEqual(0.999);
      };
      const expectLogits = (logits: Float32Array, example: GoldenCase, position: number) => {
        const expected = example.logits[position]!;
        expectClose(
          expected.map((_, index) => logits[index * example.logitStep]!),
          expected,
        );
        // Seeded weights put many logits side by side; only trained ones have a winner that int8 must keep.
        if (precision === "fp32" || !seededWeights) expect(argmax(logits)).toBe(example.argmax[position]);
      };

      it.each(cases)("cross-attention keys and values: $name", async (example) => {
        await using encoder = await Session.open(join(directory(), "encoder.onnx"));
        const input = encoder.tensor(mel(example), [1, manifest.melBins, example.frames]);
        using outputs = await encoder.run({ mel: input });
        for (const row of example.crossRows) {
          const tensor = outputs.get(row.name);
          const start = (row.head * tensor.dims[2]! + row.position) * tensor.dims[3]!;
          expectClose((tensor.data as Float32Array).subarray(start, start + row.values.length), row.values);
        }
      });

      it.each(cases)("logits token by token, with the cache: $name", async (example) => {
        using audio = await model.encode(mel(example), example.frames);
        using state = model.start(audio);
        for (const [position, token] of example.tokens.entries()) {
          expectLogits(await model.step(state, [token]), example, position);
        }
      });

      it.each(cases)("logits of all tokens at once, without a cache: $name", async (example) => {
        using audio = await model.encode(mel(example), example.frames);
        using state = model.start(audio);
        expectLogits(await model.step(state, example.tokens), example, example.tokens.length - 1);
      });

      it.each(cases)(
        "logits of a prompt in two parts, the second on the cache of the first: $name",
        async (example) => {
          using audio = await model.encode(mel(example), example.frames);
          using state = model.start(audio);
          expectLogits(await model.step(state, example.tokens.slice(0, 1)), example, 0);
          expectLogits(await model.step(state, example.tokens.slice(1)), example, example.tokens.length - 1);
          expect(state.length).toBe(example.tokens.length);
        },
      );
    });
  });
}
