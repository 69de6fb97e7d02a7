import type { FunctionName } from "./functions.ts";

export type Route = { route: string; function: FunctionName; authorized: boolean };

/** The HTTP API. Path parameters are in braces, as API Gateway writes them. */
export const routes: readonly Route[] = [
  { route: "POST /v1/uploads", function: "presign", authorized: true },
  { route: "POST /v1/uploads/{jobId}/complete", function: "complete", authorized: true },
  { route: "GET /v1/jobs", function: "jobs", authorized: true },
  { route: "GET /v1/jobs/{jobId}", function: "jobs", authorized: true },
  { route: "GET /v1/jobs/{jobId}/{file}", function: "results", authorized: true },
];
