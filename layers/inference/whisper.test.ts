import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ResolvedModel, resolveModel } from "../models/index.ts";
import { MemoryBudget } from "./budget.ts";
import { speechModelCostMiB } from "./model-cost.ts";
import type { SpeechModel } from "./speech-model.ts";
import { WhisperModel } from "./whisper.ts";

let modelsDirectory: string;
let resolved: ResolvedModel;
let model: SpeechModel;
beforeAll(async () => {
  modelsDirectory = await mkdtemp(join(tmpdir(), "halfgig-whisper-"));
  resolved = await resolveModel({ id: "demo", modelsDirectory, precision: "int8" });
  model = await WhisperModel.load({ directory: resolved.directory });
});
afterAll(async () => {
  await model?.[Symbol.asyncDispose]();
  await rm(modelsDirectory, { recursive: true, force: true });
});

const tone = (frames: number) => Float32Array.from({ length: 80 * frames }, (_, index) => Math.sin(index / 7));

describe("WhisperModel", () => {
  it("takes windows of any even length", async () => {
    for (const frames of [2, 100, 1000]) {
      using audio = await model.encode(tone(frames), frames);
      expect(audio).toMatchObject({ frames, positions: frames / 2 });
      using state = model.start(audio);
      const logits = await model.step(state, [model.manifest.tokens.startOfTranscript]);
      expect(logits.length).toBe(model.manifest.vocabSize);
      expect(logits.every(Number.isFinite)).toBe(true);
    }
  });

  it("keeps hypotheses over one window, and windows, apart", async () => {
    using audio = await model.encode(tone(200), 200);
    using other = await model.encode(new Float32Array(80 * 200), 200);
    const run = async (tokens: number[], context = audio) => {
      using state = model.start(context);
      let logits = new Float32Array();
      for (const token of tokens) logits = Float32Array.from(await model.step(state, [token]));
      return logits;
    };
    const alone = [await run([1159, 1160, 7]), await run([1159, 1161, 8]), await run([1159, 1160, 7], other)];
    const together = await Promise.all([run([1159, 1160, 7]), run([1159, 1161, 8]), run([1159, 1160, 7], other)]);
    expect(together).toEqual(alone);
    expect(alone[0]).not.toEqual(alone[1]);
    expect(alone[0]).not.toEqual(alone[2]);
  });

  it("leaves returned logits alone in later steps", async () => {
    using audio = await model.encode(tone(100), 100);
    using state = model.start(audio);
    const first = await model.step(state, [1159]);
    const copy = first.slice();
    await model.step(state, [1160]);
    expect(first).toEqual(copy);
  });

  it.each([
    ["an odd number of frames", 80 * 3, 3],
    ["no frames", 0, 0],
    ["more frames than the window has", 80 * 1002, 1002],
    ["features of another size", 80 * 4 - 1, 4],
  ])("refuses %s", async (_name, length, frames) => {
    await expect(model.encode(new Float32Array(length), frames)).rejects.toThrow(RangeError);
  });

  it("refuses tokens outside the vocabulary, none, and more than there are positions", async () => {
    using audio = await model.encode(tone(2), 2);
    using state = model.start(audio);
    await expect(model.step(state, [])).rejects.toThrow(RangeError);
    await expect(model.step(state, [model.manifest.vocabSize])).rejects.toThrow(RangeError);
    await expect(model.step(state, [-1])).rejects.toThrow(RangeError);
    await expect(model.step(state, new Array(129).fill(1))).rejects.toThrow(RangeError);
    await model.step(state, new Array(128).fill(1));
    expect(state.length).toBe(128);
    await expect(model.step(state, [1])).rejects.toThrow(RangeError);
  });

  it("shares one model under a budget, and refuses a budget that it cannot fit", async () => {
    const costMiB = speechModelCostMiB(resolved.manifest);
    const budget = new MemoryBudget({ allocationMiB: costMiB + 100, reserveMiB: 100 });
    const { directory } = resolved;
    {
      await using first = await WhisperModel.load({ directory, budget });
      await using second = await WhisperModel.load({ directory, budget });
      using audio = await first.encode(tone(10), 10);
      using state = second.start(audio);
      expect((await second.step(state, [1159])).length).toBe(1671);
      expect(budget.reservedMiB).toBe(costMiB);
    }
    expect(budget.residents).toEqual([directory]);
    await budget.releaseIdle();
    expect(budget.reservedMiB).toBe(0);
    const small = new MemoryBudget({ allocationMiB: costMiB + 99, reserveMiB: 100 });
    await expect(WhisperModel.load({ directory, budget: small })).rejects.toMatchObject({
      code: "memory.plan_does_not_fit",
    });
  });

  it("says so when a folder has no model, or a damaged one", async () => {
    const directory = join(modelsDirectory, "nothing");
    await expect(WhisperModel.load({ directory })).rejects.toMatchObject({ code: "model.missing" });
    const copy = await resolveModel({ id: "demo", modelsDirectory, precision: "fp32" });
    await writeFile(join(copy.directory, "decoder.onnx"), "not a graph");
    await expect(WhisperModel.load({ directory: copy.directory })).rejects.toMatchObject({ code: "model.invalid" });
  });
});
