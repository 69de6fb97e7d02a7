import type { z } from "zod";
import { environmentValue, MediaError } from "../../layers/core/index.ts";
import { getJson, keys, putObject, readJsonLines } from "../../layers/storage/index.ts";
import type { ActivitySpan, FileVoice, Transcript } from "../../layers/transcript/index.ts";
import {
  asEvidence,
  buildVoiceReport,
  joinScores,
  settledAfter,
  spreadOrder,
  type VoiceReport,
  type VoiceWindowScore,
  voiceCard,
  voiceIdentitySchema,
} from "../../layers/voice/index.ts";
import { type MergeOutput, type mergeInputSchema, plannedWindowSchema } from "../../layers/workflow/index.ts";
import { failedWindows } from "./results.ts";
import type { VoiceResults } from "./voice-results.ts";

type Input = z.output<typeof mergeInputSchema>;
type Failure = Extract<MergeOutput, { status: "failed" }>["failure"];

/** What stands in the way of a whole answer: windows that failed, or all of them. */
export type VoiceGaps = { incomplete: boolean; nothing?: Failure };

/**
 * Joins what the windows say about the voices to one report, writes it as voice.json, and adds its verdicts to the transcript.
 * @param voices what was gathered while the text was read; without text nothing was, and it is read here
 */
export async function addVoice(
  bucket: string,
  input: Input,
  { voices, transcript, activity }: { voices: VoiceResults; transcript: Transcript; activity: readonly ActivitySpan[] },
): Promise<VoiceGaps> {
  const { job, split } = input;
  const failures = await failedWindows(bucket, input.mapManifestKey);
  if (split.work.recognition !== "windows") {
    const [first] = failures.values();
    // Text that the loop or the sender has brought is a result without any voices.
    const alone = split.work.recognition === "none" && !job.options.transcript;
    if (alone && first && failures.size === split.windows) {
      const { error, cause } = first;
      return { incomplete: true, nothing: { step: "infer", error, cause } };
    }
    await readVoices(bucket, input, { voices, failed: failures });
  }
  const identity = voiceIdentitySchema.parse(JSON.parse(environmentValue("VOICE_MODEL_CARD")));
  const { id, ...model } = identity;
  const card = voiceCard(id);
  const judged = await judgedParts(voices, split.windows, job.options.voiceBudget, card.windowCorrelation);
  const report = buildVoiceReport({
    ...{ card, model, activity, segments: transcript.segments },
    scores: joinScores(judged.parts),
    ...(judged.settled && { stopped: "settled" as const }),
    ...(job.options.operatingPoint && { operatingPoint: job.options.operatingPoint }),
  });
  transcript.voice = voiceOf(report);
  for (const [i, segment] of transcript.segments.entries()) {
    const { verdict, score } = report.segments[i] ?? { verdict: "uncertain" as const, score: null };
    segment.voice = { verdict, score };
  }
  const lost = failures.size + voices.damaged;
  if (lost > 0) transcript.warnings.push(`The voices of ${lost} of ${split.windows} windows could not be judged.`);
  await putObject(bucket, keys.voice(job), `${JSON.stringify(report, null, 1)}\n`, "application/json");
  return { incomplete: lost > 0 };
}

/** Results of windows that hold nothing but what was heard of the voices. */
async function readVoices(
  bucket: string,
  { split, workPrefix }: Input,
  { voices, failed }: { voices: VoiceResults; failed: ReadonlyMap<number, unknown> },
): Promise<void> {
  if (split.windows === 0) return;
  for await (const line of readJsonLines(bucket, split.planKey)) {
    const { index } = plannedWindowSchema.parse(line);
    if (failed.has(index)) continue;
    const found = await getJson(bucket, keys.result(workPrefix, index));
    if (!found) {
      throw new MediaError(
        "transcript.incomplete",
        `Window ${index} has neither a result nor a reason for not having one. Send the file again.`,
      );
    }
    voices.add(index, found.value);
  }
}

/**
 * The scores of the windows that count, in order of time. Where judging could stop early, windows after the stop do not count even if somebody
 * had begun with them: which ones had depends on who was quicker.
 */
async function judgedParts(
  voices: VoiceResults,
  windows: number,
  errorRate: number | undefined,
  correlation: number,
): Promise<{ parts: (readonly VoiceWindowScore[])[]; settled: boolean }> {
  const inTime = Array.from({ length: windows }, (_, index) => index);
  const scoresOf = (indices: readonly number[]) => indices.map((index) => voices.get(index)?.scores ?? []);
  if (errorRate === undefined) return { parts: scoresOf(inTime), settled: false };
  const order = spreadOrder(windows);
  const evidence = order.map((index) => {
    const voice = voices.get(index);
    return voice && !voice.skipped ? voice.scores.map(asEvidence) : undefined;
  });
  const count = await settledAfter(evidence, { errorRate }, correlation);
  if (count === undefined) return { parts: scoresOf(inTime), settled: false };
  return { parts: scoresOf(order.slice(0, count).sort((a, b) => a - b)), settled: count < windows };
}

function voiceOf(report: VoiceReport): FileVoice {
  const { verdict, reasons, score, judgedShare, operatingPoint } = report;
  const { id, revision, sha256, precision, demo, benchmark, notes } = report.model;
  return {
    ...{ verdict, reasons, score, operatingPoint: operatingPoint.name, judgedShare },
    model: { id, revision, sha256, precision, demo, benchmark, notes },
    timeline: report.timeline.map(({ startMs, endMs, verdict, leaning, score }) => {
      return { startMs, endMs, verdict, leaning, score };
    }),
  };
}
