import type { EnvironmentName, SettingName } from "../../layers/core/index.ts";
import type { BucketName } from "./buckets.ts";

/** One permission: actions on a bucket's prefix, on the state machine, or on Amazon Transcribe's jobs. Nothing else is allowed to a function. */
export type Grant =
  | { bucket: BucketName; prefix: string; actions: readonly ObjectAction[] }
  | {
      machine: "media";
      actions: readonly ("states:StartExecution" | "states:StopExecution" | "states:ListExecutions")[];
    }
  | { function: FunctionName; actions: readonly "lambda:InvokeFunction"[] }
  | { service: "transcribe"; actions: readonly `transcribe:${"Start" | "Get"}TranscriptionJob`[] }
  | { service: "bedrock"; actions: readonly "bedrock:InvokeModelWithResponseStream"[] }
  /** On the one index that search has. */
  | { service: "s3vectors"; actions: readonly VectorAction[] };

export type VectorAction = `s3vectors:${"Query" | "Get" | "Put" | "Delete" | "List"}Vectors`;

export type ObjectAction =
  | "s3:GetObject"
  | "s3:PutObject"
  | "s3:DeleteObject"
  | "s3:ListBucket"
  | "s3:AbortMultipartUpload"
  | "s3:ListMultipartUploadParts"
  | "s3:ListBucketMultipartUploads";

/** Native code and weights that are not part of a bundle; on AWS a Lambda layer each. */
export type LayerName = "ffmpeg" | "onnxruntime" | "models" | "embedding" | "silero";

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
  /** Has an address of its own, and streams its replies: no size limit but the function's time. It checks itself who asks. */
  url?: "streaming";
};

export type FunctionName =
  | "authorize"
  | "keys"
  | "presign"
  | "create"
  | "parts"
  | "complete"
  | "media"
  | "jobs"
  | "cancel"
  | "retry"
  | "delete"
  | "health"
  | "events"
  | "playback"
  | "results"
  | "voice"
  | "openaiAudio"
  | "openaiModels"
  | "description"
  | "mediaUploaded"
  | "sweep"
  | "executionEnded"
  | "fetch"
  | "probe"
  | "split"
  | "infer"
  | "transcribe"
  | "merge"
  | "fail"
  | "notify"
  | "subtitles"
  | "index"
  | "search"
  | "ask"
  | "reindex";
