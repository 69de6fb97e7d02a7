import { z } from "zod";
import { type HttpEvent, parseBody } from "./http.ts";
import { filterSchema } from "./search.ts";

export const bodySchema = filterSchema.extend({
  question: z.string().trim().min(1).max(2000),
  /** How many passages the answer may rest on. */
  passages: z.number().int().min(1).max(20).default(8),
  /** The answer as server-sent events, while it is written. */
  stream: z.boolean().optional(),
});

/** @throws MediaError `request.invalid` */
export function readQuestion(event: HttpEvent) {
  const { stream, ...asked } = parseBody(event, bodySchema);
  return { ...asked, stream: stream ?? /\btext\/event-stream\b/.test(event.headers.accept ?? "") };
}
