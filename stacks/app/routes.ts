import type { Scope } from "../../layers/access/scopes.ts";
import type { FunctionName } from "./function-spec.ts";

export type Route = {
  route: string;
  function: FunctionName;
  /** Whether the authorizer stands before it. */
  authorized: boolean;
  /** What the caller must be allowed to do; null where everybody may. The authorizer refuses a route that it has no scope for. */
  scope: Scope | null;
};

/** The HTTP API. Path parameters are in braces, as API Gateway writes them. */
export const routes: readonly Route[] = [
  { route: "POST /v1/uploads", function: "presign", authorized: true, scope: "jobs:write" },
  { route: "GET /v1/uploads/{jobId}/parts", function: "parts", authorized: true, scope: "jobs:write" },
  { route: "GET /v1/uploads/{jobId}/parts/{partNumber}", function: "parts", authorized: true, scope: "jobs:write" },
  { route: "GET /v1/uploads/{jobId}/signed/{call}", function: "parts", authorized: true, scope: "jobs:write" },
  { route: "POST /v1/uploads/{jobId}/complete", function: "complete", authorized: true, scope: "jobs:write" },
  { route: "DELETE /v1/uploads/{jobId}", function: "parts", authorized: true, scope: "jobs:write" },
  { route: "POST /v1/media", function: "media", authorized: true, scope: "jobs:write" },
  { route: "POST /media", function: "media", authorized: true, scope: "jobs:write" },
  { route: "POST /v1/jobs", function: "create", authorized: true, scope: "jobs:write" },
  { route: "GET /v1/jobs", function: "jobs", authorized: true, scope: "jobs:read" },
  { route: "GET /v1/jobs/{jobId}", function: "jobs", authorized: true, scope: "jobs:read" },
  { route: "POST /v1/jobs/{jobId}/cancel", function: "cancel", authorized: true, scope: "jobs:write" },
  { route: "POST /v1/jobs/{jobId}/retry", function: "retry", authorized: true, scope: "jobs:write" },
  { route: "DELETE /v1/jobs/{jobId}", function: "delete", authorized: true, scope: "jobs:write" },
  { route: "GET /v1/jobs/{jobId}/events", function: "events", authorized: true, scope: "jobs:read" },
  { route: "GET /v1/jobs/{jobId}/media", function: "playback", authorized: true, scope: "jobs:read" },
  { route: "GET /v1/jobs/{jobId}/{file}", function: "results", authorized: true, scope: "jobs:read" },
  { route: "GET /v1/search", function: "search", authorized: true, scope: "search" },
  { route: "POST /v1/ask", function: "ask", authorized: true, scope: "search" },
  { route: "POST /v1/search/reindex", function: "reindex", authorized: true, scope: "admin" },
  { route: "POST /v1/voice", function: "voice", authorized: true, scope: "voice" },
  // These ask the authorizer themselves: what the gateway says of a wrong one, OpenAI's clients cannot read.
  { route: "POST /v1/audio/transcriptions", function: "openaiAudio", authorized: false, scope: "jobs:write" },
  { route: "POST /v1/audio/translations", function: "openaiAudio", authorized: false, scope: "jobs:write" },
  { route: "GET /v1/models", function: "openaiModels", authorized: false, scope: "jobs:read" },
  { route: "GET /v1/models/{model}", function: "openaiModels", authorized: false, scope: "jobs:read" },
  { route: "GET /v1/keys", function: "keys", authorized: true, scope: "admin" },
  { route: "POST /v1/keys", function: "keys", authorized: true, scope: "admin" },
  { route: "POST /v1/keys/{keyId}/rotate", function: "keys", authorized: true, scope: "admin" },
  { route: "DELETE /v1/keys/{keyId}", function: "keys", authorized: true, scope: "admin" },
  { route: "GET /openapi.json", function: "description", authorized: false, scope: null },
  { route: "GET /docs", function: "description", authorized: false, scope: null },
  { route: "GET /health", function: "health", authorized: false, scope: null },
];

/** What only a host that sees every process can answer; on AWS, CloudWatch does. */
export const hostRoutes: readonly { route: string; scope: Scope }[] = [
  { route: "GET /v1/functions", scope: "jobs:read" },
];

/** Which scope each route needs, for the authorizer. */
export const routeScopes: Readonly<Record<string, Scope>> = Object.fromEntries(
  [...routes, ...hostRoutes].flatMap(({ route, scope }) => (scope === null ? [] : [[route, scope]])),
);
