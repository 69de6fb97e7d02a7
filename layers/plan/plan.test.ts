import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { requireModelFit } from "../inference/index.ts";
import { type Arrival, type PlanChoices, parseDuration, planFleet, planJob, type System, simulate } from "./index.ts";
import { dayOfArrivals, fileLengths } from "./simulate/index.ts";

const choices: PlanChoices = {
  model: "whisper-tiny",
  precision: "int8",
  voiceModel: undefined,
  tasks: ["transcribe"],
  mode: "parallel",
  memoryMB: 512,
};
const most = Number.POSITIVE_INFINITY;
const endless = { perSecond: 1e12, bucket: 1e12 };

/** Where nothing but `infer` takes time, and nothing runs short. */
const idealised = (windowMs: number, atOnce: number, changes: Partial<System> = {}): System => ({
  cost: (name) => ({ ms: name === "infer" ? windowMs : 0, coldMs: 0, reads: 0, writes: 0 }),
  concurrency: (name) => (name === "infer" ? atOnce : most),
  maxConcurrency: atOnce,
  ...{ accountConcurrency: most, scalingPerTenSeconds: 1e12, idleMs: most, transitionMs: 0, startMs: 0, pollMs: 1_000 },
  ...{ starts: endless, transitions: endless, openMapRuns: most, openExecutions: most, api: endless },
  s3: { readsPerSecond: 1e12, writesPerSecond: 1e12 },
  ...changes,
});
const file = (atMs: number, windows: number): Arrival => ({ atMs, windows, durationMs: windows * 30_000 });

describe("durations", () => {
  it.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["3:00:00", 10_800_000],
    ["12:30", 750_000],
    ["0.5h", 1_800_000],
    ["talk.mp4", undefined],
    ["", undefined],
    ["0s", undefined],
  ])("reads %j", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });
});

describe("the simulation", () => {
  it("takes as long as the windows take, so many at once", () => {
    expect(simulate([file(0, 10)], idealised(1_000, 1)).latenciesMs).toEqual([10_000]);
    expect(simulate([file(0, 10)], idealised(1_000, 2)).latenciesMs).toEqual([5_000]);
    expect(simulate([file(0, 10)], idealised(1_000, 4)).latenciesMs).toEqual([3_000]);
  });

  it("makes the second of two jobs wait where they share a place", () => {
    const { latenciesMs, usages } = simulate([file(0, 4), file(0, 4)], idealised(1_000, 1));
    expect(Math.max(...latenciesMs)).toBe(8_000);
    expect(usages.find(({ name }) => name.includes("infer at once"))).toMatchObject({
      limit: 1,
      utilisation: 1,
      peak: 1,
    });
  });

  it("pays a cold start once, and again after the environment has been let go", () => {
    const cold = (idleMs: number) =>
      simulate([file(0, 1), file(60_000, 1)], {
        ...idealised(1_000, 1, { idleMs }),
        cost: (name) => ({ ms: 0, coldMs: name === "infer" ? 700 : 0, reads: 0, writes: 0 }),
      }).latenciesMs;
    expect(cold(90_000)).toEqual([700, 0]);
    expect(cold(30_000)).toEqual([700, 700]);
  });

  it("holds back what comes faster than a bucket gives", () => {
    const arrivals = Array.from({ length: 30 }, () => file(0, 0));
    const { latenciesMs } = simulate(arrivals, idealised(0, 1, { starts: { perSecond: 10, bucket: 10 } }));
    expect(latenciesMs.filter((ms) => ms === 0)).toHaveLength(10);
    expect(Math.max(...latenciesMs)).toBeCloseTo(2_000);
  });

  it("loses no job, keeps to every limit, and is never quicker than its work", () => {
    const jobs = fc.array(fc.record({ atMs: fc.nat(60_000), windows: fc.nat(12) }), { minLength: 1, maxLength: 25 });
    fc.assert(
      fc.property(jobs, fc.integer({ min: 1, max: 6 }), (list, atOnce) => {
        const arrivals = list.map(({ atMs, windows }) => file(atMs, windows)).sort((a, b) => a.atMs - b.atMs);
        const { latenciesMs, usages, calls } = simulate(arrivals, idealised(500, atOnce));
        for (const [index, { windows }] of arrivals.entries())
          expect(latenciesMs[index]).toBeGreaterThanOrEqual(Math.ceil(windows / atOnce) * 500 - 1e-6);
        for (const usage of usages)
          if (!usage.name.includes("new env")) expect(usage.utilisation).toBeLessThanOrEqual(1);
        expect(calls.infer?.calls ?? 0).toBe(arrivals.reduce((sum, { windows }) => sum + windows, 0));
        expect(calls.merge?.calls).toBe(arrivals.length);
      }),
    );
  });

  it("gives a day of about the hours that were asked for, the same for the same seed", () => {
    const day = dayOfArrivals(100, "diurnal", 7);
    expect(dayOfArrivals(100, "diurnal", 7)).toEqual(day);
    expect(dayOfArrivals(100, "diurnal", 8)).not.toEqual(day);
    const hours = day.reduce((sum, { durationMs }) => sum + durationMs, 0) / 3_600_000;
    expect(hours).toBeGreaterThanOrEqual(100);
    expect(hours).toBeLessThan(100 + fileLengths.mostMs / 3_600_000);
    const afternoon = day.filter(({ atMs }) => Math.abs(atMs / 3_600_000 - 15) < 3).length;
    const night = day.filter(({ atMs }) => atMs / 3_600_000 < 6).length;
    expect(afternoon).toBeGreaterThan(2 * night);
  });
});

describe("plans", () => {
  it("are quicker with more windows at once, and never cheaper than nothing", () => {
    const { wallTimes, tiers, windows } = planJob(3_600_000, choices, "arm64");
    expect(windows).toBeGreaterThan(100);
    for (const [index, { ms }] of wallTimes.entries()) if (index > 0) expect(ms).toBeLessThan(wallTimes[index - 1]!.ms);
    for (const { dollarsPerAudioHour } of tiers) {
      expect(dollarsPerAudioHour).toBeGreaterThan(0.001);
      expect(dollarsPerAudioHour).toBeLessThan(0.36);
    }
  });

  it("refuse what does not fit, and say what would", () => {
    const large = { ...choices, model: "whisper-small" };
    expect(() => planJob(60_000, large, "arm64")).toThrow(
      expect.objectContaining({ code: "memory.plan_does_not_fit", message: expect.stringContaining("--memory 1024") }),
    );
    const { tiers } = planJob(60_000, { ...large, memoryMB: 2048 }, "arm64");
    expect(tiers.map(({ dollarsPerAudioHour }) => dollarsPerAudioHour === null)).toEqual([true, false, false]);
  });

  it.each(
    ["whisper-tiny", "whisper-base"].flatMap((model) =>
      [128, 256, 352, 512, 1024].map((memoryMB) => ({ model, memoryMB })),
    ),
  )("let $model into $memoryMB MB where infer's own budget does", ({ model, memoryMB }) => {
    for (const precision of ["int8", "fp32"] as const) {
      const refusal = (check: () => unknown) => {
        try {
          check();
        } catch (error) {
          return (error as { code?: string }).code;
        }
        return undefined;
      };
      const planned = refusal(() => planJob(60_000, { ...choices, model, precision, memoryMB }, "arm64"));
      expect(planned, precision).toBe(refusal(() => requireModelFit({ id: model, precision }, memoryMB)));
    }
  });

  it("name what runs short first, and the latency that goes away with it", () => {
    const options = { hoursPerDay: 400, pattern: "diurnal", seed: 1, architecture: "arm64" } as const;
    const crowded = planFleet({ ...options, maxConcurrency: 1 }, choices);
    expect(crowded.bottleneck?.name).toContain("infer at once");
    expect(crowded.bottleneck?.causesMs.p95).toBeGreaterThan(60_000);
    expect(planFleet({ ...options, hoursPerDay: 2, maxConcurrency: 50 }, choices).bottleneck).toBeUndefined();
  });

  it("count the jobs that a crowd before them lets fail", () => {
    const options = { hoursPerDay: 2000, pattern: "diurnal", seed: 1, architecture: "arm64" } as const;
    const crowded = planFleet({ ...options, maxConcurrency: 1 }, choices);
    expect(crowded.latencyMs.p99).toBeGreaterThan(36 * 3_600_000);
    expect(crowded.overdue).toBeGreaterThan(0.01 * crowded.files);
    expect(planFleet({ ...options, maxConcurrency: 20 }, choices).overdue).toBe(0);
  });
});
