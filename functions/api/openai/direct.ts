import type { z } from "zod";
import { bytesPerSample, msToSamples } from "../../../layers/audio/index.ts";
import { environmentValue, MediaError, type Settings } from "../../../layers/core/index.ts";
import type { JobOptions } from "../../../layers/storage/index.ts";
import {
  assembleTranscript,
  type Transcript,
  transcriptSchema,
  type WindowResult,
} from "../../../layers/transcript/index.ts";
import { clipPlanOutputSchema, planWork, speechClipOutputSchema } from "../../../layers/workflow/index.ts";
import { decodeClip } from "../decode-clip.ts";
import { invokeInfer } from "../invoke-infer.ts";

/** What one request can wait for, with a small model at the smallest allocation. */
const longestDirectMs = 60_000;

/** A short clip, decoded and cut: what is left is to recognise its windows. */
export type OpenedClip = {
  durationMs: number;
  /** Recognises all windows, by infer; they come in order. The signal ends what is under way. */
  windows(signal: AbortSignal): AsyncGenerator<WindowResult, void>;
  /** The transcript, as merge makes it of all windows. */
  transcript(results: readonly WindowResult[]): Promise<Transcript>;
};

/**
 * Decodes a short clip, for a transcript without a job: nothing of it is stored. Undefined where the clip is too long for that.
 * @throws MediaError what decoding throws; `model.missing` where nothing is recognised on this host
 */
export async function openClip(
  audio: Buffer,
  options: JobOptions,
  settings: Settings,
): Promise<OpenedClip | undefined> {
  const work = planWork(options, settings);
  if (work.recognition !== "windows") {
    throw new MediaError(
      "model.missing",
      "Speech recognition is switched off on this host (DISABLE_WHISPER, SKIP_AI_MODELS or DISABLE_ASR_FALLBACK).",
    );
  }
  const windowMs = Number(environmentValue("MODEL_WINDOW_MS"));
  const longestMs = Math.min(longestDirectMs, settings.MAX_DURATION_MINUTES * 60_000);
  const clip = await decodeClip(audio, { longestMs }).catch((error) => {
    if (error instanceof MediaError && error.code === "media.too_long") return undefined;
    throw error;
  });
  if (!clip) return undefined;
  const { pcm, durationMs, startMs, warnings } = clip;
  const clipPlan = { pcm: pcm.toString("base64"), windowMs };
  const { windows, activity } = await invokeInfer({ clipPlan }, clipPlanOutputSchema);
  return {
    durationMs,
    windows: (signal) => inOrder(windows, (window, ended) => recognise(window, { pcm, options, work }, ended), signal),
    transcript: (results) =>
      assembleTranscript({
        windows: results,
        mode: work.mode,
        source: { durationMs, startMs },
        model: transcriptSchema.shape.model.parse(JSON.parse(environmentValue("MODEL_CARD"))),
        tasks: work.tasks,
        detectedLanguage: work.language,
        ...{ activity, warnings },
      }),
  };
}

/** All of it at once. @throws as infer does */
export async function transcriptOfClip(clip: OpenedClip, signal: AbortSignal): Promise<Transcript> {
  return clip.transcript(await Array.fromAsync(clip.windows(signal)));
}

/** A clip's windows under way at once. Calls that are made together arrive in any order: were it all, the first could be the last. */
const mostAhead = 4;

/** Works on several windows at a time; whoever stops reading, or one that fails, ends those under way. */
async function* inOrder(
  windows: readonly PlannedWindow[],
  work: (window: PlannedWindow, signal: AbortSignal) => Promise<WindowResult>,
  signal: AbortSignal,
): AsyncGenerator<WindowResult, void> {
  const left = new AbortController();
  const ended = AbortSignal.any([signal, left.signal]);
  const begun: Promise<WindowResult>[] = [];
  try {
    for (const place of windows.keys()) {
      for (const window of windows.slice(begun.length, place + mostAhead)) {
        const result = work(window, ended);
        // What comes later may fail first; it is looked at in its turn.
        result.catch(() => undefined);
        begun.push(result);
      }
      yield await begun[place]!;
    }
  } finally {
    left.abort(new Error("The other windows are not needed any more."));
  }
}

type PlannedWindow = z.output<typeof clipPlanOutputSchema>["windows"][number];
type Asked = { pcm: Buffer; options: JobOptions; work: ReturnType<typeof planWork> };

async function recognise(window: PlannedWindow, { pcm, ...asked }: Asked, signal: AbortSignal): Promise<WindowResult> {
  const { index, startMs, endMs, speech } = window;
  const bytes = pcm.subarray(msToSamples(startMs) * bytesPerSample, msToSamples(endMs) * bytesPerSample);
  const inside = speech.map(([from, to]): [number, number] => [from - startMs, to - startMs]);
  const speechClip = { pcm: bytes.toString("base64"), speech: inside, ...asked };
  const { transcript } = await invokeInfer({ speechClip }, speechClipOutputSchema, signal);
  return { index, startMs, endMs, speech, outcome: "ok", transcript };
}
