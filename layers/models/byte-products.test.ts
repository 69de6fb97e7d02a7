import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WhisperModel } from "../inference/index.ts";
import { buildModel } from "./build.ts";
import { bestWeightBytes } from "./byte-products.ts";
import { asSignedBytes, weightZeroPoint } from "./quantize.ts";
import { demoCheckpointDirectory } from "./registry.ts";

describe("bestWeightBytes", () => {
  it.each([
    ["x86 with AVX-512 VNNI", "flags\t\t: fpu avx2 avx512f avx512_vnni\n", "signed"],
    ["x86 with AVX-VNNI", "processor: 0\nflags\t\t: avx2 avx_vnni\n", "signed"],
    ["x86 with AVX2 alone", "flags\t\t: fpu avx2 fma\n", "unsigned"],
    ["Arm with dot products", "Features\t: fp asimd asimddp\n", "signed"],
    ["Arm without", "Features\t: fp asimd\n", "unsigned"],
    ["a machine that does not tell", "", "unsigned"],
  ])("%s", (_name, cpuinfo, kind) => {
    expect(bestWeightBytes(cpuinfo)).toBe(kind);
  });
});

describe("signed and unsigned weight bytes", () => {
  it("are the same weights", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const signed = new Int8Array(asSignedBytes(Uint8Array.from(bytes)).buffer);
        expect([...signed]).toEqual([...bytes].map((byte) => byte - weightZeroPoint));
      }),
    );
  });

  it("give the same numbers to the last bit, where the processor can run both", async () => {
    const directory = await mkdtemp(join(tmpdir(), "halfgig-bytes-"));
    const identity = { id: "demo", revision: "1", licence: "CC-BY-SA-4.0", demo: true };
    const results: Float32Array[] = [];
    for (const weightBytes of ["unsigned", "signed"] as const) {
      const outputDirectory = join(directory, weightBytes);
      await buildModel({
        checkpointDirectory: demoCheckpointDirectory,
        outputDirectory,
        precision: "int8",
        weightBytes,
        identity,
      });
      if (weightBytes === "signed" && bestWeightBytes() === "unsigned") {
        await expect(WhisperModel.load({ directory: outputDirectory })).rejects.toMatchObject({
          code: "model.invalid",
        });
        results.push(results[0]!);
        continue;
      }
      await using model = await WhisperModel.load({ directory: outputDirectory });
      const { melBins, maxFrames, tokens } = model.manifest;
      const mel = Float32Array.from({ length: melBins * maxFrames }, (_, i) => Math.sin(i * 0.37));
      using audio = await model.encode(mel, maxFrames);
      using state = model.start(audio);
      results.push(await model.step(state, [tokens.startOfTranscript, tokens.transcribe, tokens.firstTimestamp]));
    }
    expect(results[1]).toEqual(results[0]);
    await rm(directory, { recursive: true });
  });
});
