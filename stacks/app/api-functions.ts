import type { Settings } from "../../layers/core/index.ts";
import { planSettings } from "../../layers/workflow/index.ts";
import { auditGrant, authorizeParts, keyParts, quotaGrants, tenantSettings } from "./access.ts";
import {
  askAuthorizer,
  inbox,
  records,
  small,
  start,
  stop,
  streams,
  transcripts,
  uploads,
  webhooks,
  work,
} from "./function-parts.ts";
import type { FunctionName, FunctionSpec } from "./function-spec.ts";
import { searchParts } from "./search.ts";

/** The functions that answer requests to the API, those of search apart. */
export function apiFunctions(settings: Settings) {
  const { keepsPassages } = searchParts(settings);
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
        uploads("s3:PutObject"),
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
        uploads("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
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
  } satisfies Partial<Record<FunctionName, FunctionSpec>>;
}
