import { z } from "zod";
import { msToSamples } from "../../layers/audio/index.ts";
import { environmentValue, MediaError } from "../../layers/core/index.ts";
import { loadVoiceModel, processBudget } from "../../layers/inference/index.ts";
import { readVoiceManifest } from "../../layers/models/index.ts";
import { fetchModelFolder, getJson, type JobOptions, keys } from "../../layers/storage/index.ts";
import {
  asEvidence,
  packSpeech,
  scoreVoiceWindows,
  settledAfter,
  spreadOrder,
  type VoiceWindowScore,
  voiceCard,
} from "../../layers/voice/index.ts";
import type { PlannedWindow } from "../../layers/workflow/index.ts";
import { type WindowVoice, windowVoiceSchema } from "./voice-results.ts";

type VoiceOptions = Pick<JobOptions, "voiceHop" | "voiceBudget">;
type Stretch = Pick<PlannedWindow, "startMs" | "speech">;

/** Judges the voices of one window of the plan, unless windows before it in the order of judging have settled the answer. */
export async function judgeWindow(
  pcm: Float32Array,
  { options, workPrefix, window }: { options: VoiceOptions; workPrefix: string; window: PlannedWindow },
): Promise<WindowVoice> {
  if (await isSettled(options, workPrefix, window)) return { scores: [], skipped: true };
  return { scores: await scoreStretch(pcm, window, options), skipped: false };
}

/**
 * Scores the speech of a stretch of audio, packed into full windows of the detector, which is loaded only where there is enough.
 * @param pcm 16 kHz mono from `startMs` on; the stretch's times are on the file's clock
 */
export async function scoreStretch(
  pcm: Float32Array,
  { startMs, speech }: Stretch,
  { voiceHop: hopMs }: VoiceOptions,
): Promise<VoiceWindowScore[]> {
  const directory = await detectorDirectory();
  const { id, windowMs } = await readVoiceManifest(directory);
  const card = { ...voiceCard(id), windowMs };
  const activity = speech.map(([from, to]) => ({ kind: "speech" as const, startMs: from, endMs: to }));
  const { windows } = packSpeech(activity, {
    windowMs,
    minSpeechMs: card.minSpeechMs,
    ...(hopMs !== undefined && { hopMs }),
  });
  if (windows.length === 0) return [];
  await using scorer = await loadVoiceModel({ directory, budget: processBudget() });
  const read = async (from: number, to: number) => pcm.subarray(msToSamples(from - startMs), msToSamples(to - startMs));
  return (await scoreVoiceWindows({ windows, read, scorer, card })).scores;
}

async function isSettled(
  { voiceBudget }: VoiceOptions,
  workPrefix: string,
  { rank = 0, of = 0 }: PlannedWindow,
): Promise<boolean> {
  if (voiceBudget === undefined || rank === 0) return false;
  const { id } = await readVoiceManifest(await detectorDirectory());
  const earlier = earlierEvidence(workPrefix, spreadOrder(of).slice(0, rank));
  const { windowCorrelation } = voiceCard(id);
  return (await settledAfter(earlier, { errorRate: voiceBudget }, windowCorrelation)) !== undefined;
}

async function* earlierEvidence(workPrefix: string, indices: readonly number[]) {
  const bucket = environmentValue("RESULTS_BUCKET");
  for (const index of indices) {
    const found = await getJson(bucket, keys.result(workPrefix, index));
    const voice = z.object({ voice: windowVoiceSchema }).safeParse(found?.value).data?.voice;
    yield voice && !voice.skipped ? voice.scores.map(asEvidence) : undefined;
  }
}

let fetched: Promise<string> | undefined;

/** Where the detector is: in a layer; or, too large for one, fetched from the bucket once per environment. */
async function detectorDirectory(): Promise<string> {
  const { VOICE_MODEL_DIR, VOICE_MODEL_KEY } = process.env;
  if (VOICE_MODEL_DIR) return VOICE_MODEL_DIR;
  if (!VOICE_MODEL_KEY) {
    throw new MediaError(
      "model.missing",
      "This host has no detector of synthetic voices. Set VOICE_MODEL (ast, xlsr or demo) and start it again.",
    );
  }
  fetched ??= fetchModelFolder(environmentValue("RESULTS_BUCKET"), VOICE_MODEL_KEY).catch((error) => {
    fetched = undefined;
    throw error;
  });
  return fetched;
}
