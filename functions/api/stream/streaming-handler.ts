import type { Readable } from "node:stream";
import middy from "@middy/core";
import type { Context } from "aws-lambda";
import type { HttpEvent, HttpReply } from "../http.ts";

/** A reply whose body may still be being written. */
export type StreamedReply = Omit<HttpReply, "body"> & { body?: string | Readable };

/**
 * A handler whose replies leave while they are written. Errors until there is a head become a reply of their own; later ones are the
 * body's to tell.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 */
export function streamingHandler(
  handle: (event: HttpEvent, context: Context) => Promise<StreamedReply>,
  refusal: (error: Error | null, event: HttpEvent) => HttpReply,
) {
  return middy<HttpEvent, StreamedReply>({ streamifyResponse: true })
    .use({
      onError: (request) => {
        request.response = refusal(request.error, request.event);
      },
    })
    .handler(handle);
}
