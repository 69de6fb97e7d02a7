import { LogMelMaximum, msToSamples, pcmFromBytes, sampleRateHz, WindowPlanner } from "../../layers/audio/index.ts";
import { type SpeechModel, WhisperModel } from "../../layers/inference/index.ts";
import type { Precision } from "../../layers/models/index.ts";
import {
  type ExactSlice,
  exactStart,
  loadTokenizer,
  type SpeechOptions,
  searchDefaults,
  type Tokenizer,
  transcribeExact,
  transcribeWindow,
} from "../../layers/speech/index.ts";
import {
  type ActivitySpan,
  assembleTranscript,
  printedSegments as printed,
  type Segment,
  type Transcript,
  type WindowResult,
} from "../../layers/transcript/index.ts";
import { Silero, sileroPath, VoiceActivityDetector } from "../../layers/voice-activity/index.ts";
import { builtRealModel, type RealModelName, type RealModels } from "../real-models/index.ts";

export type Mode = "parallel" | "exact";
export const modes: readonly Mode[] = ["parallel", "exact"];

/** A loaded model. It is let go of by disposing it. */
export type Recogniser = AsyncDisposable & {
  model: SpeechModel;
  tokenizer: Tokenizer;
  name: RealModelName;
  precision: Precision;
};

export type PipelineOptions = Partial<Pick<SpeechOptions, "language" | "words" | "task">> & { mode: Mode };

/** The model as a function of 512 MB has it. */
export async function openRecogniser(
  models: RealModels,
  name: RealModelName,
  precision: Precision,
  { threads = 1 }: { threads?: number } = {},
): Promise<Recogniser> {
  const { directory } = await builtRealModel(models, name, precision);
  const model = await WhisperModel.load({ directory, threads, arena: true });
  const tokenizer = await loadTokenizer(directory, model.manifest);
  return { model, tokenizer, name, precision, [Symbol.asyncDispose]: () => model[Symbol.asyncDispose]() };
}

/**
 * The transcript of a whole recording, by the steps of the workflow without what carries them: cut into windows as
 * functions/workflow/split.ts does, recognised as infer.ts (or, in exact mode, transcribe.ts), joined as merge.ts.
 * @param pcm 16 kHz mono
 */
export async function transcribe(
  recogniser: Recogniser,
  pcm: Float32Array,
  options: PipelineOptions,
): Promise<Transcript> {
  const { windows, activity } = await split(pcm, recogniser.model.manifest.windowMs);
  const { id, revision, checkpointSha256: sha256, precision, demo } = recogniser.model.manifest;
  const durationMs = activity.at(-1)?.endMs ?? 0;
  return await assembleTranscript({
    ...(options.mode === "exact"
      ? { slices: [await exactSlice(recogniser, pcm, { options, activity, durationMs })] }
      : { windows: transcribeWindows(recogniser, windows, options) }),
    source: { durationMs, startMs: 0 },
    model: { id, revision, sha256, precision, demo },
    activity,
  });
}

/** The lines that SRT, VTT, TXT and TSV have of a transcript. */
export function printedSegments({ segments }: Pick<Transcript, "segments">): Segment[] {
  return printed(segments);
}

export function printedText(transcript: Pick<Transcript, "segments">): string {
  return printedSegments(transcript)
    .map(({ text }) => text.trim())
    .join(" ");
}

type Split = { windows: Awaited<ReturnType<WindowPlanner["flush"]>>; activity: ActivitySpan[] };

/** A decoder's chunks are about so long; results must not depend on it. */
const chunkSamples = 4 * sampleRateHz;

/** Windows and voice activity. */
export async function split(pcm: Float32Array, windowMs: number): Promise<Split> {
  await using silero = await Silero.open(sileroPath);
  const detector = new VoiceActivityDetector(silero);
  const planner = new WindowPlanner({ detector, windowMs, maxSilenceInsideMs: windowMs / 10 });
  const result: Split = { windows: [], activity: [] };
  for (let at = 0; at < pcm.length; at += chunkSamples) {
    result.windows.push(...(await planner.push(pcm.subarray(at, at + chunkSamples))));
    result.activity.push(...planner.takeActivity());
  }
  result.windows.push(...(await planner.flush()));
  result.activity.push(...planner.takeActivity());
  return result;
}

function speechOptions({ language, words, task = "transcribe" }: PipelineOptions): SpeechOptions {
  return { task, language, words: words ?? false, ...searchDefaults(512) };
}

/** Each window on its own, as infer.ts does it. */
export async function* transcribeWindows(
  { model, tokenizer }: Recogniser,
  windows: Split["windows"],
  options: PipelineOptions,
): AsyncGenerator<WindowResult> {
  for (const { index, startMs, endMs, speech, pcm } of windows) {
    const inWindow = speech.map(([from, to]) => [from - startMs, to - startMs] as const);
    const given = { ...speechOptions(options), speech: inWindow };
    const transcript = await transcribeWindow(model, tokenizer, pcmFromBytes(pcm), given);
    yield { index, startMs, endMs, speech, outcome: "ok", transcript };
  }
}

async function exactSlice(
  { model, tokenizer }: Recogniser,
  pcm: Float32Array,
  { options, activity, durationMs }: { options: PipelineOptions; activity: ActivitySpan[]; durationMs: number },
): Promise<ExactSlice> {
  const maximum = new LogMelMaximum(model.manifest.melBins);
  maximum.push(pcm);
  const speech = activity
    .filter(({ kind }) => kind === "speech")
    .map(({ startMs, endMs }) => [startMs, endMs] as const);
  const exactOptions = { ...speechOptions(options), conditionOnPreviousText: true, speech };
  return await transcribeExact({
    model,
    tokenizer,
    audio: {
      durationMs,
      read: async (startMs, endMs) => pcm.subarray(msToSamples(startMs), msToSamples(endMs)),
    },
    melMaximum: maximum.finish(),
    checkpoint: exactStart(exactOptions),
    options: exactOptions,
    shouldStop: () => false,
  });
}
