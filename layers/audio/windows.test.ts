import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivityFrame, ActivityKind, ActivitySpan } from "./activity.ts";
import { bytesFromPcm, msToSamples, samplesToMs } from "./pcm.ts";
import { type Detector, type PlannedWindow, WindowPlanner, type WindowPlannerOptions } from "./windows.ts";

type Stretch = { frames: number; kind: ActivityKind; levelDb: number };

/** Says what it was told to, `lag` frames late. */
class ScriptedDetector implements Detector {
  readonly #frames: ActivityFrame[] = [];
  readonly #lag: number;
  #samples = 0;
  #given = 0;

  constructor(script: Stretch[], totalSamples: number, lag: number) {
    this.#lag = lag;
    for (const { frames, kind, levelDb } of script) {
      for (let i = 0; i < frames; i++) {
        const startMs = this.#frames.length * 10;
        const endMs = Math.min(startMs + 10, samplesToMs(totalSamples));
        if (endMs > startMs) this.#frames.push({ startMs, endMs, kind, levelDb: levelDb - (i % 7) });
      }
    }
  }

  push(pcm: Float32Array): ActivityFrame[] {
    this.#samples += pcm.length;
    const until = Math.max(this.#given, Math.floor(this.#samples / 160) - this.#lag);
    const frames = this.#frames.slice(this.#given, until);
    this.#given = until;
    return frames;
  }

  flush(): ActivityFrame[] {
    return this.#frames.slice(this.#given);
  }
}

function plan(script: Stretch[], options: WindowPlannerOptions, cutSamples = 0, portion = 7_777) {
  const frames = script.reduce((sum, stretch) => sum + stretch.frames, 0);
  const total = Math.max(0, frames * 160 - cutSamples);
  const pcm = Float32Array.from({ length: total }, (_, i) => ((i * 7919) % 65536) / 32768 - 1);
  const planner = new WindowPlanner({ ...options, detector: new ScriptedDetector(script, total, 110) });
  const windows: PlannedWindow[] = [];
  const activity: ActivitySpan[] = [];
  for (let at = 0; at < total; at += portion) {
    windows.push(...planner.push(pcm.subarray(at, at + portion)));
    activity.push(...planner.takeActivity());
  }
  windows.push(...planner.flush());
  activity.push(...planner.takeActivity());
  return { windows, activity, pcm, totalMs: samplesToMs(total) };
}

const speech = (frames: number, levelDb = -20): Stretch => ({ frames, kind: "speech", levelDb });
const silence = (frames: number): Stretch => ({ frames, kind: "silence", levelDb: -70 });
const times = (windows: PlannedWindow[]) => windows.map(({ startMs, endMs }) => [startMs, endMs]);

describe("WindowPlanner", () => {
  const stretch = fc.record({
    frames: fc.integer({ min: 1, max: 400 }),
    kind: fc.constantFrom<ActivityKind>("speech", "silence", "other"),
    levelDb: fc.integer({ min: -90, max: 0 }),
  });
  const options = fc.record({
    windowMs: fc.integer({ min: 1000, max: 10_000 }),
    minSilenceMs: fc.integer({ min: 0, max: 500 }),
    padMs: fc.integer({ min: 0, max: 250 }),
    maxSilenceInsideMs: fc.integer({ min: 0, max: 12_000 }),
  });

  it("holds all sound in ordered windows of bounded length, and partitions the recording", () => {
    fc.assert(
      fc.property(
        fc.array(stretch, { maxLength: 12 }),
        options,
        fc.integer({ min: 0, max: 159 }),
        (script, chosen, cut) => {
          const { windows, activity, pcm, totalMs } = plan(script, chosen, cut);
          let previousEnd = 0;
          windows.forEach((window, index) => {
            const { startMs, endMs, speech } = window;
            expect({ index: window.index, bytes: window.pcm.length }).toEqual({ index, bytes: 32 * (endMs - startMs) });
            expect(startMs >= previousEnd && endMs > startMs && endMs - startMs <= chosen.windowMs).toBe(true);
            expect(speech.every(([from, to]) => from >= startMs && to <= endMs && from < to)).toBe(true);
            const real = bytesFromPcm(pcm.subarray(msToSamples(startMs), msToSamples(endMs)));
            expect(Buffer.compare(window.pcm.subarray(0, real.length), real)).toBe(0);
            previousEnd = window.endMs;
          });
          let at = 0;
          for (const span of activity) {
            expect(span.startMs).toBe(at);
            at = span.endMs;
            if (span.kind === "silence") continue;
            const inWindows = windows.reduce(
              (sum, { startMs, endMs }) =>
                sum + Math.max(0, Math.min(endMs, span.endMs) - Math.max(startMs, span.startMs)),
              0,
            );
            expect(inWindows).toBe(span.endMs - span.startMs);
          }
          expect(at).toBe(totalMs);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("leaves long silences out and keeps a margin", () => {
    const { windows } = plan([silence(300), speech(100), silence(500), speech(50), silence(20)], { windowMs: 30_000 });
    expect(times(windows)).toEqual([
      [2900, 4100],
      [8900, 9600],
    ]);
    expect(windows[0]!.speech).toEqual([[3000, 4000]]);
  });

  it("cuts a full window in the longest silence of its second half", () => {
    const script = [speech(400), silence(60), speech(200), silence(30), speech(150), silence(50), speech(400)];
    const { windows } = plan(script, { windowMs: 10_000 });
    expect(times(windows)).toEqual([
      [0, 8500],
      [8800, 12_900],
    ]);
  });

  it("goes back to the first half when the second has no silence", () => {
    const { windows } = plan([speech(300), silence(40), speech(900)], { windowMs: 10_000 });
    expect(times(windows).slice(0, 2)).toEqual([
      [0, 3100],
      [3300, expect.any(Number)],
    ]);
  });

  it("cuts speech without a pause at its quietest 20 ms near the end", () => {
    const { windows } = plan([speech(900), speech(2, -60), speech(598)], { windowMs: 10_000 });
    expect(times(windows)).toEqual([
      [0, 9010],
      [9010, 15_000],
    ]);
  });

  it("has nothing to say about silence or about nothing", () => {
    expect(plan([silence(1000)], { windowMs: 10_000 })).toMatchObject({
      windows: [],
      activity: [{ startMs: 0, endMs: 10_000, kind: "silence" }],
    });
    expect(plan([], { windowMs: 10_000 })).toMatchObject({ windows: [], activity: [] });
  });

  it("refuses windows without room", () => {
    expect(() => new WindowPlanner({ windowMs: 500, padMs: 250 })).toThrow(RangeError);
  });
});
