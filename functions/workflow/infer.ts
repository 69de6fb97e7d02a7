import type { z } from "zod";
import { pcmFromBytes } from "../../layers/audio/index.ts";
import { environmentValue, log, MediaError, readSettings } from "../../layers/core/index.ts";
import { watchMemory } from "../../layers/inference/index.ts";
import { openProvider, type SpeechProvider } from "../../layers/providers/index.ts";
import { detectWindowLanguage, transcribeWindow } from "../../layers/speech/index.ts";
import { getJson, headObject, keys, openObject, putObject, textTaskOf } from "../../layers/storage/index.ts";
import {
  clipInputSchema,
  type clipOutputSchema,
  clipPlanInputSchema,
  type clipPlanOutputSchema,
  inferInputSchema,
  type inferOutputSchema,
  speechClipInputSchema,
  type speechClipOutputSchema,
} from "../../layers/workflow/index.ts";
import { hearActivity, planClip, speechOf } from "./clip-activity.ts";
import { recogniser, speechOptions } from "./recogniser.ts";
import { timingMetadata, timingOf } from "./timings.ts";
import { judgeWindow, scoreStretch } from "./voice.ts";
import { saysVoice, type WindowVoice } from "./voice-results.ts";

type Input = z.output<typeof inferInputSchema>;
type WindowTranscript = z.input<typeof speechClipOutputSchema>["transcript"];

let provider: Promise<SpeechProvider> | undefined;

/**
 * Recognises one window, by the model here or by the service that ASR_PROVIDER names, and judges its voices, as the plan says. What a
 * result says is not computed again, and of two workers on one window the first to finish wins; a judgement that an earlier attempt at
 * the job could not make is added. A clip that comes with the event is judged or recognised at once, and nothing is written.
 */
export async function handler(
  event: unknown,
): Promise<
  | z.output<typeof inferOutputSchema>
  | z.output<typeof clipOutputSchema>
  | z.output<typeof clipPlanOutputSchema>
  | z.input<typeof speechClipOutputSchema>
> {
  await using _memory = watchMemory();
  const clip = clipInputSchema.safeParse(event).data?.clip;
  if (clip) {
    const pcm = pcmFromBytes(Buffer.from(clip.pcm, "base64"));
    const activity = await hearActivity(pcm);
    const speech = speechOf(activity);
    // The detector need not be there for a clip without a voice.
    const scores = speech.length === 0 ? [] : await scoreStretch(pcm, { startMs: 0, speech }, clip);
    return { activity, scores };
  }
  const planned = clipPlanInputSchema.safeParse(event).data?.clipPlan;
  if (planned) return await planClip(pcmFromBytes(Buffer.from(planned.pcm, "base64")), planned);
  const spoken = speechClipInputSchema.safeParse(event).data?.speechClip;
  if (spoken) {
    const { pcm, speech, ...asked } = spoken;
    const window = { startMs: 0, speech };
    return { transcript: await recognise(pcmFromBytes(Buffer.from(pcm, "base64")), { ...asked, window }) };
  }

  const input = inferInputSchema.parse(event);
  const { workPrefix, window } = input;
  const bucket = environmentValue("RESULTS_BUCKET");
  const resultKey = keys.result(workPrefix, window.index);
  const judges = input.work.tasks.includes("voice");
  const { complete, stored } = await resultSoFar(bucket, resultKey, judges);
  if (complete) return { index: window.index, reused: true };

  const started = performance.now();
  const pcm = await readPcm(bucket, window.key);
  const transcript = stored ? (stored.value as WindowTranscript) : await transcriptOf(pcm, input);
  // After it: two models are never in use at once, so that they need not fit the memory together.
  const voice = judges ? await judge(pcm, input, transcript !== undefined) : undefined;
  if (stored && !voice) return { index: window.index, reused: true };
  const result = { ...transcript, ...(voice && { voice }) };
  const before = stored ? timingOf(stored.metadata) : 0;
  const first = await putObject(bucket, resultKey, `${JSON.stringify(result)}\n`, "application/json", {
    ...(stored ? { onlyIfEtag: stored.etag } : { onlyIfAbsent: true }),
    metadata: timingMetadata(before + performance.now() - started),
  });
  log.info("window inferred", { key: resultKey, first });
  return { index: window.index, reused: !first };
}

/** A window's result, read where its text may lack the judgement. A damaged one counts as complete: merge finds it, and says so. */
async function resultSoFar(bucket: string, key: string, judges: boolean) {
  if (!judges) return { complete: (await headObject(bucket, key)) !== undefined };
  try {
    const stored = await getJson(bucket, key);
    return { complete: stored !== undefined && saysVoice(stored.value), stored };
  } catch (error) {
    if (error instanceof SyntaxError) return { complete: true };
    throw error;
  }
}

const transcriptOf = async (pcm: Float32Array, input: Input): Promise<WindowTranscript | undefined> =>
  input.work.recognition === "windows" ? recognise(pcm, input) : undefined;

/** Where judging fails for good, text that is there is kept: merge finds the window without a judgement, and says so. */
async function judge(pcm: Float32Array, input: Input, hasText: boolean): Promise<WindowVoice | undefined> {
  try {
    return await judgeWindow(pcm, input);
  } catch (error) {
    if (!hasText || !(error instanceof MediaError) || error.retryable) throw error;
    log.error("voices of a window could not be judged", error);
    return undefined;
  }
}

async function recognise(
  pcm: Float32Array,
  { options, work, window }: Pick<Input, "options" | "work"> & { window: Pick<Input["window"], "startMs" | "speech"> },
): Promise<WindowTranscript> {
  const settings = readSettings(process.env);
  if (settings.ASR_PROVIDER !== "local") {
    provider ??= openProvider(settings).catch((error) => {
      provider = undefined;
      throw error;
    });
    const { language, words, initialPrompt } = options;
    return (await provider).transcribeWindow(pcm, {
      language,
      task: textTaskOf(options) === "translate" ? "translate" : "transcribe",
      words,
      prompt: initialPrompt,
    });
  }
  // The lease must outlive the work, hence `return await`.
  await using lease = await recogniser();
  const { model, tokenizer } = lease;
  // A window of the plan may ask for the language alone.
  if (work.tasks.every((task) => task === "language" || task === "voice"))
    return await detectWindowLanguage(model, pcm);
  const speech = window.speech.map(([startMs, endMs]) => [startMs - window.startMs, endMs - window.startMs] as const);
  // Which language a digit is in, a small model hears less well than which digit it is.
  const languageAlternatives = options.languageAlternatives ?? (model.manifest.demo ? 1 : undefined);
  return await transcribeWindow(model, tokenizer, pcm, { ...speechOptions(options), languageAlternatives, speech });
}

/** A window is bounded by the model's own length: 960,000 bytes at 30 s. */
async function readPcm(bucket: string, key: string): Promise<Float32Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of await openObject(bucket, key)) chunks.push(chunk);
  return pcmFromBytes(Buffer.concat(chunks));
}
