import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { z } from "zod";
import { log, MediaError, toProblem } from "../../layers/core/index.ts";

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpReply = APIGatewayProxyStructuredResultV2;

export function json(statusCode: number, body: unknown, headers: Record<string, string> = {}): HttpReply {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}

/** Wraps an endpoint: every error leaves as an RFC 9457 problem document, and unknown ones are logged. */
export function endpoint(handle: (event: HttpEvent) => Promise<HttpReply>) {
  return middy<HttpEvent, HttpReply>()
    .use({
      onError: (request) => {
        request.response = problemReply(request.error);
      },
    })
    .handler(handle);
}

/** An error as an RFC 9457 problem document; unknown ones are logged. */
export function problemReply(error: unknown): HttpReply {
  const problem = toProblem(error);
  if (problem.status >= 500) log.error("request failed", error as Error);
  const after = error instanceof MediaError ? error.context.retryAfterSeconds : undefined;
  return json(problem.status, problem.body, {
    "content-type": "application/problem+json",
    ...(after === undefined ? {} : { "retry-after": String(after) }),
  });
}

/** @throws MediaError `request.invalid` that names each parameter that is wrong. */
export function parseQuery<S extends z.ZodType>(event: HttpEvent, schema: S): z.output<S> {
  const parsed = schema.safeParse(event.queryStringParameters ?? {});
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map((issue) => `${issue.path.join(".") || "query"}: ${issue.message}`);
  throw new MediaError("request.invalid", `The address's parameters cannot be used: ${complaints.join("; ")}.`);
}

/** @throws MediaError `request.invalid` that names each field that is wrong. */
export function parseBody<S extends z.ZodType>(event: HttpEvent, schema: S): z.output<S> {
  const text = event.isBase64Encoded ? Buffer.from(event.body ?? "", "base64").toString("utf8") : (event.body ?? "");
  let value: unknown;
  try {
    value = text === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new MediaError("request.invalid", "The request's body is not JSON. Send a JSON object.", { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new MediaError("request.invalid", `The request's body cannot be used: ${complaints.join("; ")}.`);
}
