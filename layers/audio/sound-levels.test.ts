import { describe, expect, it } from "vitest";
import { logMel, normalizeLogMel } from "./mel.ts";
import { melLevels, silentFrames } from "./sound-levels.ts";

/** Bursts of noise of 0.5 s every second over a background, both in dBFS. */
function bursts(soundDb: number, backgroundDb: number, seconds = 4): Float32Array {
  let state = 1;
  const noise = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * Math.sqrt(3);
  };
  return Float32Array.from({ length: seconds * 16_000 }, (_, n) => {
    const db = n % 16_000 < 8_000 ? soundDb : backgroundDb;
    return noise() * 10 ** (db / 20);
  });
}

function levelsOf(pcm: Float32Array, filling = 0) {
  const count = pcm.length / 160;
  const mel = normalizeLogMel(logMel({ pcm, melBins: 80, frames: count + filling }));
  return melLevels(mel, 80, count);
}

describe("melLevels", () => {
  it("gives one level per frame of real audio, in dB", () => {
    const levels = levelsOf(bursts(-20, -50), 100);
    expect(levels).toHaveLength(400);
    expect(levels[25]! - levels[75]!).toBeCloseTo(30, -1);
  });

  it("gives no more levels than there are frames", () => {
    expect(melLevels(new Float32Array(20), 2, 50)).toHaveLength(10);
  });
});

describe("silentFrames", () => {
  it.each([
    ["a quiet room", -20, -70],
    ["a noisy room", -20, -36],
    ["a quiet recording", -50, -75],
  ])("tells sound from the background of %s", (_, soundDb, backgroundDb) => {
    const silent = silentFrames(levelsOf(bursts(soundDb, backgroundDb)))!;
    const wrong = [...silent].filter((is, t) => is !== (t % 100 < 50 ? 0 : 1)).length;
    // The analysis window of 25 ms reaches over each of the 7 edges.
    expect(wrong).toBeLessThan(20);
  });

  it.each([
    ["noise alone", levelsOf(bursts(-30, -30))],
    ["digital silence", new Float32Array(400)],
    ["too little audio", levelsOf(bursts(-20, -70)).subarray(40, 59)],
  ])("says nothing about %s", (_, levels) => {
    expect(silentFrames(levels)).toBeUndefined();
  });
});
