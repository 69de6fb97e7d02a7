import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type GatedFrame, type GateOptions, SpeechGate } from "./gate.ts";

const plain = { minSpeechChunks: 1, preRollFrames: 0, postRollFrames: 0 };

function gate(probabilities: number[], options: GateOptions, frames = Math.floor((probabilities.length * 512) / 160)) {
  const opened = new SpeechGate(options);
  const out: GatedFrame[] = [];
  for (const probability of probabilities) out.push(...opened.push(probability));
  return [...out, ...opened.flush(frames)];
}

/** Where speech is, as frames [from, to). */
function spans(frames: GatedFrame[]): [number, number][] {
  const edges = frames.flatMap(({ isSpeech }, i) => (isSpeech === (frames[i - 1]?.isSpeech ?? false) ? [] : [i]));
  if (edges.length % 2 === 1) edges.push(frames.length);
  return edges.flatMap((from, i) => (i % 2 === 0 ? [[from, edges[i + 1]!] as [number, number]] : []));
}

describe("SpeechGate", () => {
  it("begins at 0.5 and goes on down to 0.35", () => {
    const probabilities = [0.4, 0.49, 0.5, 0.4, 0.35, 0.34, 0.4, 0.49];
    // Chunks 2 to 4 are the samples 1024 to 2560: the frames whose middle lies in them are 6 to 15.
    expect(spans(gate(probabilities, plain))).toEqual([[6, 16]]);
  });

  it("reaches before and after speech, within the recording", () => {
    const probabilities = [...Array(10).fill(0), 1, ...Array(10).fill(0)];
    // Chunk 10 is the samples 5120 to 5632: frames 32 to 34.
    expect(spans(gate(probabilities, { ...plain, preRollFrames: 7, postRollFrames: 12 }))).toEqual([[25, 47]]);
    expect(spans(gate([1], { ...plain, preRollFrames: 7, postRollFrames: 12 }))).toEqual([[0, 3]]);
  });

  it("forgets what is too short, and keeps what is just long enough", () => {
    const probabilities = [0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1];
    const [only, ...others] = spans(gate(probabilities, { ...plain, minSpeechChunks: 3 }));
    expect(others).toEqual([]);
    expect(only).toEqual([32, 42]);
  });

  it("gives every frame once, in order, with its chunk's probability, whatever it is given", () => {
    const options = fc.record({
      minSpeechChunks: fc.integer({ min: 1, max: 8 }),
      preRollFrames: fc.integer({ min: 0, max: 30 }),
      postRollFrames: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), options, (probabilities, chosen) => {
        const count = Math.ceil((probabilities.length * 512) / 160);
        const frames = gate(probabilities, chosen, count);
        const chunkOf = (frame: number) => Math.min(Math.floor((frame * 160 + 80) / 512), probabilities.length - 1);
        expect(frames.map(({ voice }) => voice)).toEqual(
          Array.from({ length: count }, (_, frame) => probabilities[chunkOf(frame)]),
        );
      }),
    );
  });
});
