import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildVoiceModel, demoVoiceDirectory, demoVoiceIdentity, type VoiceManifest } from "../models/index.ts";
import { MemoryBudget } from "./budget.ts";
import { voiceModelCostMiB } from "./model-cost.ts";
import { loadVoiceModel, spoofProbability, toZeroMeanUnitVariance } from "./voice-model.ts";

let root: string;
let directory: string;
let manifest: VoiceManifest;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "halfgig-voice-"));
  directory = join(root, "built");
  manifest = await buildVoiceModel({
    checkpointDirectory: demoVoiceDirectory,
    outputDirectory: directory,
    precision: "int8",
    identity: demoVoiceIdentity,
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const tone = (samples: number) =>
  Float32Array.from({ length: samples }, (_, i) => 0.3 * Math.sin(i * 0.05 * (1 + i / 9e4)));

describe("loadVoiceModel", () => {
  it("scores a window, the same way every time", async () => {
    await using model = await loadVoiceModel({ directory });
    expect(model.manifest.demo).toBe(true);
    const first = await model.score(tone(81_920));
    const again = await model.score(tone(81_920));
    expect(again).toEqual(first);
    expect(first.logits.length).toBe(2);
    expect(first.spoofProbability).toBeGreaterThanOrEqual(0);
    expect(first.spoofProbability).toBeLessThanOrEqual(1);
  });

  it("takes a window that is short, refuses one that is empty or too long", async () => {
    await using model = await loadVoiceModel({ directory });
    expect((await model.score(tone(4800))).logits.every(Number.isFinite)).toBe(true);
    await expect(model.score(tone(81_921))).rejects.toThrow(RangeError);
    await expect(model.score(new Float32Array(0))).rejects.toThrow("1 to 81920 samples");
  });

  it("is reserved in the budget and shared", async () => {
    const cost = voiceModelCostMiB(manifest);
    const budget = new MemoryBudget({ allocationMiB: cost + 10, reserveMiB: 0 });
    await using first = await loadVoiceModel({ directory, budget });
    await using second = await loadVoiceModel({ directory, budget });
    expect(budget.reservedMiB).toBe(cost);
    expect(await second.score(tone(8000))).toEqual(await first.score(tone(8000)));
    const small = new MemoryBudget({ allocationMiB: cost, reserveMiB: 1 });
    await expect(loadVoiceModel({ directory, budget: small })).rejects.toMatchObject({
      code: "memory.plan_does_not_fit",
    });
  });

  it("says what is missing", async () => {
    await expect(loadVoiceModel({ directory: join(root, "nowhere") })).rejects.toMatchObject({ code: "model.missing" });
  });
});

describe("spoofProbability", () => {
  it("is the sigmoid of one logit, and the softmax's share of several", () => {
    expect(spoofProbability([0], { spoofLabels: [0] })).toBe(0.5);
    expect(spoofProbability([Math.log(3)], { spoofLabels: [0] })).toBeCloseTo(0.75, 12);
    expect(spoofProbability([1, 1, 1], { spoofLabels: [1, 2] })).toBeCloseTo(2 / 3, 12);
  });

  it("stays between 0 and 1 and does not overflow", () => {
    const logit = fc.double({ min: -1e4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(fc.array(logit, { minLength: 1, maxLength: 5 }), (logits) => {
        const probability = spoofProbability(logits, { spoofLabels: [logits.length - 1] });
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
      }),
    );
  });
});

describe("toZeroMeanUnitVariance", () => {
  it("is what its name says, and zeros for silence", () => {
    const normal = toZeroMeanUnitVariance(tone(5000).map((value) => value * 0.1 + 0.2));
    const mean = normal.reduce((sum, value) => sum + value, 0) / normal.length;
    expect(mean).toBeCloseTo(0, 5);
    expect(normal.reduce((sum, value) => sum + value * value, 0) / normal.length).toBeCloseTo(1, 3);
    expect(new Set(toZeroMeanUnitVariance(new Float32Array(10).fill(0.25)))).toEqual(new Set([0]));
  });
});
