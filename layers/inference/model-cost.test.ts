import { describe, expect, it } from "vitest";
import { whisperTinyConfig } from "../../test/parity/seeded-checkpoint.ts";
import type { ModelManifest } from "../models/index.ts";
import { requireModelFit } from "./fit.ts";
import { estimatedSpeechCost, measuredCosts, speechModelCost, totalMiB } from "./model-cost.ts";
import { budgetOfAllocation } from "./process-budget.ts";
import { tierOf, tiers } from "./tiers.ts";

const mib = 2 ** 20;
const config = whisperTinyConfig;

/** whisper-tiny as it is built; 11 M weights are the encoder's and cross-attention's, 29 M the decoder's with its head. */
function tiny(precision: "int8" | "fp32", bytesPerWeight = precision === "int8" ? 1 : 4): ModelManifest {
  const files = {
    "encoder.data": { sizeBytes: 13 * mib * bytesPerWeight, sha256: "" },
    "decoder.data": { sizeBytes: 29 * mib * bytesPerWeight, sha256: "" },
  };
  return {
    id: "somebody's own",
    architecture: "whisper",
    precision,
    files,
    hiddenSize: config.d_model,
    layers: config.decoder_layers,
    heads: config.decoder_attention_heads,
    encoderLayers: config.encoder_layers,
    maxFrames: 2 * config.max_source_positions,
    vocabSize: config.vocab_size,
  } as unknown as ModelManifest;
}

function catchOf(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("what a model costs", () => {
  it.each(["int8", "fp32"] as const)("is what was measured for its sizes, whatever its name: %s", (precision) => {
    for (const arena of [true, false]) {
      const row = measuredCosts.find((each) => {
        return each.model === "whisper-tiny" && each.precision === precision && each.arena === arena;
      });
      expect(speechModelCost(tiny(precision), { arena })).toBe(row);
      expect(totalMiB(row!)).toBeGreaterThan(100);
    }
  });

  it("is what was measured of the model with one word more, for those of English alone: tiny.en fits 256 MB", () => {
    for (const arena of [true, false]) {
      const english = { ...tiny("int8"), vocabSize: 51_864 };
      expect(speechModelCost(english, { arena })).toBe(speechModelCost(tiny("int8"), { arena }));
      expect(() => requireModelFit(english, 256)).not.toThrow();
    }
  });

  it("is estimated for sizes that nobody measured, above what the measurement of like sizes says", () => {
    for (const precision of ["int8", "fp32"] as const) {
      const other = { ...tiny(precision), vocabSize: config.vocab_size + 100 };
      const estimate = speechModelCost(other);
      expect(estimate).toEqual(estimatedSpeechCost(other));
      expect(totalMiB(estimate)).toBeGreaterThanOrEqual(totalMiB(speechModelCost(tiny(precision))));
    }
  });

  it("lets int8 whisper-tiny into every allocation from 256 MB on, and fp32 whisper-small not into 512", () => {
    for (const { allocationMiB } of tiers) {
      expect(() => requireModelFit({ id: "whisper-tiny", precision: "int8" }, allocationMiB)).not.toThrow();
    }
    expect(() => requireModelFit({ id: "whisper-small.en", precision: "fp32" }, 512)).toThrow(
      /whisper-small.en \(fp32\)/,
    );
  });

  it.each([
    [
      { id: "whisper-tiny.en", precision: "fp32" },
      512,
      /fits \d+ MB .*; whisper-tiny\.en \(int8\) and whisper-base \(int8\) would fit 512 MB\.$/,
    ],
    [{ id: "whisper-base", precision: "int8" }, 256, /fits \d+ MB .*; whisper-tiny \(int8\) would fit 256 MB\.$/],
    [{ id: "whisper-tiny", precision: "int8" }, 192, /fits (\d+) MB \(--memory \1, or HALFGIG_INFER_MEMORY\)\.$/],
  ] as const)(
    "of one that does not fit: says which memory would do, and which models fit (%j at %d MB)",
    (model, allocationMiB, said) => {
      const refused = () => requireModelFit(model, allocationMiB);
      expect(refused).toThrow(said);
      const enough = Number(/fits (\d+) MB/.exec(String(catchOf(refused)))?.[1]);
      expect(() => requireModelFit(model, enough)).not.toThrow();
      expect(() => requireModelFit(model, enough - 64)).toThrow();
    },
  );

  it("lets int8 whisper-tiny and int8 AST-base into 256 MB, one after the other", async () => {
    const budget = budgetOfAllocation(256);
    const model = async () => ({ [Symbol.asyncDispose]: async () => undefined });
    for (const name of ["whisper-tiny", "ast-base"]) {
      const row = measuredCosts.find((each) => each.model === name && each.precision === "int8" && !each.arena);
      (await budget.reserve(name, row!, model))[Symbol.dispose]();
      expect(budget.residents).toEqual([name]);
    }
  });

  it("leaves room for int8 whisper-tiny and AST-base together in 512 MB", async () => {
    const budget = budgetOfAllocation(512);
    const model = async () => ({ [Symbol.asyncDispose]: async () => undefined });
    for (const name of ["whisper-tiny", "ast-base"]) {
      const row = measuredCosts.find((each) => each.model === name && each.precision === "int8" && each.arena);
      (await budget.reserve(name, row!, model))[Symbol.dispose]();
    }
    expect(budget.residents).toEqual(["whisper-tiny", "ast-base"]);
  });
});

describe("tiers", () => {
  it.each([
    [128, 256],
    [511, 256],
    [512, 512],
    [1023, 512],
    [1024, 1024],
    [1768, 1024],
    [1769, 2048],
    [10_240, 2048],
  ])("an allocation of %d MB is run as one of %d", (allocationMiB, tier) => {
    expect(tierOf(allocationMiB).allocationMiB).toBe(tier);
  });

  it("refuses nothing in advance below Lambda's least: there the limit itself decides", () => {
    const model = { id: "whisper-tiny", precision: "int8" } as const;
    expect(() => requireModelFit(model, 64)).not.toThrow();
    expect(() => requireModelFit(model, 128)).toThrow(/needs \d+ MiB and 32 of the 128 MiB/);
  });
});
