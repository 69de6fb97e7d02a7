import { describe, expect, it } from "vitest";
import { whisperTinyConfig } from "../../test/parity/seeded-checkpoint.ts";
import type { ModelManifest } from "../models/index.ts";
import { requireModelFit } from "./fit.ts";
import { estimatedSpeechCost, measuredCosts, speechModelCost, totalMiB } from "./model-cost.ts";
import { budgetOfAllocation } from "./process-budget.ts";
import { tierOf, tiers } from "./tiers.ts";

const config = whisperTinyConfig;

/** A Whisper of these sizes as it is built: its matrices at one byte or four per weight, convolutions and positions in float32. */
function whisper(shape: readonly number[], precision: "int8" | "fp32"): ModelManifest {
  const [hiddenSize, layers, heads, encoderLayers, maxFrames, vocabSize] = shape as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const square = hiddenSize ** 2;
  const bytesPerWeight = precision === "int8" ? 1 : 4;
  const floats = 3 * 80 * hiddenSize + 3 * square + (maxFrames / 2) * hiddenSize;
  const files = {
    "encoder.data": { sizeBytes: (12 * encoderLayers + 2 * layers) * square * bytesPerWeight + 4 * floats, sha256: "" },
    "decoder.data": { sizeBytes: (14 * layers * square + vocabSize * hiddenSize) * bytesPerWeight, sha256: "" },
  };
  const sizes = { hiddenSize, layers, heads, encoderLayers, maxFrames, vocabSize };
  return { id: "somebody's own", architecture: "whisper", precision, files, ...sizes } as unknown as ModelManifest;
}

function catchOf(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

const tinyShape = [
  config.d_model,
  config.decoder_layers,
  config.decoder_attention_heads,
  config.encoder_layers,
  2 * config.max_source_positions,
  config.vocab_size,
];
const tiny = (precision: "int8" | "fp32") => whisper(tinyShape, precision);

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

  const measuredWhispers = measuredCosts.filter(({ shape }) => shape.startsWith("whisper "));

  it.each(measuredWhispers)(
    "is estimated within a tenth of what was measured: $shape $precision, arena $arena",
    (row) => {
      const shape = row.shape.slice("whisper ".length).split("×").map(Number);
      const precision = row.precision as "int8" | "fp32";
      const estimate = totalMiB(estimatedSpeechCost(whisper(shape, precision), { arena: row.arena }));
      expect(estimate).toBeGreaterThanOrEqual(totalMiB(row) * 0.9);
      expect(estimate).toBeLessThanOrEqual(totalMiB(row) * 1.1);
    },
  );

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
