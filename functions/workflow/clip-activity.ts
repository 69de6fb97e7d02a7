import type { z } from "zod";
import { type ActivitySpan, joinSpans, type PlannedWindow, WindowPlanner } from "../../layers/audio/index.ts";
import { environmentValue } from "../../layers/core/index.ts";
import { processBudget } from "../../layers/inference/index.ts";
import { openSilero, VoiceActivityDetector } from "../../layers/voice-activity/index.ts";
import type { ClipPlanInput, clipPlanOutputSchema } from "../../layers/workflow/index.ts";

/** What voice activity hears in a clip. */
export async function hearActivity(pcm: Float32Array): Promise<ActivitySpan[]> {
  await using silero = await openSilero(environmentValue("ACTIVITY_MODEL_PATH"), processBudget());
  const detector = new VoiceActivityDetector(silero);
  return joinSpans([...(await detector.push(pcm)), ...(await detector.flush())]);
}

/** The stretches of speech, as windows have them. */
export const speechOf = (activity: readonly ActivitySpan[]): PlannedWindow["speech"] =>
  activity.filter(({ kind }) => kind === "speech").map(({ startMs, endMs }) => [startMs, endMs]);

/** Cuts a clip as split cuts a file: a clip has one transcript, whichever way it takes. */
export async function planClip(
  pcm: Float32Array,
  { windowMs }: Pick<ClipPlanInput["clipPlan"], "windowMs">,
): Promise<z.output<typeof clipPlanOutputSchema>> {
  await using silero = await openSilero(environmentValue("ACTIVITY_MODEL_PATH"), processBudget());
  const detector = new VoiceActivityDetector(silero);
  const planner = new WindowPlanner({ detector, windowMs, maxSilenceInsideMs: windowMs / 10 });
  const windows = [...(await planner.push(pcm)), ...(await planner.flush())];
  return { activity: planner.takeActivity(), windows: windows.map(({ pcm: _, ...window }) => window) };
}
