import { environmentValue } from "../../layers/core/index.ts";
import { JsonLinesWriter, keys } from "../../layers/storage/index.ts";
import type { GivenTranscript } from "../../layers/transcript/index.ts";
import type { ExecutionInput, ProbeOutput, SplitOutput, WorkPlan } from "../../layers/workflow/index.ts";
import { readGiven } from "./given.ts";

/** A job of a transcript that comes without a file: nothing is heard, and what it says of its times is believed. */
export const isTranscriptAlone = (job: ExecutionInput) => job.key === keys.givenTranscript(job);

/** Fast speech, for text without times: what comes out is marked as estimated. */
const charactersPerSecond = 15;

/** What probe would say of a file. @throws MediaError `transcript.invalid` */
export async function probeTranscript(job: ExecutionInput): Promise<Omit<ProbeOutput, "tookMs">> {
  const durationMs = durationOf(await readGiven(job));
  return { container: "transcript", demuxer: "transcript", audioTrack: 0, subtitleTrack: null, durationMs, startMs: 0 };
}

function durationOf({ segments, untimed = [] }: GivenTranscript): number {
  if (segments.length > 0) return segments.reduce((latest, { endMs }) => Math.max(latest, endMs), 1);
  const characters = untimed.reduce((sum, line) => sum + line.length, 0);
  return Math.max(1000, Math.ceil((characters / charactersPerSecond) * 1000));
}

/** What split would leave of a file: no windows, and an account of the time in which text is speech. */
export async function splitTranscript(
  job: ExecutionInput,
  { workPrefix, work }: { workPrefix: string; work: WorkPlan },
): Promise<Omit<SplitOutput, "tookMs">> {
  const bucket = environmentValue("RESULTS_BUCKET");
  const given = await readGiven(job);
  const durationMs = durationOf(given);
  const activityKey = keys.activity(workPrefix);
  const planKey = keys.plan(workPrefix);
  const activity = new JsonLinesWriter(bucket, activityKey);
  let atMs = 0;
  const spans = given.segments.length > 0 ? given.segments : [{ startMs: 0, endMs: durationMs }];
  for (const { startMs, endMs } of spans) {
    const fromMs = Math.max(startMs, atMs);
    if (fromMs > atMs) await activity.write({ startMs: atMs, endMs: fromMs, kind: "silence" });
    if (endMs > fromMs) await activity.write({ startMs: fromMs, endMs, kind: "speech" });
    atMs = Math.max(atMs, fromMs, endMs);
  }
  if (durationMs > atMs) await activity.write({ startMs: atMs, endMs: durationMs, kind: "silence" });
  await activity.end();
  const plan = new JsonLinesWriter(bucket, planKey);
  await plan.end();
  const warnings = ["There is no audio: speech is where the transcript has text."];
  return { work, windows: 0, planKey, mapKey: planKey, activityKey, audio: null, durationMs, warnings };
}
