import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { errorFromTrailers } from "./error-body.ts";
import type { FunctionErrorBody } from "./errors.ts";
import type { StreamedResponse } from "./function.ts";

const httpIntegrationType = "application/vnd.awslambda.http-integration-response";
/** The prelude ends with eight zero bytes; JSON text cannot contain one. */
const preludeEnd = Buffer.alloc(8);
/** A prelude holds a status, headers and cookies: what fits into an HTTP head. */
const maxPreludeBytes = 64 * 1024;

/**
 * Reads a reply that a runtime sends in streaming mode and hands it on with back-pressure. When its reader goes away, the rest
 * is read and dropped. The body ends only when the whole reply was good.
 * @param onLeft called when the reader goes away before the end
 * @returns the error that the trailers carry, or that the prelude was malformed
 * @throws when the connection breaks: the environment's end says why
 */
export async function readStreamedResponse(
  request: IncomingMessage,
  onStream: (response: StreamedResponse) => void,
  onLeft?: () => void,
): Promise<FunctionErrorBody | undefined> {
  const contentType = request.headers["content-type"] ?? "application/octet-stream";
  const body = new PassThrough();
  // The reader may leave before it has attached a listener of its own.
  body.on("error", () => {});
  body.on("close", () => {
    if (!body.writableEnded && !request.destroyed) onLeft?.();
  });
  let head = contentType === httpIntegrationType ? Buffer.alloc(0) : undefined;
  let malformed: FunctionErrorBody | undefined;
  if (!head) onStream({ contentType, body });

  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (malformed) continue;
    if (!head) {
      await writeTo(body, chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf(preludeEnd);
    const prelude = end < 0 ? undefined : parsePrelude(head.subarray(0, end));
    if (prelude) {
      onStream({ contentType: contentTypeOf(prelude), prelude, body });
      await writeTo(body, head.subarray(end + preludeEnd.length));
      head = undefined;
    } else if (end >= 0 || head.length > maxPreludeBytes) malformed = badPrelude;
  }

  const failure = errorFromTrailers(request) ?? malformed ?? (head ? badPrelude : undefined);
  if (!failure) body.end();
  return failure;
}

const badPrelude: FunctionErrorBody = {
  errorType: "Runtime.InvalidStreamingPrelude",
  errorMessage: "A streamed HTTP reply must begin with a JSON object of at most 64 KiB and eight zero bytes.",
};

function parsePrelude(text: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function contentTypeOf(prelude: Record<string, unknown>): string {
  const headers = Object.entries((prelude.headers ?? {}) as Record<string, unknown>);
  return String(headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "application/octet-stream");
}

/** Writes and waits until the reader has room again, or is gone. */
async function writeTo(body: PassThrough, chunk: Buffer): Promise<void> {
  if (body.destroyed || chunk.length === 0 || body.write(chunk)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      body.off("drain", done).off("close", done);
      resolve();
    };
    body.on("drain", done).on("close", done);
  });
}
