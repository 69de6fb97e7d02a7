import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActivityFrame, ActivityKind, ActivitySpan } from "./activity.ts";
import { bytesFromPcm, msToSamples, samplesToMs } from "./pcm.ts";
import { type Detector, minVoice, type PlannedWindow, WindowPlanner, type WindowPlannerOptions } from "./windows.ts";

type Stretch = { frames: number; kind: ActivityKind; levelDb: number; voice: number };
type Options = Omit<WindowPlannerOptions, "detector">;

/** Says what it was told to, `lag` frames late. */
class ScriptedDetector implements Detector {
  readonly #frames: ActivityFrame[] = [];
  readonly #lag: number;
  #samples = 0;
  #given = 0;

  constructor(script: Stretch[], totalSamples: number, lag: number) {
    this.#lag = lag;
    for (const { frames, kind, levelDb, voice } of script) {
      for (let i = 0; i < frames; i++) {
        const startMs = this.#frames.length * 10;
        const endMs = Math.min(startMs + 10, samplesToMs(totalSamples));
        if (endMs > startMs) this.#frames.push({ startMs, endMs, kind, levelDb: levelDb - (i % 7), voice });
      }
    }
  }

  async push(pcm: Float32Array): Promise<ActivityFrame[]> {
    this.#samples += pcm.length;
    const until = Math.max(this.#given, Math.floor(this.#samples / 160) - this.#lag);
    const frames = this.#frames.slice(this.#given, until);
    this.#given = until;
    return frames;
  }

  async flush(): Promise<ActivityFrame[]> {
    return this.#frames.slice(this.#given);
  }
}

async function plan(script: Stretch[], options: Options, cutSamples = 0, portion = 7_777) {
  const frames = script.reduce((sum, stretch) => sum + stretch.frames, 0);
  const total = Math.max(0, frames * 160 - cutSamples);
  const pcm = Float32Array.from({ length: total }, (_, i) => ((i * 7919) % 65536) / 32768 - 1);
  const planner = new WindowPlanner({ ...options, detector: new ScriptedDetector(script, total, 110) });
  const windows: PlannedWindow[] = [];
  const activity: ActivitySpan[] = [];
  for (let at = 0; at < total; at += portion) {
    windows.push(...(await planner.push(pcm.subarray(at, at + portion))));
    activity.push(...planner.takeActivity());
  }
  windows.push(...(await planner.flush()));
  activity.push(...planner.takeActivity());
  return { windows, activity, pcm, totalMs: samplesToMs(total) };
}

const speech = (frames: number, levelDb = -20): Stretch => ({ frames, kind: "speech", levelDb, voice: 0.9 });
const silence = (frames: number): Stretch => ({ frames, kind: "silence", levelDb: -70, voice: 0 });
const other = (frames: number, voice: number, levelDb = -30): Stretch => ({ frames, kind: "other", levelDb, voice });
const times = (windows: PlannedWindow[]) => windows.map(({ startMs, endMs }) => [startMs, endMs]);

describe("WindowPlanner", () => {
  const stretch = fc.record({
    frames: fc.integer({ min: 1, max: 400 }),
    kind: fc.constantFrom<ActivityKind>("speech", "silence", "other"),
    levelDb: fc.integer({ min: -90, max: 0 }),
    voice: fc.constantFrom(0, minVoice, 0.16, 0.4, 1),
  });
  const options = fc.record({
    windowMs: fc.integer({ min: 1000, max: 10_000 }),
    minSilenceMs: fc.integer({ min: 0, max: 500 }),
    padMs: fc.integer({ min: 0, max: 250 }),
    maxSilenceInsideMs: fc.integer({ min: 0, max: 12_000 }),
  });

  it("holds all voice in ordered windows of bounded length, and partitions the recording", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(stretch, { maxLength: 12 }),
        options,
        fc.integer({ min: 0, max: 159 }),
        async (script, chosen, cut) => {
          const { windows, activity, pcm, totalMs } = await plan(script, chosen, cut);
          const frames = await new ScriptedDetector(script, pcm.length, 0).flush();
          const framesOf = ({ startMs, endMs }: { startMs: number; endMs: number }) =>
            frames.slice(startMs / 10, Math.ceil(endMs / 10));
          let previousEnd = 0;
          windows.forEach((window, index) => {
            const { startMs, endMs, speech } = window;
            expect({ index: window.index, bytes: window.pcm.length }).toEqual({ index, bytes: 32 * (endMs - startMs) });
            expect(startMs >= previousEnd && endMs > startMs && endMs - startMs <= chosen.windowMs).toBe(true);
            expect(speech.every(([from, to]) => from >= startMs && to <= endMs && from < to)).toBe(true);
            expect(window.voice).toBe(Math.max(...framesOf(window).map(({ voice }) => voice)));
            expect(window.voice > minVoice || speech.length > 0).toBe(true);
            const real = bytesFromPcm(pcm.subarray(msToSamples(startMs), msToSamples(endMs)));
            expect(Buffer.compare(window.pcm.subarray(0, real.length), real)).toBe(0);
            previousEnd = window.endMs;
          });
          let at = 0;
          for (const span of activity) {
            expect(span.startMs).toBe(at);
            at = span.endMs;
            if (span.kind === "silence") continue;
            for (const { startMs, endMs, kind, voice } of framesOf(span)) {
              if (kind === "other" && voice <= minVoice) continue;
              expect(windows.some((window) => window.startMs <= startMs && window.endMs >= endMs)).toBe(true);
            }
          }
          expect(at).toBe(totalMs);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("leaves long silences out and keeps a margin", async () => {
    const { windows } = await plan([silence(300), speech(100), silence(500), speech(50), silence(20)], {
      windowMs: 30_000,
    });
    expect(times(windows)).toEqual([
      [2900, 4100],
      [8900, 9600],
    ]);
    expect(windows[0]!.speech).toEqual([[3000, 4000]]);
  });

  it("cuts a full window in the longest silence of its second half", async () => {
    const script = [speech(400), silence(60), speech(200), silence(30), speech(150), silence(50), speech(400)];
    const { windows } = await plan(script, { windowMs: 10_000 });
    expect(times(windows)).toEqual([
      [0, 8500],
      [8800, 12_900],
    ]);
  });

  it("goes back to the first half when the second has no silence", async () => {
    const { windows } = await plan([speech(300), silence(40), speech(900)], { windowMs: 10_000 });
    expect(times(windows).slice(0, 2)).toEqual([
      [0, 3100],
      [3300, expect.any(Number)],
    ]);
  });

  it("cuts speech without a pause at its quietest 20 ms near the end", async () => {
    const { windows } = await plan([speech(900), speech(2, -60), speech(598)], { windowMs: 10_000 });
    expect(times(windows)).toEqual([
      [0, 9010],
      [9010, 15_000],
    ]);
  });

  it("cuts sound that never stops in its longest stretch without speech, and loses none of it", async () => {
    const script = [speech(500), other(60, 0.01), speech(200), other(30, 0.01), other(2, 0.01, -50), speech(600)];
    const { windows } = await plan(script, { windowMs: 10_000 });
    expect(windows).toHaveLength(2);
    const cutMs = windows[0]!.endMs;
    expect(cutMs).toBeGreaterThanOrEqual(5000);
    expect(cutMs).toBeLessThanOrEqual(5600);
    expect(times(windows)).toEqual([
      [0, cutMs],
      [cutMs, 13_920],
    ]);
  });

  it("leaves out windows in which nothing is a voice, and says how much of one the others have", async () => {
    const script = [other(1500, 0.15), silence(400), other(300, 0.16), silence(400), speech(100), silence(400)];
    const { windows, activity } = await plan(script, { windowMs: 10_000 });
    expect(windows.map(({ index, startMs, endMs, voice }) => ({ index, startMs, endMs, voice }))).toEqual([
      { index: 0, startMs: 18_900, endMs: 22_100, voice: 0.16 },
      { index: 1, startMs: 25_900, endMs: 27_100, voice: 0.9 },
    ]);
    expect(activity[0]).toEqual({ startMs: 0, endMs: 15_000, kind: "other" });
  });

  it("keeps a window of speech whatever the voice in it: the end of what reaches over a cut", async () => {
    const end = { ...speech(50), voice: 0.1 };
    const { windows } = await plan([silence(100), end, silence(100)], { windowMs: 10_000 });
    expect(windows.map(({ speech }) => speech)).toEqual([[[1000, 1500]]]);
  });

  it("has nothing to say about silence or about nothing", async () => {
    expect(await plan([silence(1000)], { windowMs: 10_000 })).toMatchObject({
      windows: [],
      activity: [{ startMs: 0, endMs: 10_000, kind: "silence" }],
    });
    expect(await plan([], { windowMs: 10_000 })).toMatchObject({ windows: [], activity: [] });
  });

  it("refuses windows without room", () => {
    const detector = new ScriptedDetector([], 0, 0);
    expect(() => new WindowPlanner({ detector, windowMs: 500, padMs: 250 })).toThrow(RangeError);
  });
});
