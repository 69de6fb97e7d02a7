import type { EnvironmentName, SettingName, Settings } from "../../layers/core/index.ts";
import { planSettings } from "../../layers/workflow/index.ts";
import type { BucketName } from "./buckets.ts";

/** One permission: actions on a bucket's prefix, on the state machine, or on Amazon Transcribe's jobs. Nothing else is allowed to a function. */
export type Grant =
  | { bucket: BucketName; prefix: string; actions: readonly ObjectAction[] }
  | { machine: "media"; actions: readonly "states:StartExecution"[] }
  | { service: "transcribe"; actions: readonly `transcribe:${"Start" | "Get"}TranscriptionJob`[] };

export type ObjectAction =
  | "s3:GetObject"
  | "s3:PutObject"
  | "s3:DeleteObject"
  | "s3:ListBucket"
  | "s3:AbortMultipartUpload"
  | "s3:ListMultipartUploadParts"
  | "s3:ListBucketMultipartUploads";

/** Native code and weights that are not part of a bundle; on AWS a Lambda layer each. */
export type LayerName = "ffmpeg" | "onnxruntime" | "models";

export type FunctionSpec = {
  /** Source file, exporting `handler`. */
  entry: string;
  memoryMB: number;
  timeoutSeconds: number;
  tmpMB: number;
  /** How many run at once at most (reserved concurrency); "windows" is the host's MAX_CONCURRENCY. */
  concurrency: "windows" | number;
  layers: readonly LayerName[];
  environment: readonly EnvironmentName[];
  settings: readonly SettingName[];
  /** Variables with the same value on every host. */
  constants?: Readonly<Record<string, string>>;
  grants: readonly Grant[];
};

export type FunctionName =
  | "authorize"
  | "presign"
  | "complete"
  | "jobs"
  | "results"
  | "mediaUploaded"
  | "probe"
  | "split"
  | "infer"
  | "transcribe"
  | "merge"
  | "fail";

const uploads = (...actions: ObjectAction[]): Grant => ({ bucket: "uploads", prefix: "uploads/", actions });
const records = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "jobs/", actions });
const work = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "work/", actions });
const transcripts = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "transcripts/", actions });
const start: Grant = { machine: "media", actions: ["states:StartExecution"] };

// Ten of each bound what a caller without a valid token can start; more requests wait.
const small = { memoryMB: 512, concurrency: 10, timeoutSeconds: 29, tmpMB: 512, layers: [], settings: [] } as const;

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
    constants: { MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536" },
  } as const;
  return {
    authorize: { ...small, entry: "functions/api/authorize.ts", environment: ["ACCESS_TOKEN_SHA256"], grants: [] },
    presign: {
      ...small,
      entry: "functions/api/presign.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "MODEL_ID"],
      settings: ["MAX_VIDEO_SIZE_MB", "UPLOAD_URL_SECONDS", "ASR_PROVIDER"],
      grants: [uploads("s3:PutObject"), records("s3:GetObject", "s3:PutObject", "s3:ListBucket")],
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
    results: {
      ...small,
      entry: "functions/api/results.ts",
      environment: ["RESULTS_BUCKET"],
      grants: [records("s3:GetObject", "s3:ListBucket"), transcripts("s3:GetObject", "s3:ListBucket")],
    },
    mediaUploaded: {
      ...small,
      timeoutSeconds: 60,
      entry: "functions/events/mediaUploaded.ts",
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "STATE_MACHINE_ARN"],
      grants: [
        uploads("s3:GetObject", "s3:ListBucket"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        start,
      ],
    },
    probe: {
      ...small,
      timeoutSeconds: 120,
      entry: "functions/workflow/probe.ts",
      layers: ["ffmpeg"],
      environment: ["RESULTS_BUCKET"],
      settings: ["MAX_VIDEO_SIZE_MB", "MAX_DURATION_MINUTES", "FFMPEG_PATH"],
      grants: [uploads("s3:GetObject"), records("s3:GetObject", "s3:PutObject", "s3:ListBucket"), work("s3:PutObject")],
    },
    split: {
      ...small,
      timeoutSeconds: 900,
      entry: "functions/workflow/split.ts",
      layers: ["ffmpeg"],
      environment: ["RESULTS_BUCKET", "MODEL_WINDOW_MS", "MODEL_MEL_BINS"],
      settings: ["MAX_DURATION_MINUTES", "FFMPEG_PATH", ...planSettings],
      grants: [
        uploads("s3:GetObject"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:PutObject", "s3:AbortMultipartUpload"),
      ],
    },
    infer: {
      ...recognises,
      timeoutSeconds: 300,
      entry: "functions/workflow/infer.ts",
      settings: providerSettings(settings),
      grants: [work("s3:GetObject", "s3:PutObject", "s3:ListBucket"), ...providerGrants(settings)],
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
      environment: ["UPLOADS_BUCKET", "RESULTS_BUCKET", "MODEL_CARD"],
      grants: [
        uploads("s3:GetObject"),
        records("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
        work("s3:GetObject", "s3:DeleteObject", "s3:ListBucket"),
        transcripts("s3:PutObject", "s3:AbortMultipartUpload"),
      ],
    },
    fail: {
      ...small,
      timeoutSeconds: 120,
      entry: "functions/workflow/fail.ts",
      environment: ["RESULTS_BUCKET"],
      grants: [records("s3:GetObject", "s3:PutObject", "s3:ListBucket"), work("s3:DeleteObject", "s3:ListBucket")],
    },
  };
}

/** What the state machine itself may do: read the plan, keep the Map's results, invoke the steps. */
export const machineGrants: readonly Grant[] = [work("s3:GetObject", "s3:PutObject", "s3:ListBucket")];

/** What the sweep for lost events may do: see which uploads have a job that never started. */
export const sweepGrants: readonly Grant[] = [uploads("s3:ListBucket"), records("s3:GetObject", "s3:ListBucket")];
export const machineFunctions: readonly FunctionName[] = ["probe", "split", "infer", "transcribe", "merge", "fail"];

/** What the lifecycle rules of the buckets may do on a host that applies them itself. */
export const lifecycleGrants: readonly Grant[] = [
  uploads("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
  work("s3:ListBucket", "s3:DeleteObject", "s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload"),
];
