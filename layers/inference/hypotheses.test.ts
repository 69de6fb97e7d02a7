import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveModel } from "../models/index.ts";
import type { AudioContext, DecoderState, SpeechModel } from "./speech-model.ts";
import { WhisperModel } from "./whisper.ts";

let modelsDirectory: string;
let model: SpeechModel;
let audio: AudioContext;
beforeAll(async () => {
  modelsDirectory = await mkdtemp(join(tmpdir(), "halfgig-hypotheses-"));
  const { directory } = await resolveModel({ id: "demo", modelsDirectory, precision: "fp32" });
  model = await WhisperModel.load({ directory });
  audio = await model.encode(
    Float32Array.from({ length: 80 * 200 }, (_, index) => Math.sin(index / 7)),
    200,
  );
});
afterAll(async () => {
  audio?.[Symbol.dispose]();
  await model?.[Symbol.asyncDispose]();
  await rm(modelsDirectory, { recursive: true, force: true });
});

async function logitsAfter(tokens: readonly number[]): Promise<Float32Array> {
  using state = model.start(audio);
  return await model.step(state, tokens);
}

const furthest = (a: Float32Array, b: Float32Array) =>
  a.reduce((worst, value, index) => Math.max(worst, Math.abs(value - b[index]!)), 0);

describe("SPEECH 14: hypotheses of a beam", () => {
  it("forks go their own ways, and outlive what they were forked from", async () => {
    const original = model.start(audio);
    await model.step(original, [1159, 1160]);
    using fork = model.fork(original);
    expect(fork.length).toBe(2);
    await model.step(original, [7]);
    original[Symbol.dispose]();
    original[Symbol.dispose]();
    expect(furthest(await model.step(fork, [8]), await logitsAfter([1159, 1160, 8]))).toBeLessThan(1e-4);
  });

  /** Random beams: in each round every survivor of a random choice, in random order, takes a random token. */
  const rounds = fc.array(
    fc.array(fc.record({ parent: fc.nat(9), token: fc.nat(1157) }), { minLength: 1, maxLength: 4 }),
    { minLength: 1, maxLength: 4 },
  );
  it("a batch gives what its hypotheses give one by one, however they were forked and re-ordered", async () => {
    await fc.assert(
      fc.asyncProperty(rounds, async (choices) => {
        let beam: { state: DecoderState; tokens: number[] }[] = [{ state: model.start(audio), tokens: [1159] }];
        await model.step(beam[0]!.state, [1159]);
        for (const round of choices) {
          const next = round.map(({ parent, token }) => {
            const { state, tokens } = beam[parent % beam.length]!;
            return { state: model.fork(state), tokens: [...tokens, token] };
          });
          for (const { state } of beam) state[Symbol.dispose]();
          beam = next;
          const logits = await model.stepBatch(
            beam.map(({ state }) => state),
            beam.map(({ tokens }) => tokens.at(-1)!),
          );
          for (const [index, { state, tokens }] of beam.entries()) {
            expect(state.length).toBe(tokens.length);
            expect(furthest(logits[index]!, await logitsAfter(tokens))).toBeLessThan(1e-4);
          }
        }
        for (const { state } of beam) state[Symbol.dispose]();
      }),
      { numRuns: 15 },
    );
  });

  it("one of a batch can go on alone", async () => {
    using first = model.start(audio);
    using second = model.start(audio);
    await model.stepBatch([first, second], [1159, 1160]);
    expect(furthest(await model.step(second, [5, 6]), await logitsAfter([1160, 5, 6]))).toBeLessThan(1e-4);
  });

  it("refuses batches that are none", async () => {
    using first = model.start(audio);
    using second = model.start(audio);
    await expect(model.stepBatch([], [])).rejects.toThrow(RangeError);
    await expect(model.stepBatch([first, second], [1])).rejects.toThrow(RangeError);
    await expect(model.stepBatch([first, first], [1, 2])).rejects.toThrow(RangeError);
    await model.step(second, [1]);
    await expect(model.stepBatch([first, second], [1, 2])).rejects.toThrow(RangeError);
    using other = await model.encode(new Float32Array(80 * 2), 2);
    using elsewhere = model.start(other);
    await expect(model.stepBatch([first, elsewhere], [1, 2])).rejects.toThrow(RangeError);
  });
});

describe("SPEECH 21: the teacher-forced pass", () => {
  it("gives the probabilities that decoding gives, and zero for what is no text", async () => {
    const tokens = [1159, 1160, 1165, 1169, ...Array.from({ length: 40 }, (_, index) => 11 * index), 1158];
    const alignment = await model.align(audio, tokens);
    expect(alignment).toMatchObject({ heads: 1, tokens: tokens.length, positions: 100 });
    expect(alignment.scores.length).toBe(tokens.length * 100);
    using state = model.start(audio);
    const expected: number[] = [];
    for (const [index, token] of tokens.slice(0, -1).entries()) {
      const text = (await model.step(state, [token])).subarray(0, 1158);
      const peak = Math.max(...text);
      const sum = text.reduce((total, logit) => total + Math.exp(logit - peak), 0);
      const next = tokens[index + 1]!;
      expected.push(next < 1158 ? Math.exp(text[next]! - peak) / sum : 0);
    }
    expect(furthest(alignment.probabilities, Float32Array.from(expected))).toBeLessThan(1e-5);
  });

  it("takes one token, and as many as the decoder holds, but no more", async () => {
    expect((await model.align(audio, [1159])).probabilities.length).toBe(0);
    expect((await model.align(audio, new Array(128).fill(1159))).scores.every(Number.isFinite)).toBe(true);
    await expect(model.align(audio, [])).rejects.toThrow(RangeError);
    await expect(model.align(audio, new Array(129).fill(1159))).rejects.toThrow(RangeError);
  });
});
