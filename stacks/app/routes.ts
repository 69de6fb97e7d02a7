import type { FunctionName } from "./functions.ts";

export type Route = { route: string; function: FunctionName; authorized: boolean };

/** The HTTP API. Path parameters are in braces, as API Gateway writes them. */
export const routes: readonly Route[] = [
  { route: "POST /v1/uploads", function: "presign", authorized: true },
  { route: "GET /v1/uploads/{jobId}/parts", function: "parts", authorized: true },
  { route: "GET /v1/uploads/{jobId}/parts/{partNumber}", function: "parts", authorized: true },
  { route: "GET /v1/uploads/{jobId}/signed/{call}", function: "parts", authorized: true },
  { route: "POST /v1/uploads/{jobId}/complete", function: "complete", authorized: true },
  { route: "DELETE /v1/uploads/{jobId}", function: "parts", authorized: true },
  { route: "POST /v1/media", function: "media", authorized: true },
  { route: "POST /media", function: "media", authorized: true },
  { route: "POST /v1/jobs", function: "create", authorized: true },
  { route: "GET /v1/jobs", function: "jobs", authorized: true },
  { route: "GET /v1/jobs/{jobId}", function: "jobs", authorized: true },
  { route: "POST /v1/jobs/{jobId}/cancel", function: "cancel", authorized: true },
  { route: "POST /v1/jobs/{jobId}/retry", function: "retry", authorized: true },
  { route: "DELETE /v1/jobs/{jobId}", function: "delete", authorized: true },
  { route: "GET /v1/jobs/{jobId}/events", function: "events", authorized: true },
  { route: "GET /v1/jobs/{jobId}/media", function: "playback", authorized: true },
  { route: "GET /v1/jobs/{jobId}/{file}", function: "results", authorized: true },
  { route: "GET /v1/search", function: "search", authorized: true },
  { route: "POST /v1/search/reindex", function: "reindex", authorized: true },
  { route: "POST /v1/voice", function: "voice", authorized: true },
  // These check the token themselves: what the gateway says of a wrong one, OpenAI's clients cannot read.
  { route: "POST /v1/audio/transcriptions", function: "openaiAudio", authorized: false },
  { route: "POST /v1/audio/translations", function: "openaiAudio", authorized: false },
  { route: "GET /v1/models", function: "openaiModels", authorized: false },
  { route: "GET /v1/models/{model}", function: "openaiModels", authorized: false },
  { route: "GET /health", function: "health", authorized: false },
];
