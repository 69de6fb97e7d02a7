import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { voiceCard } from "./cards.ts";
import { type JudgeVoiceInput, judgeVoice } from "./judge-recording.ts";
import { packSpeech } from "./packing.ts";
import { buildVoiceReport, joinScores, type VoiceReport, voiceReportSchema } from "./report.ts";
import { scoreVoiceWindows } from "./score-windows.ts";
import { builtModel, goodCard, type Part, recording, scriptedScorer } from "./scripted-scorer.fixture.ts";

type Options = Partial<JudgeVoiceInput>;

async function reportOn(parts: readonly Part[], options: Options = {}): Promise<VoiceReport> {
  const { activity, read } = recording(parts);
  const defaults = { card: goodCard, model: builtModel, scorer: scriptedScorer() };
  return voiceReportSchema.parse(await judgeVoice({ activity, read, ...defaults, ...options }));
}

const human = (ms: number): Part => ({ kind: "human", ms });
const synthetic = (ms: number): Part => ({ kind: "synthetic", ms });
const silence = (ms: number): Part => ({ kind: "silence", ms });
const codes = ({ reasons }: VoiceReport) => reasons.map(({ code }) => code);

describe("the verdict on a file", () => {
  it("says human or synthetic where all windows agree", async () => {
    expect(await reportOn([human(20_000)])).toMatchObject({ verdict: "bona_fide", reasons: [] });
    const report = await reportOn([silence(500), synthetic(20_000)]);
    expect(report).toMatchObject({
      verdict: "spoof",
      reasons: [],
      speechMs: 20_000,
      judgedSpeechMs: 20_000,
      judgedShare: 1,
    });
    expect(report.score).toBeGreaterThan(0.9);
  });

  it.each<[string, Part[], string]>([
    ["an empty file", [], "no_audio"],
    ["silence", [silence(30_000)], "silence"],
    ["music", [silence(1000), { kind: "music", ms: 60_000 }], "no_speech"],
    ["0.3 s of speech", [silence(1000), synthetic(300), silence(1000)], "too_little_speech"],
  ])("is uncertain for %s, with the reason, and the model is not asked", async (_, parts, code) => {
    const scorer = scriptedScorer();
    const report = await reportOn(parts, { scorer });
    expect(report).toMatchObject({ verdict: "uncertain", score: null, timeline: [], windows: [], judgedShare: 0 });
    expect(codes(report)).toEqual([code]);
    expect(scorer.heardSamples).toEqual([]);
  });

  it("is uncertain where the parts are of two kinds", async () => {
    const report = await reportOn([human(20_000), synthetic(12_000)]);
    expect(report.verdict).toBe("uncertain");
    expect(codes(report)).toContain("scores_disagree");
  });

  it("is uncertain where the score is in the middle", async () => {
    const report = await reportOn([synthetic(20_000)], { scorer: scriptedScorer(0.55) });
    expect(report.verdict).toBe("uncertain");
    expect(codes(report)).toEqual(["score_between_thresholds"]);
  });

  it("is uncertain where most of the speech was not judged without a reason", async () => {
    const { activity, read } = recording([synthetic(40_000)]);
    const windows = packSpeech(activity, { windowMs: 4000 }).windows.slice(0, 3);
    const { scores } = await scoreVoiceWindows({ windows, read, scorer: scriptedScorer(), card: goodCard });
    const report = buildVoiceReport({ card: goodCard, model: builtModel, activity, scores });
    expect(codes(report)).toEqual(["too_little_judged"]);
    expect(codes(buildVoiceReport({ card: goodCard, model: builtModel, activity, scores: [] }))).toEqual([
      "nothing_judged",
    ]);
  });

  it("is uncertain by a detector that is near chance, however sure its scores are", async () => {
    const report = await reportOn([synthetic(40_000)], {
      card: voiceCard("ast-asvspoof5"),
      scorer: scriptedScorer(0.9999),
    });
    expect(report.verdict).toBe("uncertain");
    expect(codes(report)).toEqual(["detector_too_weak"]);
    expect(report.reasons[0]?.message).toContain("1.2 : 1");
    expect(report.score).toBeLessThan(0.55);
    expect(report.operatingPoint.possible).toEqual(["uncertain"]);
  });

  it("takes such a detector at its word where that is asked for, and says so", async () => {
    const options = { card: voiceCard("ast-asvspoof5"), limitToBenchmark: false };
    const report = await reportOn([synthetic(40_000)], options);
    expect(report).toMatchObject({ verdict: "spoof", operatingPoint: { limitedToBenchmark: false } });
    expect(report.model.notes[0]).toContain("calls 69% of human voices synthetic");
  });

  it("is uncertain by a detector of which nothing is known", async () => {
    const report = await reportOn([synthetic(20_000)], { card: { ...goodCard, benchmark: null } });
    expect(codes(report)).toEqual(["detector_too_weak"]);
    expect(report.score).toBe(0.5);
  });

  it("by the demo model never clears a voice, and says that it is a demo", async () => {
    for (const operatingPoint of ["recall", "balanced", "precision"] as const) {
      const card = voiceCard("demo-ast");
      const report = await reportOn([human(40_000)], { card, scorer: scriptedScorer(0.9999), operatingPoint });
      expect(report).toMatchObject({ verdict: "uncertain", model: { demo: true } });
      expect(codes(report)).toEqual(["demo_model"]);
      expect(report.model.notes.join(" ")).toContain("demonstration model");
    }
  });

  it("needs as many windows as the card asks for", async () => {
    const report = await reportOn([synthetic(4000)], { card: voiceCard("demo-ast"), operatingPoint: "recall" });
    expect(codes(report)).toEqual(["too_few_windows"]);
  });

  it("accuses soonest at the recall point and latest at the precision point", async () => {
    const verdictAt = async (sure: number, operatingPoint: "recall" | "balanced" | "precision") =>
      (await reportOn([synthetic(4000)], { scorer: scriptedScorer(sure), operatingPoint })).verdict;
    expect(await verdictAt(0.65, "recall")).toBe("spoof");
    expect(await verdictAt(0.65, "balanced")).toBe("uncertain");
    expect(await verdictAt(0.8, "balanced")).toBe("spoof");
    expect(await verdictAt(0.8, "precision")).toBe("uncertain");
    expect(await verdictAt(0.93, "precision")).toBe("spoof");
  });
});

describe("the timeline", () => {
  it.each([
    [4000, "xlsr-pellav2"],
    [5120, "demo-ast"],
    [10_240, "ast-voxcelebspoof"],
  ])(
    "of alternating human and synthetic speech has its boundaries within one window of %i ms of the truth (%s)",
    async (windowMs, id) => {
      const parts = [
        ...[human(31_000), silence(1300), synthetic(27_700), human(29_900), silence(800)],
        ...[synthetic(41_000), silence(2100), human(33_000)],
      ];
      const { changesMs } = recording(parts);
      const { timeline } = await reportOn(parts, { card: voiceCard(id) });
      expect(timeline.map(({ leaning }) => leaning)).toEqual(["bona_fide", "spoof", "bona_fide", "spoof", "bona_fide"]);
      for (const [i, changeMs] of changesMs.entries()) {
        expect(Math.abs(timeline[i]!.endMs - changeMs)).toBeLessThanOrEqual(windowMs);
        expect(Math.abs(timeline[i + 1]!.startMs - changeMs)).toBeLessThanOrEqual(windowMs);
      }
    },
  );

  it("gets finer with a shorter hop", async () => {
    const { timeline } = await reportOn([human(30_000), synthetic(30_000)], { hopMs: 1000 });
    expect(Math.abs(timeline[0]!.endMs - 30_000)).toBeLessThanOrEqual(1500);
  });

  it("is in order, without overlap, and holds the judged speech (any alternation)", async () => {
    const part = fc.record({
      kind: fc.constantFrom<Part["kind"]>("human", "synthetic", "silence", "music"),
      ms: fc.integer({ min: 100, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const { timeline, judgedSpeechMs, speechMs, verdict, reasons } = await reportOn(parts);
        for (const [i, span] of timeline.entries()) {
          expect(span.endMs).toBeGreaterThan(span.startMs);
          if (i > 0) expect(span.startMs).toBeGreaterThanOrEqual(timeline[i - 1]!.endMs);
          expect(["uncertain", span.leaning]).toContain(span.verdict);
        }
        expect(timeline.reduce((sum, { judgedMs }) => sum + judgedMs, 0)).toBe(judgedSpeechMs);
        expect(judgedSpeechMs).toBeLessThanOrEqual(speechMs);
        expect(verdict === "uncertain").toBe(reasons.length > 0);
      }),
      { numRuns: 25 },
    );
  });
});

describe("segments", () => {
  it("are judged by the windows that hold their speech", async () => {
    const segments = [
      { id: 0, startMs: 500, endMs: 3000 },
      { id: 1, startMs: 3000, endMs: 19_000 },
      { id: 2, startMs: 20_000, endMs: 24_000 },
      { id: 3, startMs: 29_000, endMs: 33_000 },
      { id: 4, startMs: 50_000, endMs: 51_000 },
    ];
    const report = await reportOn([human(20_000), silence(10_000), synthetic(20_000)], { segments });
    expect(report.segments.map(({ id, verdict, judgedMs }) => [id, verdict, judgedMs])).toEqual([
      [0, "bona_fide", 2500],
      [1, "bona_fide", 16_000],
      [2, "uncertain", 0],
      [3, "spoof", 3000],
      [4, "uncertain", 0],
    ]);
    expect(report.segments[2]?.score).toBeNull();
  });
});

describe("a budget", () => {
  it("stops when the posterior is settled and reports what share was judged", async () => {
    const scorer = scriptedScorer();
    const report = await reportOn([synthetic(400_000)], { scorer, budget: { errorRate: 0.01 } });
    expect(report).toMatchObject({ verdict: "spoof", stopped: "settled" });
    expect(scorer.heardSamples.length).toBeLessThan(10);
    expect(report.judgedShare).toBeCloseTo(report.judgedSpeechMs / 400_000, 6);
    expect(report.judgedShare).toBeLessThan(0.1);
  });

  it("does not settle on half of a file that changes in the middle", async () => {
    const report = await reportOn([human(100_000), synthetic(100_000)], { budget: { errorRate: 0.01 } });
    expect(report.stopped).toBeUndefined();
    expect(report.verdict).toBe("uncertain");
  });

  it("spends no more windows than allowed", async () => {
    const scorer = scriptedScorer();
    const report = await reportOn([synthetic(100_000)], { scorer, budget: { maxWindows: 3 } });
    expect(scorer.heardSamples).toEqual([64_000, 64_000, 64_000]);
    expect(report.stopped).toBe("budget");
  });
});

describe("reports", () => {
  it("are the same bytes for the same input", async () => {
    const parts = [human(13_333), silence(777), synthetic(21_111)];
    expect(JSON.stringify(await reportOn(parts))).toBe(JSON.stringify(await reportOn(parts)));
  });

  it("can be put together from slices of the recording", async () => {
    const { activity, read } = recording([synthetic(60_000)]);
    const slices = [];
    for (const startMs of [0, 30_000]) {
      const slice = [{ startMs, endMs: startMs + 30_000, kind: "speech" as const }];
      const { windows } = packSpeech(slice, { windowMs: goodCard.windowMs });
      slices.push((await scoreVoiceWindows({ windows, read, scorer: scriptedScorer(), card: goodCard })).scores);
    }
    const scores = joinScores(slices);
    expect(scores.map(({ index }) => index)).toEqual([...scores.keys()]);
    const report = buildVoiceReport({ card: goodCard, model: builtModel, activity, scores });
    expect(report).toMatchObject({ verdict: "spoof", judgedShare: 1 });
    expect(report.timeline).toHaveLength(1);
    expect(voiceReportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it.each([Number.NaN, -0.1, 1.5])("refuse %f as a probability", async (spoofProbability) => {
    const scorer = { score: async () => ({ spoofProbability }) };
    await expect(reportOn([human(8000)], { scorer })).rejects.toMatchObject({ code: "model.invalid" });
  });
});
