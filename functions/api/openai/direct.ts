import { type PlannedWindow, WindowPlanner } from "../../../layers/audio/index.ts";
import { environmentValue, MediaError, type Settings } from "../../../layers/core/index.ts";
import type { JobOptions } from "../../../layers/storage/index.ts";
import {
  assembleTranscript,
  type Transcript,
  transcriptSchema,
  type WindowResult,
} from "../../../layers/transcript/index.ts";
import { planWork, speechClipOutputSchema } from "../../../layers/workflow/index.ts";
import { decodeClip } from "../decode-clip.ts";
import { invokeInfer } from "../invoke-infer.ts";

/** What one request can wait for, with a small model at the smallest allocation. */
const longestDirectMs = 60_000;

/**
 * The transcript of a short clip, without a job: decoded here, recognised by infer window by window, joined as merge joins it. Nothing of
 * it is stored. Undefined where the clip is too long for that.
 * @throws MediaError what decoding and infer throw; `model.missing` where nothing is recognised on this host
 */
export async function transcribeClip(
  audio: Buffer,
  options: JobOptions,
  { settings, signal }: { settings: Settings; signal: AbortSignal },
): Promise<Transcript | undefined> {
  const work = planWork(options, settings);
  if (work.recognition !== "windows") {
    throw new MediaError(
      "model.missing",
      "Speech recognition is switched off on this host (DISABLE_WHISPER, SKIP_AI_MODELS or DISABLE_ASR_FALLBACK).",
    );
  }
  const windowMs = Number(environmentValue("MODEL_WINDOW_MS"));
  // The split step's own figures: a clip has one transcript, whichever way it takes.
  const planner = new WindowPlanner({ windowMs, maxSilenceInsideMs: windowMs / 10 });
  const longestMs = Math.min(longestDirectMs, settings.MAX_DURATION_MINUTES * 60_000);
  const clip = await decodeClip(audio, { planner, longestMs }).catch((error) => {
    if (error instanceof MediaError && error.code === "media.too_long") return undefined;
    throw error;
  });
  if (!clip) return undefined;
  const { windows, activity, durationMs, startMs, warnings } = clip;
  const results = await Promise.all(windows.map((window) => recognise(window, { options, work }, signal)));
  const transcript = await assembleTranscript({
    windows: results,
    mode: work.mode,
    source: { durationMs, startMs },
    model: transcriptSchema.shape.model.parse(JSON.parse(environmentValue("MODEL_CARD"))),
    tasks: work.tasks,
    detectedLanguage: work.language,
    ...{ activity, warnings },
  });
  return transcript;
}

type Asked = { options: JobOptions; work: ReturnType<typeof planWork> };

async function recognise(window: PlannedWindow, asked: Asked, signal: AbortSignal): Promise<WindowResult> {
  const { index, startMs, endMs, speech, pcm } = window;
  const bytes = Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const inside = speech.map(([from, to]): [number, number] => [from - startMs, to - startMs]);
  const speechClip = { pcm: bytes.toString("base64"), speech: inside, ...asked };
  const { transcript } = await invokeInfer({ speechClip }, speechClipOutputSchema, signal);
  return { index, startMs, endMs, speech, outcome: "ok", transcript };
}
