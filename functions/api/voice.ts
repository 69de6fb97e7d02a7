import { Readable } from "node:stream";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { type ActivitySpan, PcmReader, WindowPlanner } from "../../layers/audio/index.ts";
import { type ErrorCode, environmentValue, errorCodes, MediaError, readSettings } from "../../layers/core/index.ts";
import { type ByteSource, chooseAudioTrack, decodePcm, probeMedia } from "../../layers/media/index.ts";
import { buildVoiceReport, voiceCard, voiceIdentitySchema } from "../../layers/voice/index.ts";
import { type ClipInput, clipOutputSchema } from "../../layers/workflow/index.ts";
import { callerOf } from "./caller.ts";
import { readClip } from "./clip.ts";
import { endpoint, json } from "./http.ts";
import { requireDetector } from "./model-identity.ts";

/** What one request can wait for, at the slowest detector and the smallest allocation. */
const longestClipMs = 30_000;

/**
 * `POST /v1/voice`: whether the voices of a short clip are human or synthetic, in one request. Answers with the report that
 * `voice.json` is for whole files, and the clip's duration.
 */
export const handler = endpoint(async (event) => {
  callerOf(event);
  const settings = readSettings(process.env);
  const { audio, choices } = await readClip(event);
  requireDetector(choices.voiceModel, settings.VOICE_MODEL);
  if (settings.SKIP_AI_MODELS) {
    throw new MediaError("model.missing", "Models are switched off on this host (SKIP_AI_MODELS): no voice is judged.");
  }
  const { pcm, activity, durationMs } = await decodeClip(audio);
  const speech = activity.filter(({ kind }) => kind === "speech");
  const { scores } = await infer({
    clip: {
      pcm: Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength).toString("base64"),
      speech: speech.map(({ startMs, endMs }) => [startMs, endMs]),
      voiceHop: choices.voiceHop,
    },
  });
  const { id, ...model } = voiceIdentitySchema.parse(JSON.parse(environmentValue("VOICE_MODEL_CARD")));
  const report = buildVoiceReport({
    ...{ card: voiceCard(id), model, activity, scores },
    ...(choices.operatingPoint && { operatingPoint: choices.operatingPoint }),
  });
  return json(200, { durationMs, ...report });
});

/** The whole clip as 16 kHz mono s16le, a megabyte at most, and what voice activity hears in it. */
async function decodeClip(audio: Buffer): Promise<{ pcm: Uint8Array; activity: ActivitySpan[]; durationMs: number }> {
  const limits = { maxDurationMs: longestClipMs, probeTimeoutMs: 8_000, decodeTimeoutMs: 15_000 };
  const source = bufferSource(audio);
  const info = await probeMedia(source, { limits });
  await using decoder = decodePcm(source, {
    audioTrack: chooseAudioTrack(info, {}).index,
    demuxer: info.demuxer,
    declaredDurationMs: info.durationEstimated ? null : info.durationMs,
    limits,
  });
  const planner = new WindowPlanner({ windowMs: longestClipMs });
  const reader = new PcmReader();
  const chunks: Buffer[] = [];
  const activity: ActivitySpan[] = [];
  for await (const chunk of decoder.stdout) {
    chunks.push(chunk);
    planner.push(reader.push(chunk));
    activity.push(...planner.takeActivity());
  }
  planner.flush();
  activity.push(...planner.takeActivity());
  await decoder.done;
  return { pcm: Buffer.concat(chunks), activity, durationMs: activity.at(-1)?.endMs ?? 0 };
}

function bufferSource(bytes: Buffer): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (start, endExclusive) => Readable.from([bytes.subarray(start, endExclusive)]),
  };
}

let client: LambdaClient | undefined;

/** Has the function that holds the models score the clip. @throws MediaError with the code of its own error */
async function infer(input: ClipInput) {
  if (input.clip.speech.length === 0) return { scores: [] };
  client ??= new LambdaClient({});
  const reply = await client.send(
    new InvokeCommand({ FunctionName: environmentValue("INFER_FUNCTION"), Payload: JSON.stringify(input) }),
  );
  const payload: unknown = JSON.parse(reply.Payload?.transformToString() || "null");
  if (!reply.FunctionError) return clipOutputSchema.parse(payload);
  const { errorType = "", errorMessage = "" } = (payload ?? {}) as { errorType?: string; errorMessage?: string };
  if (errorType in errorCodes) throw new MediaError(errorType as ErrorCode, errorMessage);
  if (errorType === "Runtime.OutOfMemory") {
    throw new MediaError("memory.exceeded", "infer: the detector ran out of memory. Raise HALFGIG_INFER_MEMORY.");
  }
  throw new MediaError("workflow.step_failed", `infer failed with ${errorType}: ${errorMessage}`);
}
