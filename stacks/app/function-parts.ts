// Not by the index: what SST bundles must not lead to onnxruntime.
import { allocatorOf } from "../../layers/inference/tiers.ts";
import type { FunctionName, Grant, ObjectAction } from "./function-spec.ts";
import { routes } from "./routes.ts";

/** What a function may do with objects of one prefix. */
export const uploads = (...actions: ObjectAction[]): Grant => ({ bucket: "uploads", prefix: "uploads/", actions });
export const inbox = (...actions: ObjectAction[]): Grant => ({ bucket: "uploads", prefix: "inbox/", actions });
export const webhooks = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "webhooks/", actions });
export const records = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "jobs/", actions });
export const work = (...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix: "work/", actions });
export const transcripts = (...actions: ObjectAction[]): Grant => ({
  bucket: "results",
  prefix: "transcripts/",
  actions,
});
/** What the state machine is asked for. */
export const start: Grant = { machine: "media", actions: ["states:StartExecution"] };
export const stop: Grant = { machine: "media", actions: ["states:StopExecution"] };

export const askAuthorizer: Grant = { function: "authorize", actions: ["lambda:InvokeFunction"] };

/** Most functions. Ten of each bound what a caller without a valid token can start; more requests wait. */
export const small = {
  memoryMB: 512,
  concurrency: 10,
  timeoutSeconds: 29,
  tmpMB: 512,
  layers: [],
  settings: [],
} as const;

/** What streams its replies has an address of its own, which knows no routes and asks nobody: the function does both. */
export const streams = (name: FunctionName) =>
  ({
    url: "streaming",
    constants: {
      SERVED_ROUTES: JSON.stringify(routes.flatMap((route) => (route.function === name ? route.route : []))),
    },
  }) as const;

/** For functions that run models: a small young generation, and a model's garbage is collected when it goes. */
export const runsModels = (memoryMB: number) => ({
  ...allocatorOf(memoryMB),
  NODE_OPTIONS: "--max-semi-space-size=1 --expose-gc",
});
