import { describe, expect, it } from "vitest";
import { windowAudio } from "./window-audio.ts";

const ones = async (startMs: number, endMs: number) => new Float32Array((endMs - startMs) * 16).fill(1);

describe("windowAudio", () => {
  it("puts the intervals one after the other", async () => {
    const read = async (startMs: number, endMs: number) => new Float32Array((endMs - startMs) * 16).fill(startMs);
    const pcm = await windowAudio(
      [
        { startMs: 1, endMs: 101 },
        { startMs: 500, endMs: 550 },
      ],
      read,
    );
    expect(pcm).toHaveLength(150 * 16);
    expect(pcm[50 * 16]).toBe(1);
    expect(pcm[125 * 16]).toBe(500);
  });

  it("fades at joints and nowhere else", async () => {
    const pcm = await windowAudio(
      [
        { startMs: 0, endMs: 100 },
        { startMs: 500, endMs: 600 },
      ],
      ones,
    );
    expect(pcm[0]).toBe(1);
    expect(pcm.at(-1)).toBe(1);
    expect(pcm[100 * 16 - 1]).toBeLessThan(0.01);
    expect(pcm[100 * 16]).toBeLessThan(0.01);
    expect(pcm[94 * 16]).toBe(1);
    expect(pcm[106 * 16]).toBe(1);
  });

  it("is silent where the source ends early", async () => {
    const pcm = await windowAudio([{ startMs: 0, endMs: 10 }], async () => new Float32Array([0.5]));
    expect([...pcm.subarray(0, 3)]).toEqual([0.5, 0, 0]);
    expect(pcm).toHaveLength(160);
  });
});
