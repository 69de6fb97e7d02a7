import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { pcmFromBytes } from "../audio/index.ts";
import { MemoryBudget } from "../inference/index.ts";
import { decoded } from "./samples.fixture.ts";
import { openSilero, Silero, sileroPath, VoiceProbabilities } from "./silero.ts";

type Golden = { samples: string[]; sha256: string; probabilities: number[] };
const golden: Golden = JSON.parse(readFileSync(new URL("silero-golden.json", import.meta.url), "utf8"));

async function probabilitiesOf(pcm: Float32Array, portion = pcm.length): Promise<number[]> {
  await using silero = await Silero.open(sileroPath);
  const probabilities = new VoiceProbabilities(silero);
  const all: number[] = [];
  for (let at = 0; at < pcm.length; at += portion)
    all.push(...(await probabilities.push(pcm.subarray(at, at + portion))));
  return [...all, ...(await probabilities.flush())];
}

describe("VoiceProbabilities", () => {
  it("are those of the silero-vad package (silero-golden.py)", async () => {
    const bytes = Buffer.concat(await Promise.all(golden.samples.map(decoded)));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(golden.sha256);
    const found = await probabilitiesOf(pcmFromBytes(bytes), 7_001);
    expect(found).toHaveLength(golden.probabilities.length);
    for (const [i, probability] of found.entries()) expect(probability).toBeCloseTo(golden.probabilities[i]!, 3);
  });

  it.each([0, 1, 511, 512, 513, 16_383, 16_384, 16_385])("gives one for every 512 of %i samples", async (samples) => {
    expect(await probabilitiesOf(new Float32Array(samples).fill(0.1))).toHaveLength(Math.ceil(samples / 512));
  });
});

it("within a budget the model is loaded once, and its room is given back", async () => {
  const budget = new MemoryBudget({ allocationMiB: 128, reserveMiB: 96 });
  const rows = new Float32Array(576);
  const state = () => ({ hidden: new Float32Array(128), cell: new Float32Array(128) });
  {
    await using first = await openSilero(sileroPath, budget);
    await using second = await openSilero(sileroPath, budget);
    expect(budget.residents).toEqual([sileroPath]);
    expect(await first.run(rows, state())).toEqual(await second.run(rows, state()));
    expect(await budget.releaseIdle()).toBe(0);
  }
  expect(await budget.releaseIdle()).toBe(1);
});
