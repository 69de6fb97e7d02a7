import { z } from "zod";
import type { ActivitySpan } from "../audio/index.ts";
import {
  benchmarkSchema,
  benchmarkSentence,
  operatingPointNames,
  operatingPointSchema,
  type VoiceCard,
} from "./card.ts";
import { Judge, type JudgeOptions, verdicts } from "./judge.ts";
import { packSpeech } from "./packing.ts";
import { type VoiceWindowScore, windowScoreSchema } from "./score-windows.ts";
import { judgeSegments, segmentVoiceSchema, type TranscriptSegment } from "./segments.ts";
import type { StopReason } from "./sequential.ts";
import { buildTimeline, timelineSpanSchema } from "./timeline.ts";
import { doubtSchema, fileVerdict } from "./verdict.ts";

const milliseconds = z.int().nonnegative();
const probability = z.number().min(0).max(1);

/** Which model judged, and what that is worth. */
export const reportModelSchema = z.object({
  id: z.string().min(1),
  revision: z.string(),
  /** Of the checkpoint. */
  sha256: z.string(),
  precision: z.string(),
  licence: z.string(),
  /** True when a demo model made this: it is not to be taken for a real verdict. */
  demo: z.boolean(),
  benchmark: benchmarkSchema.nullable(),
  /** The benchmark and the model's limits as sentences, to be shown beside every verdict. */
  notes: z.array(z.string().min(1)),
});

/** What a built model's manifest says of it, as it travels in a function's environment. */
export const voiceIdentitySchema = reportModelSchema.pick({ id: true, revision: true, sha256: true, precision: true });
export type VoiceIdentity = z.infer<typeof voiceIdentitySchema>;

/** `voice.json`: whether the voices of a recording are human or synthetic, and what that rests on. */
export const voiceReportSchema = z.object({
  format: z.literal(1),
  model: reportModelSchema,
  operatingPoint: operatingPointSchema.extend({
    name: z.enum(operatingPointNames),
    /** Whether evidence counts only as far as the model's measured error rates support it. */
    limitedToBenchmark: z.boolean(),
    /** The verdicts that this model can give at this point at all. */
    possible: z.array(z.enum(verdicts)),
  }),
  verdict: z.enum(verdicts),
  /** Why the verdict is `uncertain`; empty otherwise. */
  reasons: z.array(doubtSchema),
  /** Probability of spoof for equal priors; null where nothing was judged. */
  score: probability.nullable(),
  /** The same as a natural log-likelihood ratio, and before it was limited to what the benchmark supports. */
  llr: z.number().nullable(),
  unlimitedLlr: z.number().nullable(),
  calibrated: z.boolean(),
  speechMs: milliseconds,
  judgedSpeechMs: milliseconds,
  /** `judgedSpeechMs / speechMs`; 0 where there is no speech. */
  judgedShare: probability,
  /** Why judging ended before the speech did, where it did. */
  stopped: z.enum(["settled", "budget"]).optional(),
  timeline: z.array(timelineSpanSchema),
  segments: z.array(segmentVoiceSchema),
  windows: z.array(windowScoreSchema),
});

export type VoiceReport = z.infer<typeof voiceReportSchema>;

/** What a built model's manifest says of it. */
export type JudgedBy = { revision: string; sha256: string; precision: string };

export type VoiceReportInput = {
  card: VoiceCard;
  model: JudgedBy;
  /** Voice activity of the whole recording. */
  activity: Iterable<ActivitySpan>;
  /** From one call of `scoreVoiceWindows`, or joined by `joinScores` from many. */
  scores: readonly VoiceWindowScore[];
  stopped?: StopReason;
  /** The transcript's, where there is one. */
  segments?: readonly TranscriptSegment[];
} & JudgeOptions;

/** Everything there is to say about the voices of one recording. Pure: equal input gives an equal report. */
export function buildVoiceReport(input: VoiceReportInput): VoiceReport {
  const { card, model, activity, scores, stopped, segments = [] } = input;
  const judge = new Judge(card, input);
  const { speechMs, otherMs, silenceMs } = packSpeech(activity, { windowMs: card.windowMs });
  const judgedSpeechMs = scores.reduce((sum, { ownMs }) => sum + ownMs, 0);
  const evidence = { sound: { speechMs, otherMs, silenceMs }, scores, judgedSpeechMs, ...(stopped && { stopped }) };
  const { verdict, judgement, reasons } = fileVerdict(evidence, judge);
  const report: VoiceReport = {
    format: 1,
    model: {
      id: card.id,
      ...model,
      licence: card.licence,
      demo: card.demo,
      benchmark: card.benchmark,
      notes: [benchmarkSentence(card), ...card.limits],
    },
    operatingPoint: {
      name: judge.pointName,
      ...judge.point,
      limitedToBenchmark: judge.limited,
      possible: verdicts.filter((value) => value === "uncertain" || judge.canSay(value)),
    },
    verdict,
    reasons,
    score: judgement?.score ?? null,
    llr: judgement?.llr ?? null,
    unlimitedLlr: judgement?.rawLlr ?? null,
    calibrated: card.calibration.kind !== "none",
    speechMs,
    judgedSpeechMs,
    judgedShare: speechMs === 0 ? 0 : Math.min(1, judgedSpeechMs / speechMs),
    ...(stopped && { stopped }),
    timeline: buildTimeline(scores, judge),
    segments: judgeSegments(segments, scores, judge),
    windows: [...scores],
  };
  return rounded(report);
}

/**
 * Scores of several slices of one recording as those of the whole.
 * @param slices in order of time; their times are on the recording's clock
 */
export function joinScores(slices: Iterable<readonly VoiceWindowScore[]>): VoiceWindowScore[] {
  const scores: VoiceWindowScore[] = [];
  for (const slice of slices) for (const score of slice) scores.push({ ...score, index: scores.length });
  return scores;
}

/** Figures beyond the sixth decimal are noise of the arithmetic and not evidence. */
function rounded<T>(value: T): T {
  if (typeof value === "number") return (Number.isInteger(value) ? value : Math.round(value * 1e6) / 1e6) as T;
  if (Array.isArray(value)) return value.map(rounded) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inside]) => [key, rounded(inside)])) as T;
}
