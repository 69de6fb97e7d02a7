import type { SettingName, Settings } from "../../layers/core/index.ts";
import { planSettings } from "../../layers/workflow/index.ts";
import { minuteGrants, tenantSettings } from "./access.ts";
import { inbox, records, runsModels, small, start, transcripts, uploads, webhooks, work } from "./function-parts.ts";
import type { FunctionName, FunctionSpec, Grant } from "./function-spec.ts";
import { searchParts } from "./search.ts";
import { voiceModelGrants, voiceTmpMB } from "./voice.ts";

/** A service's address and key go to the one function that calls it, and only while it is in use. */
function providerSettings({ ASR_PROVIDER }: Settings): SettingName[] {
  if (ASR_PROVIDER !== "openai") return ["ASR_PROVIDER"];
  return ["ASR_PROVIDER", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_TRANSCRIPTION_MODEL"];
}

function providerGrants({ ASR_PROVIDER }: Settings): Grant[] {
  if (ASR_PROVIDER !== "transcribe") return [];
  return [{ service: "transcribe", actions: ["transcribe:StartTranscriptionJob", "transcribe:GetTranscriptionJob"] }];
}

/** What starts the job of a file that has come, at its event or when that was lost. */
const startsUploads = {
  ...small,
  environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN", "MODEL_ID", "VOICE_MODEL_ID"],
  settings: ["VOICE_MODEL"],
  grants: [
    uploads("s3:GetObject", "s3:ListBucket"),
    inbox("s3:GetObject", "s3:ListBucket"),
    records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
    webhooks("s3:PutObject"),
    start,
  ],
} satisfies Partial<FunctionSpec>;

/** The steps of the workflow, and what events start. */
export function workflowFunctions(settings: Settings) {
  const recognises = {
    ...small,
    memoryMB: settings.HALFGIG_INFER_MEMORY,
    concurrency: "windows",
    layers: ["onnxruntime", "models"],
    environment: ["RESULTS_BUCKET", "MODEL_DIR"],
    constants: runsModels(settings.HALFGIG_INFER_MEMORY),
  } as const;
  const { searches, keepsPassages } = searchParts(settings);
  return {
    mediaUploaded: {
      ...startsUploads,
      timeoutSeconds: 60,
      entry: "functions/events/mediaUploaded.ts",
    },
    sweep: {
      ...startsUploads,
      timeoutSeconds: 300,
      concurrency: 1,
      entry: "functions/events/sweep.ts",
    },
    executionEnded: {
      ...small,
      timeoutSeconds: 120,
      entry: "functions/events/executionEnded.ts",
      environment: ["RESULTS_BUCKET", "STATE_MACHINE_ARN"],
      grants: [
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:DeleteObject", "s3:ListBucket"),
        start,
      ],
    },
    fetch: {
      ...small,
      timeoutSeconds: 900,
      entry: "functions/workflow/fetch.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN"],
      settings: [
        ...(["MAX_URL_SIZE_MB", "MAX_DURATION_MINUTES", "MAX_HEIGHT", "DOWNLOAD_TIMEOUT_SECONDS"] as const),
        ...(["PLAYLIST_LIMIT", "FETCH_ALLOW_HOSTS", "YT_DLP_PATH", "YT_DLP_COOKIES", "DISABLE_ASR_FALLBACK"] as const),
      ],
      grants: [
        uploads("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:AbortMultipartUpload"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        start,
      ],
    },
    probe: {
      ...small,
      timeoutSeconds: 120,
      entry: "functions/workflow/probe.ts",
      layers: ["ffmpeg"],
      environment: ["RESULTS_BUCKET"],
      settings: ["MAX_VIDEO_SIZE_MB", "MAX_URL_SIZE_MB", "MAX_DURATION_MINUTES", "FFMPEG_PATH", ...tenantSettings],
      grants: [
        uploads("s3:GetObject"),
        inbox("s3:GetObject"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:PutObject"),
        ...minuteGrants(settings),
      ],
    },
    split: {
      ...small,
      timeoutSeconds: 900,
      entry: "functions/workflow/split.ts",
      layers: ["ffmpeg", "onnxruntime", "silero"],
      environment: ["RESULTS_BUCKET", "MODEL_WINDOW_MS", "MODEL_MEL_BINS", "ACTIVITY_MODEL_PATH"],
      settings: ["MAX_DURATION_MINUTES", "FFMPEG_PATH", ...planSettings, ...tenantSettings],
      grants: [
        uploads("s3:GetObject"),
        inbox("s3:GetObject"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:PutObject", "s3:AbortMultipartUpload"),
        ...minuteGrants(settings),
      ],
    },
    infer: {
      ...recognises,
      timeoutSeconds: 300,
      tmpMB: voiceTmpMB(settings),
      entry: "functions/workflow/infer.ts",
      layers: [...recognises.layers, "silero"],
      environment: [...recognises.environment, "VOICE_MODEL_DIR", "VOICE_MODEL_KEY", "ACTIVITY_MODEL_PATH"],
      settings: providerSettings(settings),
      grants: [
        work("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        ...providerGrants(settings),
        ...voiceModelGrants(settings),
      ],
    },
    transcribe: {
      ...recognises,
      timeoutSeconds: 900,
      entry: "functions/workflow/transcribe.ts",
      grants: [
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
      ],
    },
    merge: {
      ...small,
      timeoutSeconds: 300,
      entry: "functions/workflow/merge.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "MODEL_CARD", "VOICE_MODEL_CARD"],
      grants: [
        uploads("s3:GetObject"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:GetObject", "s3:DeleteObject", "s3:ListBucket"),
        transcripts("s3:PutObject", "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListBucket"),
      ],
    },
    fail: {
      ...small,
      timeoutSeconds: 120,
      entry: "functions/workflow/fail.ts",
      environment: ["RESULTS_BUCKET"],
      grants: [records("s3:GetObject", "s3:PutObject", "s3:ListBucket"), work("s3:DeleteObject", "s3:ListBucket")],
    },
    notify: {
      ...small,
      entry: "functions/workflow/notify.ts",
      environment: ["RESULTS_BUCKET"],
      settings: ["FETCH_ALLOW_HOSTS"],
      grants: [records("s3:GetObject", "s3:PutObject", "s3:ListBucket"), webhooks("s3:GetObject", "s3:ListBucket")],
    },
    subtitles: {
      ...small,
      timeoutSeconds: 900,
      entry: "functions/workflow/subtitles.ts",
      layers: ["ffmpeg"],
      environment: ["RESULTS_BUCKET"],
      settings: ["FFMPEG_PATH"],
      grants: [uploads("s3:GetObject", "s3:PutObject"), inbox("s3:GetObject")],
    },
    index: {
      ...small,
      ...searches,
      timeoutSeconds: 900,
      entry: "functions/workflow/index-transcript.ts",
      grants: [
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        transcripts("s3:GetObject", "s3:ListBucket"),
        ...keepsPassages.grants,
      ],
    },
  } satisfies Partial<Record<FunctionName, FunctionSpec>>;
}
