import middy from "@middy/core";
import type { Context } from "aws-lambda";
import { log, MediaError } from "../../../layers/core/index.ts";
import { askAuthorizer } from "../ask-authorizer.ts";
import type { Caller } from "../caller.ts";
import type { HttpEvent, HttpReply } from "../http.ts";
import { type StreamedReply, streamingHandler } from "../stream/index.ts";

/** What is wrong with one parameter of a request. */
export const wrong = (param: string, problem: string, code?: string): MediaError =>
  new MediaError("request.invalid", problem, { context: { param, ...(code === undefined ? {} : { code }) } });

/**
 * Wraps an endpoint of the OpenAI-compatible API: the authorizer is asked from here and not by the gateway, whose refusals the clients of
 * that API cannot read, and every error leaves in the shape that they expect.
 * https://platform.openai.com/docs/guides/error-codes
 */
export function openAiEndpoint(handle: Handle<HttpReply>) {
  return middy<HttpEvent, HttpReply>()
    .use({
      onError: (request) => {
        request.response = refusal(request.error, request.event);
      },
    })
    .handler((event: HttpEvent, context: Context) => answer(handle, event, context));
}

/** The same, for an endpoint whose replies leave while they are written. */
export const streamingOpenAiEndpoint = (handle: Handle<StreamedReply>) =>
  streamingHandler((event, context) => answer(handle, event, context), refusal);

type Handle<R> = (event: HttpEvent, caller: Caller, context: Context) => Promise<R>;

async function answer<R extends StreamedReply>(handle: Handle<R>, event: HttpEvent, context: Context): Promise<R> {
  const reply = await handle(event, await askAuthorizer(event), context);
  return { ...reply, headers: { ...common(event), ...reply.headers } };
}

function refusal(error: Error | null, event: HttpEvent): HttpReply {
  const known = error instanceof MediaError ? error : undefined;
  const again: Record<string, string> = known?.code === "request.timeout" ? { "retry-after": "1" } : {};
  const { status, body } = openAiError(error);
  return {
    statusCode: status,
    headers: { ...common(event), "content-type": "application/json", ...again },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}

/** An error in OpenAI's shape, which is also that of an event of a stream; unknown ones are logged. */
export function openAiError(error: unknown): { status: number; body: { error: Record<string, string | null> } } {
  const known = error instanceof MediaError ? error : undefined;
  const status = known ? statusOf(known) : 500;
  if (status >= 500) log.error("request failed", error as Error);
  const { param, code } = (known?.context ?? {}) as { param?: string; code?: string };
  const body = {
    error: {
      // What is not ours to say may hold secrets.
      message: known?.message ?? "The server had an error. Try again.",
      type: status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error",
      param: param ?? (known?.code.startsWith("media.") ? "file" : null),
      code: code ?? (known?.code === "request.unauthorized" ? "invalid_api_key" : (known?.code ?? null)),
    },
  };
  return { status, body };
}

/** Their API knows no 422: what cannot be used is a bad request. And `model.not_published` is about this host, not about an address. */
function statusOf({ code, httpStatus, context }: MediaError): number {
  if (context.code === "model_not_found") return 404;
  if (code.startsWith("model.")) return 503;
  return httpStatus === 422 ? 400 : httpStatus;
}

/** Clients show the id of a request that failed. */
const common = (event: HttpEvent): Record<string, string> => ({
  "cache-control": "no-store",
  "x-request-id": event.requestContext.requestId ?? "",
});
