import type { SettingName, Settings } from "../../layers/core/index.ts";
import { planSettings } from "../../layers/workflow/index.ts";
import { auditGrant, authorizeParts, keyParts, minuteGrants, quotaGrants, tenantSettings } from "./access.ts";
import type { FunctionName, FunctionSpec, Grant, ObjectAction } from "./function-spec.ts";
import { routes } from "./routes.ts";
import { searchParts } from "./search.ts";
import { voiceModelGrants, voiceTmpMB } from "./voice.ts";

const uploads = (...actions: ObjectAction[]): Grant => ({ bucket: "uploads", prefix: "uploads/", actions });
const inbox = (...actions: ObjectAction[]): Grant => ({ bucket: "uploads", prefix: "inbox/", actions });
const webhooks = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "webhooks/", actions });
const records = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "jobs/", actions });
const work = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "work/", actions });
const transcripts = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "transcripts/", actions });
const start: Grant = { machine: "media", actions: ["states:StartExecution"] };
const stop: Grant = { machine: "media", actions: ["states:StopExecution"] };

const askAuthorizer: Grant = { function: "authorize", actions: ["lambda:InvokeFunction"] };

// Ten of each bound what a caller without a valid token can start; more requests wait.
const small = { memoryMB: 512, concurrency: 10, timeoutSeconds: 29, tmpMB: 512, layers: [], settings: [] } as const;

/** What streams its replies has an address of its own, which knows no routes and asks nobody: the function does both. */
const streams = (name: FunctionName) =>
  ({
    url: "streaming",
    constants: {
      SERVED_ROUTES: JSON.stringify(routes.flatMap((route) => (route.function === name ? route.route : []))),
    },
  }) as const;

/** A service's address and key go to the one function that calls it, and only while it is in use. */
function providerSettings({ ASR_PROVIDER }: Settings): SettingName[] {
  if (ASR_PROVIDER !== "openai") return ["ASR_PROVIDER"];
  return ["ASR_PROVIDER", "OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_TRANSCRIPTION_MODEL"];
}

function providerGrants({ ASR_PROVIDER }: Settings): Grant[] {
  if (ASR_PROVIDER !== "transcribe") return [];
  return [{ service: "transcribe", actions: ["transcribe:StartTranscriptionJob", "transcribe:GetTranscriptionJob"] }];
}

/** Every function: what it may use and what it may do. The default allocation is 512 MB; infer's is a setting. */
export function functionSpecs(settings: Settings): Record<FunctionName, FunctionSpec> {
  const recognises = {
    ...small,
    memoryMB: settings.HALFGIG_INFER_MEMORY,
    concurrency: "windows",
    layers: ["onnxruntime", "models"],
    environment: ["RESULTS_BUCKET", "MODEL_DIR"],
    // glibc keeps freed tensors unless blocks of this size come from mmap: measured 267 → 93 MB after a release.
    // One arena of malloc's and a small young generation: 15 to 20 MiB less, and no slower. A model's garbage is collected when it goes.
    constants: {
      MALLOC_MMAP_THRESHOLD_: "65536",
      MALLOC_TRIM_THRESHOLD_: "65536",
      MALLOC_ARENA_MAX: "1",
      NODE_OPTIONS: "--max-semi-space-size=1 --expose-gc",
    },
  } as const;
  const { searches, keepsPassages, clears, answers } = searchParts(settings);
  return {
    authorize: { ...small, ...authorizeParts, entry: "functions/api/authorize.ts" },
    keys: { ...small, ...keyParts, entry: "functions/api/keys.ts" },
    presign: {
      ...small,
      entry: "functions/api/presign.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "MODEL_ID", "VOICE_MODEL_ID"],
      settings: ["MAX_VIDEO_SIZE_MB", "UPLOAD_URL_SECONDS", "ASR_PROVIDER", "VOICE_MODEL", ...tenantSettings],
      grants: [
        uploads("s3:PutObject"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        webhooks("s3:PutObject"),
        ...quotaGrants(settings),
        auditGrant,
      ],
    },
    parts: {
      ...small,
      entry: "functions/api/parts.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET"],
      settings: ["UPLOAD_URL_SECONDS", ...tenantSettings],
      grants: [
        uploads("s3:PutObject", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"),
        records("s3:GetObject", "s3:DeleteObject", "s3:ListBucket"),
        webhooks("s3:DeleteObject"),
        ...quotaGrants(settings),
      ],
    },
    media: {
      ...small,
      entry: "functions/api/media.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN", "MODEL_ID", "VOICE_MODEL_ID"],
      settings: ["MAX_VIDEO_SIZE_MB", "ASR_PROVIDER", "VOICE_MODEL", ...tenantSettings],
      grants: [
        uploads("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:AbortMultipartUpload"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        webhooks("s3:PutObject"),
        ...quotaGrants(settings),
        auditGrant,
        start,
      ],
    },
    create: {
      ...small,
      entry: "functions/api/create.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN", "MODEL_ID", "VOICE_MODEL_ID"],
      settings: ["FETCH_ALLOW_HOSTS", "ASR_PROVIDER", "VOICE_MODEL", ...tenantSettings],
      grants: [
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        webhooks("s3:PutObject"),
        ...quotaGrants(settings),
        auditGrant,
        start,
      ],
    },
    complete: {
      ...small,
      entry: "functions/api/complete.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN"],
      grants: [
        uploads("s3:GetObject", "s3:PutObject", "s3:ListBucket", "s3:ListMultipartUploadParts"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        start,
      ],
    },
    jobs: {
      ...small,
      entry: "functions/api/jobs.ts",
      environment: ["RESULTS_BUCKET"],
      grants: [records("s3:GetObject", "s3:ListBucket"), work("s3:ListBucket")],
    },
    cancel: {
      ...small,
      entry: "functions/api/cancel.ts",
      environment: ["RESULTS_BUCKET", "STATE_MACHINE_ARN"],
      grants: [records("s3:GetObject", "s3:PutObject", "s3:ListBucket"), stop, start, auditGrant],
    },
    retry: {
      ...small,
      entry: "functions/api/retry.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN", "MODEL_ID", "VOICE_MODEL_ID"],
      settings: ["VOICE_MODEL", ...tenantSettings],
      grants: [
        uploads("s3:GetObject", "s3:ListBucket"),
        inbox("s3:GetObject", "s3:ListBucket"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        ...quotaGrants(settings),
        auditGrant,
        start,
      ],
    },
    delete: {
      ...small,
      entry: "functions/api/delete.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN", ...keepsPassages.environment],
      settings: [...keepsPassages.settings, ...tenantSettings],
      grants: [
        uploads("s3:DeleteObject", "s3:ListBucket", "s3:AbortMultipartUpload"),
        inbox("s3:GetObject", "s3:DeleteObject", "s3:ListBucket"),
        records("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        work("s3:DeleteObject", "s3:ListBucket"),
        transcripts("s3:DeleteObject", "s3:ListBucket"),
        webhooks("s3:DeleteObject"),
        stop,
        ...quotaGrants(settings),
        auditGrant,
        ...keepsPassages.grants,
      ],
    },
    health: {
      ...small,
      entry: "functions/api/health.ts",
      environment: ["STATE_MACHINE_ARN", "MODEL_CARD"],
      grants: [{ machine: "media", actions: ["states:ListExecutions"] }],
    },
    events: {
      ...small,
      entry: "functions/api/events.ts",
      environment: ["RESULTS_BUCKET"],
      grants: [records("s3:GetObject", "s3:ListBucket"), work("s3:ListBucket")],
    },
    playback: {
      ...small,
      entry: "functions/api/playback.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET"],
      settings: ["UPLOAD_URL_SECONDS"],
      grants: [
        uploads("s3:GetObject", "s3:ListBucket"),
        inbox("s3:GetObject", "s3:ListBucket"),
        records("s3:GetObject", "s3:ListBucket"),
      ],
    },
    results: {
      ...small,
      entry: "functions/api/results.ts",
      environment: ["RESULTS_BUCKET"],
      grants: [records("s3:GetObject", "s3:ListBucket"), transcripts("s3:GetObject", "s3:ListBucket")],
    },
    voice: {
      ...small,
      entry: "functions/api/voice.ts",
      layers: ["ffmpeg"],
      environment: ["INFER_FUNCTION", "VOICE_MODEL_CARD"],
      settings: ["VOICE_MODEL", "SKIP_AI_MODELS", "FFMPEG_PATH"],
      grants: [{ function: "infer", actions: ["lambda:InvokeFunction"] }],
    },
    openaiAudio: {
      ...small,
      ...streams("openaiAudio"),
      // A stream goes on while a longer file's job does. What is answered in one piece ends in time for API Gateway.
      timeoutSeconds: 300,
      entry: "functions/api/openai/audio.ts",
      layers: ["ffmpeg"],
      environment: [
        ...(["AUTHORIZE_FUNCTION", "UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN"] as const),
        ...(["INFER_FUNCTION", "MODEL_CARD", "MODEL_ID", "MODEL_WINDOW_MS"] as const),
      ],
      settings: ["MAX_DURATION_MINUTES", "FFMPEG_PATH", ...planSettings, ...tenantSettings],
      grants: [
        uploads("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:GetObject", "s3:ListBucket"),
        transcripts("s3:GetObject", "s3:ListBucket"),
        { function: "infer", actions: ["lambda:InvokeFunction"] },
        askAuthorizer,
        ...quotaGrants(settings),
        auditGrant,
        start,
      ],
    },
    openaiModels: {
      ...small,
      entry: "functions/api/openai/models.ts",
      environment: ["AUTHORIZE_FUNCTION", "MODEL_CARD"],
      grants: [askAuthorizer],
    },
    description: { ...small, entry: "functions/api/openapi/description.ts", environment: [], grants: [] },
    mediaUploaded: {
      ...small,
      timeoutSeconds: 60,
      entry: "functions/events/mediaUploaded.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN", "MODEL_ID", "VOICE_MODEL_ID"],
      settings: ["VOICE_MODEL"],
      grants: [
        uploads("s3:GetObject", "s3:ListBucket"),
        inbox("s3:GetObject", "s3:ListBucket"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        webhooks("s3:PutObject"),
        start,
      ],
    },
    sweep: {
      ...small,
      timeoutSeconds: 300,
      concurrency: 1,
      entry: "functions/events/sweep.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN", "MODEL_ID", "VOICE_MODEL_ID"],
      settings: ["VOICE_MODEL"],
      grants: [
        uploads("s3:GetObject", "s3:ListBucket"),
        inbox("s3:GetObject", "s3:ListBucket"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        webhooks("s3:PutObject"),
        start,
      ],
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
      layers: ["ffmpeg"],
      environment: ["RESULTS_BUCKET", "MODEL_WINDOW_MS", "MODEL_MEL_BINS"],
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
      environment: [...recognises.environment, "VOICE_MODEL_DIR", "VOICE_MODEL_KEY"],
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
    search: {
      ...small,
      ...searches,
      entry: "functions/api/search.ts",
      grants: [records("s3:GetObject", "s3:ListBucket"), ...searches.grants],
    },
    ask: {
      ...small,
      ...searches,
      ...streams("ask"),
      constants: { ...searches.constants, ...streams("ask").constants },
      timeoutSeconds: 120,
      entry: "functions/api/ask.ts",
      environment: [...searches.environment, "AUTHORIZE_FUNCTION"],
      settings: [...searches.settings, ...answers.settings],
      grants: [records("s3:GetObject", "s3:ListBucket"), askAuthorizer, ...searches.grants, ...answers.grants],
    },
    reindex: {
      ...small,
      ...searches,
      entry: "functions/api/reindex.ts",
      grants: [
        records("s3:GetObject", "s3:ListBucket"),
        transcripts("s3:GetObject", "s3:ListBucket"),
        ...keepsPassages.grants,
        ...clears.grants,
      ],
    },
  };
}

/** What the state machine itself may do: read the plan, keep the Map's results, invoke the steps. */
export const machineGrants: readonly Grant[] = [work("s3:GetObject", "s3:PutObject", "s3:ListBucket")];

/** The functions that the state machine invokes. */
export const machineFunctions: readonly FunctionName[] = [
  "fetch",
  "probe",
  "split",
  "infer",
  "transcribe",
  "merge",
  "fail",
  "notify",
  "subtitles",
  "index",
];

/** What the lifecycle rules of the buckets may do on a host that applies them itself. */
export const lifecycleGrants: readonly Grant[] = [
  uploads("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
  inbox("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
  work("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
];
